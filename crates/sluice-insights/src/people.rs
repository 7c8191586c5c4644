//! The people behind a number, in order of their number, a page at a time.

use sluice_base::Timestamp;

use crate::Explain;
use crate::insight::{PAGE_MAX, Page, People, PersonEntry};

/// A person that a question found, with the times to show.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) person: u64,
    pub(crate) times: Vec<i64>,
}

pub(crate) fn page(mut found: Vec<Found>, page: &Page, explain: Explain) -> People {
    found.sort_unstable_by_key(|one| one.person);
    let total = found.len() as u64;
    let from = page.after.map_or(0, |after| found.partition_point(|one| one.person <= after));
    let limit = page.limit.clamp(1, PAGE_MAX);
    let rest = &found[from..];
    let shown = &rest[..rest.len().min(limit)];
    let next = (rest.len() > limit).then(|| shown.last().map(|one| one.person)).flatten();
    let text = |time: &i64| Timestamp::from_micros(*time).to_string();
    let people = shown
        .iter()
        .map(|one| PersonEntry { person: one.person, times: one.times.iter().map(text).collect() })
        .collect();
    People { total, people, next, explain }
}
