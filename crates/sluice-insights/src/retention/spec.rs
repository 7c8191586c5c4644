//! The retention question and its answer, as stored and served.
//!
//! Semantics: a person is in a row for each date (week, month) of the range on which they have the
//! start event. A return event at or after a start event has an index for it: whole periods since
//! the start. With [`Windows::FromStart`] a day is 24 hours from the start (both times cut to the
//! hour), a week 7 and a month 30 local dates; with [`Windows::Calendar`] the local dates, weeks or
//! months are subtracted. Each start event of a row has windows of its own, and the row takes all
//! of them together. Times are cut to milliseconds.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kind::{Question, question};
use crate::query::{
    EventSelector, GROUPS_DEFAULT, NEW_USER, PropertyRef, check_groups_max, invalid,
};
use crate::{Explain, InsightError};

/// Largest index that a question may look at.
pub const INDEX_MAX: u32 = 366;
pub const BRACKETS_MAX: usize = 100;

question! {
    /// How many of the people who did the start event did the return event, and when.
    pub struct RetentionQuery {
        /// When the start event must happen; return events may come later.
        range,
        /// Conditions on the start event.
        segment,
        /// Also `_new`: a person's first event ever.
        pub start: EventSelector,
        pub returning: EventSelector,
        #[serde(default)]
        pub unit: RetentionUnit,
        #[serde(default)]
        pub windows: Windows,
        #[serde(default)]
        pub mode: RetentionMode,
        /// Largest index shown, 1 to 366; default 30 days, 12 weeks, 12 months. Not for brackets.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub periods: Option<u32>,
        /// Its value is read at the start event.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub breakdown: Option<PropertyRef>,
        /// The largest groups to list, 1 to 1,000 (default 100).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub groups_max: Option<usize>,
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetentionUnit {
    #[default]
    Day,
    Week,
    Month,
}

/// From when periods are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Windows {
    /// From the start event: 24 hours, 7 dates, 30 dates.
    #[default]
    FromStart,
    /// Local dates, weeks and months.
    Calendar,
}

/// When a person counts as come back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetentionMode {
    /// In exactly this period.
    #[default]
    On,
    /// In this period or any later one.
    OnOrAfter,
    /// In one of the periods `from` to before `to` of a bracket: `[[0, 1], [1, 4]]` is day 0 and
    /// days 1 to 3.
    Brackets(Vec<[u32; 2]>),
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RetentionResult {
    pub unit: RetentionUnit,
    pub columns: Vec<RetentionColumn>,
    pub overall: RetentionGrid,
    /// Largest first; absent without a breakdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<RetentionGroup>>,
    /// Groups found in all, also those not listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups_total: Option<u64>,
    pub explain: Explain,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RetentionColumn {
    /// Such as `Day 3`, `Days 1-3`, `Week 2+`.
    pub label: String,
    /// Smallest index.
    pub from: u32,
    /// Index after the last; null if there is none.
    pub to: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RetentionGroup {
    pub group: String,
    #[serde(flatten)]
    pub grid: RetentionGrid,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct RetentionGrid {
    /// People with the start event, each once.
    pub people: u64,
    /// Per column over the rows that are complete for it, each person once.
    pub combined: Vec<RetentionCell>,
    /// Per column the sum of the rows that are complete for it.
    pub summed: Vec<RetentionCell>,
    pub rows: Vec<RetentionRow>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RetentionRow {
    /// Its name, to ask for its people by: the local date it begins at.
    pub label: String,
    /// First instant counted, UTC.
    pub from: String,
    /// End of what is counted, exclusive, UTC.
    pub to: String,
    /// Not whole: cut off by the range, or not over yet.
    pub partial: bool,
    /// People with the start event.
    pub people: u64,
    pub cells: Vec<RetentionCell>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct RetentionCell {
    /// People who came back.
    pub people: u64,
    /// People who could have.
    pub of: u64,
    /// Null if nobody could have.
    pub share: Option<f64>,
    /// The period is not over for everybody.
    pub incomplete: bool,
}

/// A number of a retention whose people are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetentionPoint {
    /// Label of the row; all rows (of a column: those complete for it) if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
    /// Index of the column: who came back in it; who started, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// Of a breakdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// Most cells of an answer: rows times columns, of all groups. Bounds memory (I10) at some 100 bytes
/// each.
pub(super) const CELLS_MAX: usize = 2_000_000;

/// Refuses an answer that would be too large.
pub(super) fn check_size(cells: usize, grids: usize) -> Result<(), InsightError> {
    if cells.saturating_mul(grids) <= CELLS_MAX {
        return Ok(());
    }
    Err(invalid(format!(
        "the answer would have more than {CELLS_MAX} cells ({cells} for each of {grids} groups); \
         take a shorter range, fewer `periods` or fewer groups (`groups_max`)"
    )))
}

impl RetentionUnit {
    /// Longest range in days.
    pub(crate) const fn range_days_max(self) -> u32 {
        match self {
            Self::Day => 365,
            Self::Week => 52 * 7,
            Self::Month => 36 * 31,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Day => "Day",
            Self::Week => "Week",
            Self::Month => "Month",
        }
    }
}

impl Question for RetentionQuery {
    const COUNTS_GROUPS: bool = true;

    fn check(&self) -> Result<(), InsightError> {
        self.start.check("the start event of a retention")?;
        self.returning.check("the return event of a retention")?;
        if self.start.any_of.len() > 1 && self.start.any_of.iter().any(|one| one.event == NEW_USER)
        {
            return Err(invalid("`_new` cannot be one of several alternatives"));
        }
        if self.returning.alternatives().iter().any(|one| one.event == NEW_USER) {
            return Err(invalid("`_new` is not an event that people come back with"));
        }
        if self.periods.is_some_and(|n| n == 0 || n > INDEX_MAX) {
            return Err(invalid(format!("`periods` must be 1 to {INDEX_MAX}")));
        }
        if let RetentionMode::Brackets(list) = &self.mode {
            if list.is_empty() || list.len() > BRACKETS_MAX {
                return Err(invalid(format!("a retention has 1 to {BRACKETS_MAX} brackets")));
            }
            if list.iter().any(|[from, to]| from >= to || *to > INDEX_MAX + 1) {
                let limit = INDEX_MAX + 1;
                return Err(invalid(format!("a bracket is `[from, to]`, from < to <= {limit}")));
            }
        }
        check_groups_max(self.groups_max)
    }

    fn events_mut(&mut self) -> Vec<&mut EventSelector> {
        vec![&mut self.start, &mut self.returning]
    }
}

impl RetentionQuery {
    pub(crate) fn groups_limit(&self) -> usize {
        self.groups_max.unwrap_or(GROUPS_DEFAULT)
    }

    pub(crate) fn columns(&self) -> Vec<RetentionColumn> {
        let name = self.unit.name();
        let last = self.periods.unwrap_or(match self.unit {
            RetentionUnit::Day => 30,
            RetentionUnit::Week | RetentionUnit::Month => 12,
        });
        let column =
            |label: String, from: u32, to: Option<u32>| RetentionColumn { label, from, to };
        match &self.mode {
            RetentionMode::On => {
                (0..=last).map(|n| column(format!("{name} {n}"), n, Some(n + 1))).collect()
            }
            RetentionMode::OnOrAfter => {
                (0..=last).map(|n| column(format!("{name} {n}+"), n, None)).collect()
            }
            RetentionMode::Brackets(list) => list
                .iter()
                .map(|[from, to]| {
                    let label = if from + 1 == *to {
                        format!("{name} {from}")
                    } else {
                        format!("{name}s {from}-{}", to - 1)
                    };
                    column(label, *from, Some(*to))
                })
                .collect(),
        }
    }
}
