//! A dashboard: saved insights and texts on a grid. Every workspace has a default one.

use std::collections::BTreeSet;

use sluice_base::Timestamp;
use sluice_event::WorkspaceNo;

use crate::check::{Checks, Problem, text_id};
use crate::insight::SavedInsightId;

text_id!(
    /// Public id of a dashboard.
    DashboardId
);

/// Columns of the grid.
pub const GRID_COLUMNS: u32 = 12;
/// Rows that one item may take.
pub const ITEM_ROWS_MAX: u32 = 20;
/// Rows of the grid.
pub const GRID_ROWS_MAX: u32 = 1_000;
/// Items on one dashboard: an insight is a question when it is opened.
pub const ITEMS_MAX: usize = 50;
/// Characters of a text on a dashboard.
pub const TEXT_CHARS_MAX: usize = 5_000;

#[derive(Clone, Debug, PartialEq)]
pub struct Dashboard {
    pub id: DashboardId,
    pub workspace: WorkspaceNo,
    pub name: String,
    /// The one that is opened when none is named; it cannot be deleted.
    pub is_default: bool,
    /// Range of dates of all insights in place of their own, as the insights engine reads it.
    pub range: Option<serde_json::Value>,
    /// Conditions for all insights besides their own, as the insights engine reads them.
    pub filters: Vec<serde_json::Value>,
    pub items: Vec<DashboardItem>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What stands on the grid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DashboardContent {
    Insight(SavedInsightId),
    Text(String),
}

/// Something and its place on the grid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DashboardItem {
    pub content: DashboardContent,
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

/// What may change about a dashboard; `None` leaves it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DashboardChange {
    pub name: Option<String>,
    /// `Some(None)` lets each insight keep its own range.
    pub range: Option<Option<serde_json::Value>>,
    pub filters: Option<Vec<serde_json::Value>>,
    /// All of them, in place of those that were there.
    pub items: Option<Vec<DashboardItem>>,
}

impl DashboardChange {
    /// # Errors
    /// With everything that is wrong.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut checks = Checks::default();
        if let Some(name) = &self.name {
            checks.name("name", name);
        }
        if let Some(items) = &self.items {
            check_items(&mut checks, items);
        }
        checks.finish()
    }
}

fn check_items(checks: &mut Checks, items: &[DashboardItem]) {
    if items.len() > ITEMS_MAX {
        checks.fail("items", format!("must be at most {ITEMS_MAX}"));
    }
    let mut insights = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        let field = format!("items.{index}");
        let fits_across =
            item.width >= 1 && item.x.checked_add(item.width).is_some_and(|to| to <= GRID_COLUMNS);
        if !fits_across {
            checks.fail(&field, format!("must lie within the {GRID_COLUMNS} columns of the grid"));
        }
        if !(1..=ITEM_ROWS_MAX).contains(&item.height) || item.y >= GRID_ROWS_MAX {
            let bounds = format!("must be 1 to {ITEM_ROWS_MAX} rows high");
            checks.fail(&field, format!("{bounds} and begin above row {GRID_ROWS_MAX}"));
        }
        match &item.content {
            DashboardContent::Insight(insight) if !insights.insert(insight) => {
                checks.fail(&field, "is on the dashboard already");
            }
            DashboardContent::Text(text) if text.trim().is_empty() => {
                checks.fail(&format!("{field}.text"), "must not be blank");
            }
            DashboardContent::Text(text) if text.chars().count() > TEXT_CHARS_MAX => {
                let message = format!("must have at most {TEXT_CHARS_MAX} characters");
                checks.fail(&format!("{field}.text"), message);
            }
            DashboardContent::Insight(_) | DashboardContent::Text(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(places: &[(u32, u32, u32, u32)]) -> usize {
        let item = |(index, place): (usize, &(u32, u32, u32, u32))| DashboardItem {
            content: DashboardContent::Insight(SavedInsightId::new(index.to_string())),
            x: place.0,
            y: place.1,
            width: place.2,
            height: place.3,
        };
        let items = places.iter().enumerate().map(item).collect();
        let change = DashboardChange { items: Some(items), ..DashboardChange::default() };
        change.check().err().map_or(0, |problems| problems.len())
    }

    #[test]
    fn an_item_lies_within_the_grid() {
        assert_eq!(problems(&[(0, 0, 12, 1), (6, 999, 6, 20)]), 0);
        assert_eq!(problems(&[(1, 0, 12, 1)]), 1);
        assert_eq!(problems(&[(u32::MAX, 0, 1, 1)]), 1);
        assert_eq!(problems(&[(0, 0, 0, 0)]), 2);
        assert_eq!(problems(&[(0, 1_000, 1, 1)]), 1);
        assert_eq!(problems(&[(0, 0, 1, 1); 51]), 1);
    }

    #[test]
    fn a_text_says_something_and_not_too_much() {
        for (text, good) in [("# Orders", true), (" ", false), (&"a".repeat(5_001), false)] {
            let content = DashboardContent::Text(text.to_owned());
            let items = vec![DashboardItem { content, x: 0, y: 0, width: 3, height: 1 }];
            let change = DashboardChange { items: Some(items), ..DashboardChange::default() };
            assert_eq!(change.check().is_ok(), good, "{} characters", text.len());
        }
    }
}
