//! The groups that a question counts instead of people: which of them each row has, and a scan
//! that gives an operator the rows of one group at a time
//! ([decision 0012](../../../../docs/decisions/0012-groups-are-regrouped-from-a-pass-over-people.md)).
//!
//! Rows lie by person. A first pass over people finds the matching rows and writes each down once
//! per group of it, by buckets of groups; then threads take bucket after bucket, bring its rows in
//! order of the group, and the operator has each group as it would have a person. If there are more
//! rows than [`super::Limits::grouped_rows_max`], that is done several times, for some of the groups
//! each. Memory: 32 bytes for each of so many rows, but all rows of one group.

use std::sync::{Arc, OnceLock};

use hashbrown::HashMap;
use sluice_base::Timestamp;
use sluice_columnar::{FirstSeenReader, Part, Scope, Snapshot, system};
use sluice_event::PersonId;
use sluice_filter::{NONE, Value, group_keys};

use super::limits::Limits;
use super::scan::{Hit, Operator, Scan, over_slices, scan_people};
use super::test::CellsOf;
use crate::InsightError;
use crate::query::GROUP_ID;

/// Groups are dealt out over so many lists, which threads take one by one.
const BUCKETS: usize = 64;

/// The groups of one type, over the whole history.
#[derive(Debug)]
pub(crate) struct Accounts {
    snapshot: Arc<Snapshot>,
    names: Vec<String>,
    /// What stands for each in place of a person's number, ascending.
    keys: Vec<u64>,
    parts: HashMap<u64, PartAccounts>,
    rows_max: usize,
    firsts: OnceLock<Vec<i64>>,
}

#[derive(Debug)]
struct PartAccounts {
    /// What events say of themselves.
    sent: Numbered,
    /// The group of a group call, if that is of the type.
    called: Option<Called>,
}

/// The groups of each code of a column.
#[derive(Debug)]
struct Numbered {
    cells: CellsOf,
    groups: Vec<Box<[u32]>>,
}

#[derive(Debug)]
struct Called {
    ids: Numbered,
    types: CellsOf,
    /// Per code of `types`.
    fits: Vec<bool>,
}

impl Accounts {
    /// The groups of a type: [`GROUP_ID`] or a type of the context's `groups`.
    pub(crate) fn new(
        snapshot: &Arc<Snapshot>,
        group_type: &str,
        limits: Limits,
    ) -> Result<Self, InsightError> {
        let mut known = HashMap::new();
        let mut parts = HashMap::new();
        for part in snapshot.parts() {
            parts.insert(part.meta().id, PartAccounts::open(part, group_type, &mut known)?);
            if known.len() > limits.values_max {
                return Err(InsightError::TooManyPropertyValues {
                    property: group_type.to_owned(),
                    limit: limits.values_max,
                });
            }
        }
        let (mut names, mut keys) = (vec![String::new(); known.len()], Vec::new());
        let mut order: Vec<(u64, String, u32)> =
            known.into_iter().map(|(name, number)| (key_of(&name), name, number)).collect();
        order.sort_unstable();
        let mut index_of = vec![0; order.len()];
        for (index, (key, name, number)) in order.into_iter().enumerate() {
            // Two names of one key: the second takes the next.
            let key = keys.last().map_or(key, |last: &u64| key.max(last + 1));
            keys.push(key);
            names[index] = name;
            index_of[number as usize] = index as u32;
        }
        for part in parts.values_mut() {
            part.renumber(&index_of);
        }
        let (snapshot, rows_max) = (snapshot.clone(), limits.grouped_rows_max.max(1));
        Ok(Self { snapshot, names, keys, parts, rows_max, firsts: OnceLock::new() })
    }

    /// The name behind a number that an operator was given.
    pub(crate) fn name(&self, key: u64) -> Option<&str> {
        let index = self.keys.binary_search(&key).ok()?;
        Some(&self.names[index])
    }

