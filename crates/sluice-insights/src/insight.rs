//! A question of any kind, its answer, and the people behind a number of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::InsightError;
use crate::cohort::spec::{PeopleClause, cohorts_in};
use crate::composition::spec::{CompositionPoint, CompositionQuery, CompositionResult};
use crate::dictionary::Dictionary;
use crate::funnel::spec::{FunnelPoint, FunnelQuery, FunnelResult};
use crate::lifecycle::spec::{LifecyclePoint, LifecycleQuery, LifecycleResult};
use crate::lifetime::spec::{LifetimePoint, LifetimeQuery, LifetimeResult};
use crate::paths::spec::{PathsPoint, PathsQuery, PathsResult};
use crate::query::EventSelector;
use crate::retention::spec::{RetentionPoint, RetentionQuery, RetentionResult};
use crate::revenue::spec::{Payments, RevenuePoint, RevenueQuery, RevenueResult};
use crate::sessions::spec::{SessionsPoint, SessionsQuery, SessionsResult};
use crate::stickiness::spec::{StickinessPoint, StickinessQuery, StickinessResult};
use crate::trend::spec::{TrendPoint, TrendQuery, TrendResult};

/// A question, as stored and served: `{"kind": "trend", …}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum InsightQuery {
    Trend(TrendQuery),
    Funnel(FunnelQuery),
    Retention(RetentionQuery),
    Lifecycle(LifecycleQuery),
    Stickiness(StickinessQuery),
    Paths(PathsQuery),
    Sessions(SessionsQuery),
    Revenue(RevenueQuery),
    Lifetime(LifetimeQuery),
    Composition(CompositionQuery),
}

/// The answer to a question of the same kind.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum InsightResult {
    Trend(TrendResult),
    Funnel(FunnelResult),
    Retention(RetentionResult),
    Lifecycle(LifecycleResult),
    Stickiness(StickinessResult),
    Paths(PathsResult),
    Sessions(SessionsResult),
    Revenue(RevenueResult),
    Lifetime(LifetimeResult),
    Composition(CompositionResult),
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
        self.milliseconds += other.milliseconds;
    }
}

/// Which people: the question and the number in its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PeopleQuery {
    Trend { query: TrendQuery, point: TrendPoint },
    Funnel { query: FunnelQuery, point: FunnelPoint },
    Retention { query: RetentionQuery, point: RetentionPoint },
    Lifecycle { query: LifecycleQuery, point: LifecyclePoint },
    Stickiness { query: StickinessQuery, point: StickinessPoint },
    Paths { query: PathsQuery, point: PathsPoint },
    Sessions { query: SessionsQuery, point: SessionsPoint },
    Revenue { query: RevenueQuery, point: RevenuePoint },
    Lifetime { query: LifetimeQuery, point: LifetimePoint },
    Composition { query: CompositionQuery, point: CompositionPoint },
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
    /// The person after merges.
    pub person: u64,
    /// When: of a trend, the first counted event; of a funnel, each step reached, in order;
    /// of a retention, the start and the return; of a lifecycle, the first event of the interval,
    /// or the last of the one before; of a stickiness, the first event of the period;
    /// of paths, the events of the first path that counts, up to the number; of sessions, the
    /// beginning of the first; of revenue, the first payment; of a lifetime value, the first event
    /// and the first payment; of a composition, the first event with the value.
    pub times: Vec<String>,
}

fn resolve(dictionary: &Dictionary, events: &mut [EventSelector]) -> Result<(), InsightError> {
    for event in events {
        *event = dictionary.resolve(event)?;
    }
    Ok(())
}

