//! All parts merged by person, over threads.
//!
//! People are cut into slices of about equally many rows; threads take slices until none is left
//! and look between them whether anybody still waits. Memory: one person's matching rows per
//! thread, besides what the operator keeps.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use sluice_columnar::{PeopleSlice, Piece, RowRef, Selection};

use super::accounts::{Accounts, scan_accounts};
use super::admit::{Admitting, admitted};
use super::cursor::{Cursor, DONE};
use super::plan::Plan;
use crate::InsightError;
use crate::cohort::PeopleSet;

/// A matching row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    /// Microseconds.
    pub(crate) time: i64,
    /// Index into the selection's parts.
    pub(crate) part: u32,
    pub(crate) row: u32,
    /// Number of the event's name.
    pub(crate) kind: u32,
    /// Which of the question's events it is, a bit each.
    pub(crate) slots: u16,
}

/// What a question does with each person's matching rows.
pub(crate) trait Operator: Send {
    /// Whether rows of nobody matter; they come in several calls.
    const NOBODY: bool;

    /// All matching rows of a person; in order of (time, seq) if `sorted`.
    fn person(&mut self, person: u64, hits: &mut [Hit], sorted: bool);
}

/// Rows of one slice, about.
const SLICE_ROWS: u64 = 512 * 1024;
const SLICES_MAX: u64 = 4_096;
/// Rows of nobody that are handed over at once.
const NOBODY_HITS_MAX: usize = 4_096;

pub(crate) struct Scan<'a> {
    pub(crate) selection: &'a Selection,
    pub(crate) plan: &'a Plan,
    /// Who is counted at all; everybody, if absent.
    pub(crate) people: Option<&'a PeopleSet>,
    /// The groups that are counted instead of people, if any.
    pub(crate) accounts: Option<&'a Accounts>,
    pub(crate) threads: usize,
    pub(crate) cancelled: &'a AtomicBool,
}

/// Whether nobody waits for the answer any more, looked up now and then while somebody with very
/// many rows is worked off; then anything may come out.
#[inline]
pub(crate) fn is_given_up(cancelled: &AtomicBool, count: usize) -> bool {
    const LOOKED_UP_EVERY: usize = 4_096;
    count.is_multiple_of(LOOKED_UP_EVERY) && cancelled.load(Ordering::Relaxed)
}

/// Runs an operator on each thread; the caller adds their results up.
pub(crate) fn scan<O: Operator>(
    scan: &Scan<'_>,
    make: impl Fn() -> O + Sync,
) -> Result<Vec<O>, InsightError> {
    match scan.accounts {
        None => scan_people(scan, make),
        Some(accounts) => scan_accounts(scan, accounts, make),
    }
}

/// The same by person, also where groups are counted.
pub(super) fn scan_people<O: Operator>(
    scan: &Scan<'_>,
    make: impl Fn() -> O + Sync,
) -> Result<Vec<O>, InsightError> {
    match scan.people {
        None => scan_all(scan, make),
        Some(people) => scan_all(scan, || Admitting { operator: make(), people }).map(admitted),
    }
}

fn scan_all<O: Operator>(
    scan: &Scan<'_>,
    make: impl Fn() -> O + Sync,
) -> Result<Vec<O>, InsightError> {
    let count = (scan.selection.rows() / SLICE_ROWS).clamp(1, SLICES_MAX) as usize;
    let slices = scan.selection.slices(count);
    over_slices(scan, &slices, make, |slice, operator, hits: &mut Vec<Hit>| {
        run(scan, *slice, operator, hits);
    })
}

/// Works slices of people off on all threads, each with an operator and memory of its own.
pub(super) fn over_slices<S: Sync, O: Operator, M: Default>(
    scan: &Scan<'_>,
    slices: &[S],
    make: impl Fn() -> O + Sync,
    run: impl Fn(&S, &mut O, &mut M) + Sync,
) -> Result<Vec<O>, InsightError> {
    let threads = scan.threads.clamp(1, slices.len().max(1));
    let next = AtomicUsize::new(0);
    let work = || {
        let mut operator = make();
        let mut memory = M::default();
        while !scan.cancelled.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(slice) = slices.get(index) else { break };
            run(slice, &mut operator, &mut memory);
        }
        operator
    };
    let operators = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut operators = vec![work()];
        for other in others {
            match other.join() {
                Ok(operator) => operators.push(operator),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        operators
    });
    if scan.cancelled.load(Ordering::Relaxed) {
        Err(InsightError::Cancelled)
    } else {
        Ok(operators)
    }
}