    /// Time of each group's first event ever, of any name.
    fn firsts(&self) -> &[i64] {
        self.firsts.get_or_init(|| {
            let all = self.snapshot.select_all();
            let mut firsts = vec![i64::MAX; self.names.len()];
            let mut mine = Vec::new();
            all.each_row(|at| {
                let of = &all.parts()[at.part as usize];
                self.parts[&of.meta().id].of(at.row, &mut mine);
                for group in &mine {
                    let first = &mut firsts[*group as usize];
                    *first = of.times().get(at.row).min(*first);
                }
            });
            firsts
        })
    }

    /// For look-ups of when groups were first seen.
    pub(crate) fn first_seen(&self) -> FirstSeen<'_> {
        FirstSeen::Accounts(&self.keys, self.firsts())
    }
}

/// A number for a name that stays the same however many others there are: 64-bit FNV-1a, of which
/// a JavaScript number holds the upper 53 bits; not zero, which is nobody.
fn key_of(name: &str) -> u64 {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (hash >> 11).max(1)
}

impl PartAccounts {
    /// The groups of a row, each once.
    fn of(&self, row: u32, into: &mut Vec<u32>) {
        into.clear();
        into.extend_from_slice(self.sent.of(row));
        if let Some(Called { ids, types, fits }) = &self.called
            && fits[types.code(row) as usize]
        {
            for group in ids.of(row) {
                if !into.contains(group) {
                    into.push(*group);
                }
            }
        }
    }

    fn open(
        part: &Arc<Part>,
        group_type: &str,
        known: &mut HashMap<String, u32>,
    ) -> Result<Self, InsightError> {
        let column = |scope, name: &str| -> Result<CellsOf, InsightError> {
            Ok(part.column(scope, name)?.map_or(CellsOf::Absent, CellsOf::Rows))
        };
        let is_plain = group_type == GROUP_ID;
        let name = if is_plain { "groupId".to_owned() } else { format!("groups.{group_type}") };
        let sent = Numbered::new(column(Scope::Context, &name)?, known);
        let called = match column(Scope::System, system::GROUP_ID)? {
            CellsOf::Absent => None,
            cells => {
                // Amplitude's group calls say their type, those of Segment have none.
                let types = column(Scope::Context, "groupType")?;
                let fits = types.per_code(|value| match value {
                    Value::Null => is_plain,
                    value => !is_plain && value.text() == group_type,
                });
                let some = fits.contains(&true);
                some.then(|| Called { ids: Numbered::new(cells, known), types, fits })
            }
        };
        Ok(Self { sent, called })
    }

    fn renumber(&mut self, index_of: &[u32]) {
        let called = self.called.as_mut().map(|called| &mut called.ids);
        for numbered in [Some(&mut self.sent), called].into_iter().flatten() {
            for group in numbered.groups.iter_mut().flat_map(|groups| groups.iter_mut()) {
                *group = index_of[*group as usize];
            }
        }
    }
}

impl Numbered {
    fn new(cells: CellsOf, known: &mut HashMap<String, u32>) -> Self {
        let groups = cells.per_code(|value| {
            let names = group_keys(value).into_iter().filter(|name| name != NONE);
            let number = |name| {
                let next = known.len() as u32;
                *known.entry(name).or_insert(next)
            };
            names.map(number).collect()
        });
        Self { cells, groups }
    }

    #[inline]
    fn of(&self, row: u32) -> &[u32] {
        &self.groups[self.cells.code(row) as usize]
    }
}

/// When a person, or a group that is counted instead, had the first event ever.
#[derive(Debug)]
pub(crate) enum FirstSeen<'s> {
    People(FirstSeenReader<'s>),
    /// Keys and times.
    Accounts(&'s [u64], &'s [i64]),
}

impl FirstSeen<'_> {
    pub(crate) fn get(&mut self, person: PersonId) -> Option<Timestamp> {
        match self {
            Self::People(reader) => reader.get(person),
            Self::Accounts(keys, firsts) => {
                let index = keys.binary_search(&person.0).ok()?;
                Some(Timestamp::from_micros(firsts[index]))
            }
        }
    }
}

