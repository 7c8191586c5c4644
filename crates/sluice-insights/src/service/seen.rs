//! When people were first and last seen, and the list of those seen last.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use sluice_base::Timestamp;
use sluice_columnar::{PeopleSlice, Piece, Selection};
use sluice_event::PersonId;
use utoipa::ToSchema;

use crate::{Context, InsightError, PAGE_MAX};

/// Candidates for a page that are kept while the parts are gone through.
const CANDIDATES_MAX: usize = 4_096;

/// A person's first and last event, by the time of the events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Seen {
    /// After merges.
    pub person: u64,
    pub first: String,
    pub last: String,
    pub events: u64,
}

/// A part of the list of people, those seen last first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenPage {
    pub people: Vec<Seen>,
    /// `before` of the next page; absent on the last.
    pub next: Option<(i64, u64)>,
}

/// Of those asked for who have events.
pub(super) fn of(context: &Context, people: &[u64]) -> Vec<Seen> {
    let selection = context.snapshot.select_all();
    people.iter().filter_map(|person| seen(&selection, *person)).map(|(_, seen)| seen).collect()
}

/// A page of all people, by their last event. Looks at one time per person and part, of the newest
/// parts only as long as they can hold people of the page.
///
/// # Errors
/// [`InsightError::Cancelled`].
pub fn people_seen_last(
    context: &Context,
    before: Option<(i64, u64)>,
    limit: usize,
    cancelled: &AtomicBool,
) -> Result<SeenPage, InsightError> {
    let limit = limit.clamp(1, PAGE_MAX);
    let selection = context.snapshot.select_all();
    let mut from = before.unwrap_or((i64::MAX, u64::MAX));
    let (mut page, mut shown) = (SeenPage::default(), from);
    loop {
        let (candidates, is_rest) = candidates(&selection, from, cancelled)?;
        for (last, person) in candidates {
            // Who was seen later still, by another part, stood in the list before.
            if let Some((true_last, seen)) = seen(&selection, person)
                && true_last == last
            {
                if page.people.len() == limit {
                    page.next = Some(shown);
                    return Ok(page);
                }
                page.people.push(seen);
                shown = (last, person);
            }
            from = (last, person);
            if cancelled.load(Ordering::Relaxed) {
                return Err(InsightError::Cancelled);
            }
        }
        if is_rest {
            return Ok(page);
        }
    }
}

fn seen(selection: &Selection, person: u64) -> Option<(i64, Seen)> {
    let canonical = selection.snapshot().merges().canonical(PersonId(person));
    let rows = selection.person(canonical);
    let (first, last) = (selection.place(*rows.first()?).0, selection.place(*rows.last()?).0);
    let text = |at: i64| Timestamp::from_micros(at).to_string();
    let (first, events) = (text(first), rows.len() as u64);
    Some((last, Seen { person: canonical.0, first, last: text(last), events }))
}

/// The largest pairs of time and person below `before`, descending, and whether they are all. A
/// person may stand there several times, with an earlier time of another part.
fn candidates(
    selection: &Selection,
    before: (i64, u64),
    cancelled: &AtomicBool,
) -> Result<(Vec<(i64, u64)>, bool), InsightError> {
    let mut kept = Kept { before, heap: BinaryHeap::with_capacity(CANDIDATES_MAX + 1) };
    selection.walk_gathered(PeopleSlice::ALL, |piece| {
        match piece {
            Piece::Runs { person, runs } => {
                let ends = runs.iter().filter(|run| run.start < run.end);
                let last = ends
                    .map(|run| selection.parts()[run.part as usize].times().get(run.end - 1))
                    .max();
                kept.add(last, person.0);
            }
            Piece::Rows { person, rows } => {
                kept.add(rows.last().map(|row| selection.place(*row).0), person.0);
            }
            Piece::Block { .. } => {}
        }
        !cancelled.load(Ordering::Relaxed)
    });
    let gathered = selection.gathered_keys();
    let mut parts: Vec<_> = selection.parts().iter().collect();
    parts.sort_by_key(|part| Reverse(part.meta().time_max));
    for part in parts {
        if cancelled.load(Ordering::Relaxed) {
            return Err(InsightError::Cancelled);
        }
        if kept.least().is_some_and(|(least, _)| part.meta().time_max < least) {
            break;
        }
        let times = part.times();
        for (index, person) in part.people().iter().enumerate() {
            let rows = part.range(index);
            if rows.is_empty() || *person == 0 {
                continue;
            }
            let last = times.get(rows.end - 1);
            if kept.has_room_for((last, *person)) && gathered.binary_search(person).is_err() {
                kept.add(Some(last), *person);
            }
        }
    }
    let is_rest = kept.least().is_none();
    let mut list: Vec<(i64, u64)> = kept.heap.into_iter().map(|Reverse(one)| one).collect();
    list.sort_unstable_by_key(|one| Reverse(*one));
    list.dedup();
    Ok((list, is_rest))
}

/// The largest that were added.
struct Kept {
    before: (i64, u64),
    heap: BinaryHeap<Reverse<(i64, u64)>>,
}

impl Kept {
    /// The smallest, once there are as many as are kept.
    fn least(&self) -> Option<(i64, u64)> {
        let is_full = self.heap.len() >= CANDIDATES_MAX;
        self.heap.peek().filter(|_| is_full).map(|Reverse(least)| *least)
    }

    fn has_room_for(&self, one: (i64, u64)) -> bool {
        one < self.before && self.least().is_none_or(|least| one > least)
    }

    fn add(&mut self, last: Option<i64>, person: u64) {
        let Some(last) = last.filter(|_| person != 0) else { return };
        if self.has_room_for((last, person)) {
            self.heap.push(Reverse((last, person)));
            if self.heap.len() > CANDIDATES_MAX {
                self.heap.pop();
            }
        }
    }
}
