//! What a question is answered from: an unchanging state of the store, the calendar, the moment.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use sluice_base::Timestamp;
use sluice_columnar::{EventNames, Selection, Snapshot};

use crate::cohort::spec::PeopleClause;
use crate::cohort::{self, Cohorts, PeopleSet};
use crate::dictionary::Dictionary;
use crate::engine::{Accounts, FirstSeen, Latest, Limits, Plan, Scan};
use crate::insight::Page;
use crate::people::{FoundPeople, Listed};
use crate::query::TraitsAsOf;
use crate::time::Calendar;
use crate::{Explain, InsightError};

/// All that an answer depends on besides the question; the same context gives the same answer.
#[derive(Clone, Debug)]
pub struct Context {
    pub snapshot: Arc<Snapshot>,
    pub calendar: Calendar,
    pub now: Timestamp,
    /// Threads to scan with.
    pub threads: usize,
    latest: Arc<OnceLock<Arc<Latest>>>,
    cohorts: Cohorts,
    dictionary: Arc<Dictionary>,
    limits: Limits,
    /// Which part of a list of people is wanted.
    listed: Listed,
    /// Who is counted at all; everybody, if absent.
    people: Option<Arc<PeopleSet>>,
    /// The groups that are counted instead of people, if any.
    accounts: Option<Arc<Accounts>>,
}

impl Context {
    #[must_use]
    pub fn new(
        snapshot: Arc<Snapshot>,
        calendar: Calendar,
        now: Timestamp,
        threads: usize,
    ) -> Self {
        Self {
            snapshot,
            calendar,
            now,
            threads,
            latest: Arc::default(),
            cohorts: Cohorts::default(),
            dictionary: Arc::default(),
            limits: Limits::default(),
            listed: Listed::default(),
            people: None,
            accounts: None,
        }
    }

    /// With the saved cohorts that questions may name.
    #[must_use]
    pub fn with_cohorts(mut self, cohorts: Cohorts) -> Self {
        self.cohorts = cohorts;
        self
    }

    /// With what events are taken for.
    #[must_use]
    pub fn with_dictionary(mut self, dictionary: Arc<Dictionary>) -> Self {
        self.dictionary = dictionary;
        self
    }

    /// With other limits than the usual ones.
    #[must_use]
    pub const fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The same, for a page of the people behind a number.
    pub(crate) fn listing(&self, page: &Page) -> Self {
        Self { listed: Listed::new(page), ..self.clone() }
    }

    /// A list for people that are found.
    pub(crate) const fn found(&self) -> FoundPeople {
        FoundPeople::new(self.listed)
    }

    pub(crate) const fn limits(&self) -> Limits {
        self.limits
    }

    pub(crate) fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    /// The same, counting only the people for whom all clauses hold; and what it took to find them.
    pub(crate) fn counting(
        &self,
        people: &[PeopleClause],
        cancelled: &AtomicBool,
    ) -> Result<(Self, Option<Explain>), InsightError> {
        let mut context = self.clone();
        if people.is_empty() {
            return Ok((context, None));
        }
        let (set, explain) = cohort::members(people, self, cancelled)?;
        context.people = Some(set);
        Ok((context, Some(explain)))
    }

    /// The same, counting groups of a type instead of people.
    pub(crate) fn counting_groups(mut self, count_by: Option<&str>) -> Result<Self, InsightError> {
        if let Some(group_type) = count_by {
            let accounts = Accounts::new(&self.snapshot, group_type, self.limits)?;
            self.accounts = Some(Arc::new(accounts));
        }
        Ok(self)
    }

    /// The groups that are counted instead of people.
    pub(crate) fn accounts(&self) -> Option<&Accounts> {
        self.accounts.as_deref()
    }

    /// When those who are counted were first seen.
    pub(crate) fn first_seen(&self) -> FirstSeen<'_> {
        match &self.accounts {
            None => FirstSeen::People(self.snapshot.first_seen().reader()),
            Some(accounts) => accounts.first_seen(),
        }
    }

    /// A scan of those who are counted.
    pub(crate) fn scan<'a>(
        &'a self,
        selection: &'a Selection,
        plan: &'a Plan,
        cancelled: &'a AtomicBool,
    ) -> Scan<'a> {
        let (people, accounts) = (self.people(), self.accounts());
        Scan { selection, plan, people, accounts, threads: self.threads, cancelled }
    }

    pub(crate) const fn cohorts(&self) -> &Cohorts {
        &self.cohorts
    }

    pub(crate) fn people(&self) -> Option<&PeopleSet> {
        self.people.as_deref()
    }

    pub(crate) fn select(&self, from: i64, to: i64) -> Selection {
        let range = Timestamp::from_micros(from)..Timestamp::from_micros(to);
        let selection = self.snapshot.select(range);
        if self.dictionary.is_plain() {
            return selection;
        }
        let names: Arc<dyn EventNames> = Arc::clone(&self.dictionary) as _;
        selection.with_names(names)
    }

    pub(crate) fn latest(&self, traits: TraitsAsOf) -> Option<Arc<Latest>> {
        (traits == TraitsAsOf::Latest)
            .then(|| self.latest.get_or_init(|| Arc::new(Latest::new(&self.snapshot))).clone())
    }

    pub(crate) fn explain(&self, selection: &Selection) -> Explain {
        let scanned = selection.parts().len() as u64;
        Explain {
            rows_scanned: selection.rows(),
            parts_scanned: scanned,
            parts_skipped: self.snapshot.parts().len() as u64 - scanned,
            threads: self.threads as u64,
            milliseconds: 0.0,
            events_to: self.snapshot.cursor().0,
        }
    }
}