fn resolve_payments(dictionary: &Dictionary, payments: &mut Payments) -> Result<(), InsightError> {
    resolve(dictionary, payments.event.as_mut_slice())?;
    resolve(dictionary, payments.refund.as_mut_slice())
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

    /// # Errors
    /// Says what cannot be asked.
    pub fn check(&self) -> Result<(), InsightError> {
        match self {
            Self::Trend(query) => query.check(),
            Self::Funnel(query) => query.check(),
            Self::Retention(query) => query.check(),
            Self::Lifecycle(query) => query.check(),
            Self::Stickiness(query) => query.check(),
            Self::Paths(query) => query.check(),
            Self::Sessions(query) => query.check(),
            Self::Revenue(query) => query.check(),
            Self::Lifetime(query) => query.check(),
            Self::Composition(query) => query.check(),
        }
    }

    /// With its events as the dictionary takes them.
    pub(crate) fn resolved(&self, dictionary: &Dictionary) -> Result<Self, InsightError> {
        let mut resolved = self.clone();
        match &mut resolved {
            Self::Trend(query) => resolve(dictionary, &mut query.events)?,
            Self::Funnel(query) => resolve(dictionary, &mut query.steps)?,
            Self::Retention(query) => {
                resolve(dictionary, std::slice::from_mut(&mut query.start))?;
                resolve(dictionary, std::slice::from_mut(&mut query.returning))?;
            }
            Self::Lifecycle(query) => {
                resolve(dictionary, std::slice::from_mut(&mut query.event))?;
            }
            Self::Stickiness(query) => {
                resolve(dictionary, std::slice::from_mut(&mut query.event))?;
            }
            Self::Paths(query) => {
                resolve(dictionary, query.start.as_mut_slice())?;
                resolve(dictionary, query.end.as_mut_slice())?;
            }
            Self::Sessions(query) => resolve(dictionary, query.page.as_mut_slice())?,
            Self::Revenue(query) => resolve_payments(dictionary, &mut query.payments)?,
            Self::Lifetime(query) => resolve_payments(dictionary, &mut query.payments)?,
            Self::Composition(_) => {}
        }
        Ok(resolved)
    }

    /// Whom it counts.
    pub(crate) fn people(&self) -> &[PeopleClause] {
        match self {
            Self::Trend(query) => &query.people,
            Self::Funnel(query) => &query.people,
            Self::Retention(query) => &query.people,
            Self::Lifecycle(query) => &query.people,
            Self::Stickiness(query) => &query.people,
            Self::Paths(query) => &query.people,
            Self::Sessions(query) => &query.people,
            Self::Revenue(query) => &query.people,
            Self::Lifetime(query) => &query.people,
            Self::Composition(query) => &query.people,
        }
    }

    /// The saved cohorts that it names.
    pub fn cohorts(&self) -> impl Iterator<Item = &str> {
        cohorts_in(self.people())
    }
}

impl InsightResult {
    pub(crate) const fn explain_mut(&mut self) -> &mut Explain {
        match self {
            Self::Trend(result) => &mut result.explain,
            Self::Funnel(result) => &mut result.explain,
            Self::Retention(result) => &mut result.explain,
            Self::Lifecycle(result) => &mut result.explain,
            Self::Stickiness(result) => &mut result.explain,
            Self::Paths(result) => &mut result.explain,
            Self::Sessions(result) => &mut result.explain,
            Self::Revenue(result) => &mut result.explain,
            Self::Lifetime(result) => &mut result.explain,
            Self::Composition(result) => &mut result.explain,
        }
    }
}

impl PeopleQuery {
    /// # Errors
    /// Says what cannot be asked.
    pub fn check(&self) -> Result<(), InsightError> {
        match self {
            Self::Trend { query, .. } => query.check(),
            Self::Funnel { query, .. } => query.check(),
            Self::Retention { query, .. } => query.check(),
            Self::Lifecycle { query, .. } => query.check(),
            Self::Stickiness { query, .. } => query.check(),
            Self::Paths { query, .. } => query.check(),
            Self::Sessions { query, .. } => query.check(),
            Self::Revenue { query, .. } => query.check(),
            Self::Lifetime { query, .. } => query.check(),
            Self::Composition { query, .. } => query.check(),
        }
    }

    /// With its events as the dictionary takes them.
    pub(crate) fn resolved(&self, dictionary: &Dictionary) -> Result<Self, InsightError> {
        let mut resolved = self.clone();
        match &mut resolved {
            Self::Trend { query, .. } => resolve(dictionary, &mut query.events)?,
            Self::Funnel { query, .. } => resolve(dictionary, &mut query.steps)?,
            Self::Retention { query, .. } => {
                resolve(dictionary, std::slice::from_mut(&mut query.start))?;
                resolve(dictionary, std::slice::from_mut(&mut query.returning))?;
            }
            Self::Lifecycle { query, .. } => {
                resolve(dictionary, std::slice::from_mut(&mut query.event))?;
            }
            Self::Stickiness { query, .. } => {
                resolve(dictionary, std::slice::from_mut(&mut query.event))?;
            }
            Self::Paths { query, .. } => {
                resolve(dictionary, query.start.as_mut_slice())?;
                resolve(dictionary, query.end.as_mut_slice())?;
            }
            Self::Sessions { query, .. } => resolve(dictionary, query.page.as_mut_slice())?,
            Self::Revenue { query, .. } => resolve_payments(dictionary, &mut query.payments)?,
            Self::Lifetime { query, .. } => resolve_payments(dictionary, &mut query.payments)?,
            Self::Composition { .. } => {}
        }
        Ok(resolved)
    }

    /// Whom the question counts.
    pub(crate) fn people(&self) -> &[PeopleClause] {
        match self {
            Self::Trend { query, .. } => &query.people,
            Self::Funnel { query, .. } => &query.people,
            Self::Retention { query, .. } => &query.people,
            Self::Lifecycle { query, .. } => &query.people,
            Self::Stickiness { query, .. } => &query.people,
            Self::Paths { query, .. } => &query.people,
            Self::Sessions { query, .. } => &query.people,
            Self::Revenue { query, .. } => &query.people,
            Self::Lifetime { query, .. } => &query.people,
            Self::Composition { query, .. } => &query.people,
        }
    }

    /// The saved cohorts that the question names.
    pub fn cohorts(&self) -> impl Iterator<Item = &str> {
        cohorts_in(self.people())
    }
}