/// Writes matching rows down by their groups.
struct Gather<'a> {
    /// By the number of the part in the plan.
    parts: &'a [&'a PartAccounts],
    /// When each group was first seen, if that matters, and the slots that it matters to.
    firsts: Option<(&'a [i64], u16)>,
    /// Groups whose number leaves the second when divided by the first.
    wanted: (u32, u32),
    /// Whether rows are counted only.
    counts_only: bool,
    count: u64,
    buckets: Vec<Vec<(u32, Hit)>>,
    mine: Vec<u32>,
}

impl Operator for Gather<'_> {
    /// Whoever had an event, it is one of its group.
    const NOBODY: bool = true;

    fn person(&mut self, _person: u64, hits: &mut [Hit], _sorted: bool) {
        for hit in hits {
            self.parts[hit.part as usize].of(hit.row, &mut self.mine);
            for group in &self.mine {
                let mut slots = hit.slots;
                if let Some((firsts, first_only)) = self.firsts
                    && firsts[*group as usize] != hit.time
                {
                    slots &= !first_only;
                }
                if slots == 0 || group % self.wanted.0 != self.wanted.1 {
                    continue;
                }
                self.count += 1;
                if !self.counts_only {
                    let bucket = (group / self.wanted.0) as usize % BUCKETS;
                    self.buckets[bucket].push((*group, Hit { slots, ..*hit }));
                }
            }
        }
    }
}

/// Runs an operator on each thread, once or more often, with a group's rows where else a person's
/// are; the caller adds their results up. Rows without a group are left out.
pub(super) fn scan_accounts<O: Operator>(
    scan: &Scan<'_>,
    accounts: &Accounts,
    make: impl Fn() -> O + Sync,
) -> Result<Vec<O>, InsightError> {
    let of_part = |part: &Arc<Part>| &accounts.parts[&part.meta().id];
    let parts: Vec<&PartAccounts> = scan.selection.parts().iter().map(of_part).collect();
    let first_only = scan.plan.first_only;
    let firsts = (first_only != 0).then(|| (accounts.firsts(), first_only));
    let gather = |wanted: (u32, u32), counts_only: bool| {
        scan_people(scan, || Gather {
            parts: &parts,
            firsts,
            wanted,
            counts_only,
            count: 0,
            buckets: vec![Vec::new(); BUCKETS],
            mine: Vec::new(),
        })
    };
    let most = accounts.rows_max as u64;
    let passes = if scan.selection.rows() <= most {
        1
    } else {
        let rows: u64 = gather((1, 0), true)?.iter().map(|one| one.count).sum();
        rows.div_ceil(most).max(1) as u32
    };
    let mut operators = Vec::new();
    for pass in 0..passes {
        let gathered = gather((passes, pass), false)?;
        let buckets: Vec<usize> = (0..BUCKETS).collect();
        let done = over_slices(scan, &buckets, &make, |bucket, operator, memory: &mut Memory| {
            memory.rows.clear();
            for one in &gathered {
                memory.rows.extend_from_slice(&one.buckets[*bucket]);
            }
            memory.give(accounts, operator);
        })?;
        operators.extend(done);
    }
    Ok(operators)
}

/// One thread's memory, kept from bucket to bucket.
#[derive(Default)]
struct Memory {
    rows: Vec<(u32, Hit)>,
    hits: Vec<Hit>,
}

impl Memory {
    fn give<O: Operator>(&mut self, accounts: &Accounts, operator: &mut O) {
        self.rows.sort_unstable_by_key(|(group, hit)| (*group, hit.time));
        for rows in self.rows.chunk_by(|(a, _), (b, _)| a == b) {
            self.hits.clear();
            self.hits.extend(rows.iter().map(|(_, hit)| *hit));
            operator.person(accounts.keys[rows[0].0 as usize], &mut self.hits, false);
        }
    }
}