fn run<O: Operator>(scan: &Scan<'_>, slice: PeopleSlice, operator: &mut O, hits: &mut Vec<Hit>) {
    let (mut least, most) = slice.bounds();
    if !O::NOBODY {
        least = least.max(1);
    }
    if least > most {
        return;
    }
    let plan = scan.plan;
    // A group's first row may be any row of a person.
    let first_only = if scan.accounts.is_some() { 0 } else { plan.first_only };
    let left_out = scan.selection.gathered_keys();
    let mut cursors: Vec<Cursor<'_>> = plan
        .parts
        .iter()
        .zip(0..)
        .filter(|(part, _)| !part.codes.is_empty())
        .map(|(part, number)| {
            Cursor::new(part, number, (least, most), (plan.from, plan.to), first_only, left_out)
        })
        .filter(|cursor| cursor.key != DONE)
        .collect();
    while cursors.len() > 1 {
        // The smallest key, the next after it, and who has the smallest.
        let (mut least, mut second, mut who) = (DONE, DONE, 0);
        for (index, cursor) in cursors.iter().enumerate() {
            if cursor.key < least {
                (second, least, who) = (least, cursor.key, index);
            } else if cursor.key < second {
                second = cursor.key;
            }
        }
        if least < second {
            alone(operator, &mut cursors[who], second, hits);
        } else {
            hits.clear();
            for cursor in cursors.iter_mut().filter(|cursor| cursor.key == least) {
                take(operator, cursor, least, hits);
            }
            if !hits.is_empty() {
                operator.person(least, hits, false);
            }
        }
        if cursors.iter().any(|cursor| cursor.key == DONE) {
            cursors.retain(|cursor| cursor.key != DONE);
        }
    }
    if let Some(cursor) = cursors.first_mut() {
        alone(operator, cursor, DONE, hits);
    }
    if !left_out.is_empty() {
        // People touched by merges since a part was written.
        scan.selection.walk_gathered(slice, |piece| give_piece(scan, piece, operator, hits));
    }
}

/// People below `border`, whom no other part has.
#[inline]
fn alone<O: Operator>(operator: &mut O, cursor: &mut Cursor<'_>, border: u64, hits: &mut Vec<Hit>) {
    while cursor.key < border {
        let key = cursor.key;
        if key != 0
            && let Some((whole, end)) = cursor.whole()
        {
            operator.person(key, whole, true);
            cursor.go_past(end);
            continue;
        }
        hits.clear();
        take(operator, cursor, key, hits);
        if !hits.is_empty() {
            operator.person(key, hits, true);
        }
    }
}

#[inline]
fn take<O: Operator>(operator: &mut O, cursor: &mut Cursor<'_>, key: u64, hits: &mut Vec<Hit>) {
    if key != 0 {
        cursor.take(hits, usize::MAX);
        return;
    }
    while cursor.key == 0 {
        cursor.take(hits, NOBODY_HITS_MAX);
        if !hits.is_empty() {
            operator.person(0, hits, false);
        }
        hits.clear();
    }
}

/// Hands a gathered person to the operator; to go on, `true`.
pub(super) fn give_piece<O: Operator>(
    scan: &Scan<'_>,
    piece: Piece<'_>,
    operator: &mut O,
    hits: &mut Vec<Hit>,
) -> bool {
    hits.clear();
    let person = match piece {
        Piece::Runs { person, runs } => {
            for run in runs {
                for row in run.start..run.end {
                    look(scan.plan, RowRef { part: run.part, row }, person.0, hits);
                }
            }
            person
        }
        Piece::Rows { person, rows } => {
            for row in rows {
                look(scan.plan, *row, person.0, hits);
            }
            person
        }
        Piece::Block { .. } => return true,
    };
    if !hits.is_empty() && (O::NOBODY || !person.is_nobody()) {
        operator.person(person.0, hits, false);
    }
    true
}

/// Looks at one row by itself.
fn look(plan: &Plan, place: RowRef, person: u64, hits: &mut Vec<Hit>) {
    let RowRef { part: number, row } = place;
    let part = &plan.parts[number as usize];
    let code = part.part.events().get(row as usize);
    let (certain, tested) =
        (part.by_code[code as usize].certain, &part.by_code[code as usize].tested);
    if certain == 0 && tested.is_empty() {
        return;
    }
    let time = part.part.times().get(row);
    if time < plan.from || time >= plan.to {
        return;
    }
    let (slots, kind) = part.slots(code, row, person);
    if slots != 0 {
        hits.push(Hit { time, part: number, row, kind, slots });
    }
}

impl Plan {
    /// Puts hits in order of (time, seq).
    pub(crate) fn sort(&self, hits: &mut [Hit]) {
        hits.sort_unstable_by(|a, b| {
            a.time.cmp(&b.time).then_with(|| self.seq(a).cmp(&self.seq(b)))
        });
    }

    /// Leaves the slots of the pseudo-event only on the person's very first row, if that passes.
    pub(crate) fn keep_first(&self, person: u64, hits: &mut [Hit], first: Option<i64>) {
        let very_first = (person != 0)
            .then(|| {
                (0..hits.len())
                    .filter(|index| {
                        Some(hits[*index].time) == first
                            && hits[*index].slots & self.first_only != 0
                    })
                    .min_by_key(|index| self.seq(&hits[*index]))
            })
            .flatten();
        for (index, hit) in hits.iter_mut().enumerate() {
            let mut passed = hit.slots & !self.first_only;
            if Some(index) == very_first {
                let tests = &self.parts[hit.part as usize].first_tests;
                for (slot, test) in tests.iter().enumerate() {
                    if test.as_ref().is_some_and(|test| test.holds(hit.row, person)) {
                        passed |= 1 << slot;
                    }
                }
            }
            hit.slots = passed;
        }
    }

    pub(crate) fn seq(&self, hit: &Hit) -> u64 {
        self.parts[hit.part as usize].part.seqs().get(hit.row).0
    }
}
