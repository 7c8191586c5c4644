//! A question of any kind, its answer, and the people behind a number of it.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::InsightError;
use crate::cohort::spec::{PeopleClause, cohorts_in};
use crate::composition::spec::{CompositionPoint, CompositionQuery, CompositionResult};
use crate::context::Context;
use crate::dictionary::Dictionary;
use crate::funnel::spec::{FunnelPoint, FunnelQuery, FunnelResult};
use crate::kind::{Behind, Question, Run, kinds};
use crate::lifecycle::spec::{LifecyclePoint, LifecycleQuery, LifecycleResult};
use crate::lifetime::spec::{LifetimePoint, LifetimeQuery, LifetimeResult};
use crate::paths::spec::{PathsPoint, PathsQuery, PathsResult};
use crate::query::EventSelector;
use crate::retention::spec::{RetentionPoint, RetentionQuery, RetentionResult};
use crate::revenue::spec::{RevenuePoint, RevenueQuery, RevenueResult};
use crate::sessions::spec::{SessionsPoint, SessionsQuery, SessionsResult};
use crate::stickiness::spec::{StickinessPoint, StickinessQuery, StickinessResult};
use crate::trend::spec::{TrendPoint, TrendQuery, TrendResult};

kinds! {
    Trend(TrendQuery, TrendResult, TrendPoint),
    Funnel(FunnelQuery, FunnelResult, FunnelPoint),
    Retention(RetentionQuery, RetentionResult, RetentionPoint),
    Lifecycle(LifecycleQuery, LifecycleResult, LifecyclePoint),
    Stickiness(StickinessQuery, StickinessResult, StickinessPoint),
    Paths(PathsQuery, PathsResult, PathsPoint),
    Sessions(SessionsQuery, SessionsResult, SessionsPoint),
    Revenue(RevenueQuery, RevenueResult, RevenuePoint),
    Lifetime(LifetimeQuery, LifetimeResult, LifetimePoint),
    Composition(CompositionQuery, CompositionResult, CompositionPoint),
}

/// What it took to answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Explain {
    /// Rows of the parts that were looked at.
    pub rows_scanned: u64,
    pub parts_scanned: u64,
    /// Parts that the range let us skip.
    pub parts_skipped: u64,
    pub threads: u64,
    pub milliseconds: f64,
    /// Events counted are those below this offset of the events log.
    pub events_to: u64,
}

impl Explain {
    /// Adds what a scan took that came before.
    pub(crate) fn add_scan(&mut self, other: &Self) {
        self.rows_scanned += other.rows_scanned;
        self.parts_scanned = self.parts_scanned.max(other.parts_scanned);
        self.threads = self.threads.max(other.threads);
    }
}

/// Where to go on in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The last person of the page before; none for the first page.
    pub after: Option<u64>,
    /// At most [`PAGE_MAX`].
    pub limit: usize,
}

/// Enough to save the people of a number; who shows them asks for fewer.
pub const PAGE_MAX: usize = 100_000;

/// A page of the people behind a number, by their number.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct People {
    /// All of them: the number that was opened.
    pub total: u64,
    pub people: Vec<PersonEntry>,
    /// What to pass as `after` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
    pub explain: Explain,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PersonEntry {
    /// The person after merges; of a group, a number that its name always has.
    pub person: u64,
    /// The group, where groups are counted instead of people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// When: of a trend, the first counted event; of a funnel, each step reached, in order;
    /// of a retention, the start and the return; of a lifecycle, the first event of the interval,
    /// or the last of the one before; of a stickiness, the first event of the period;
    /// of paths, the events of the first path that counts, up to the number; of sessions, the
    /// beginning of the first; of revenue, the first payment; of a lifetime value, the first event
    /// and the first payment; of a composition, the first event with the value.
    pub times: Vec<String>,
}

impl InsightQuery {
    /// Reads the JSON form.
    ///
    /// # Errors
    /// If a field is unknown or wrong, or the question cannot be asked.
    pub fn from_json(json: &str) -> Result<Self, InsightError> {
        let query: Self =
            serde_json::from_str(json).map_err(|error| InsightError::Invalid(error.to_string()))?;
        query.check()?;
        Ok(query)
    }

    /// The saved cohorts that it names.
    pub fn cohorts(&self) -> impl Iterator<Item = &str> {
        cohorts_in(self.people())
    }
}

impl PeopleQuery {
    /// The saved cohorts that the question names.
    pub fn cohorts(&self) -> impl Iterator<Item = &str> {
        cohorts_in(self.people())
    }
}

/// Answers a question, on the calling thread and `context.threads - 1` more. Setting `cancelled`
/// ends it early with [`InsightError::Cancelled`].
///
/// # Errors
/// If the question cannot be asked, or the store cannot be read.
pub fn answer(
    query: &InsightQuery,
    context: &Context,
    cancelled: &AtomicBool,
) -> Result<InsightResult, InsightError> {
    let started = Instant::now();
    let mut query = query.clone();
    resolve(context.dictionary(), query.events_mut())?;
    query.check()?;
    let (context, finding) = context.counting(query.people(), cancelled)?;
    let context = &context.counting_groups(query.count_by())?;
    let mut result = query.run(context, cancelled)?;
    let explain = result.explain_mut();
    if let Some(finding) = &finding {
        explain.add_scan(finding);
    }
    explain.milliseconds = started.elapsed().as_secs_f64() * 1e3;
    Ok(result)
}

/// The people behind a number of an answer.
///
/// # Errors
/// As [`answer`]; also if the answer has no such number.
pub fn people(
    query: &PeopleQuery,
    list: &Page,
    context: &Context,
    cancelled: &AtomicBool,
) -> Result<People, InsightError> {
    let started = Instant::now();
    let mut query = query.clone();
    resolve(context.dictionary(), query.events_mut())?;
    query.check()?;
    let (context, _) = context.listing(list).counting(query.people(), cancelled)?;
    let context = &context.counting_groups(query.count_by())?;
    let (found, mut explain) = query.behind(context, cancelled)?;
    explain.milliseconds = started.elapsed().as_secs_f64() * 1e3;
    let mut list = found.page(explain);
    if let Some(accounts) = context.accounts() {
        for one in &mut list.people {
            one.group = accounts.name(one.person).map(str::to_owned);
        }
    }
    Ok(list)
}

/// Takes events as the dictionary does.
fn resolve(dictionary: &Dictionary, events: Vec<&mut EventSelector>) -> Result<(), InsightError> {
    for event in events {
        *event = dictionary.resolve(event)?;
    }
    Ok(())
}
