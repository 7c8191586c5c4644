//! The values of a breakdown: one number per distinct value over all parts.

use std::sync::Arc;

use hashbrown::HashMap;
use sluice_columnar::{Cells, CodeSlice, Part};
use sluice_filter::{NONE, Scope, Value, group_keys};

use super::latest::Latest;
use super::limits::Limits;
use super::plan::Plan;
use super::test::CellsOf;
use crate::InsightError;
use crate::query::PropertyRef;

/// Of which rows values are numbered.
#[derive(Clone, Copy)]
pub(crate) struct GroupsOf<'a> {
    plan: &'a Plan,
    /// Groups are asked of rows that have one of these slots.
    slots: u16,
    latest: Option<&'a Arc<Latest>>,
    /// Most distinct values.
    values_max: usize,
}

/// Group numbers of the rows of every part.
#[derive(Debug)]
pub(crate) struct Groups {
    names: Vec<String>,
    numbers: HashMap<String, u32>,
    parts: Vec<PartGroups>,
    /// Where each set begins in `groups`; one more than there are sets.
    starts: Vec<u32>,
    groups: Vec<u32>,
    latest: Option<Arc<Latest>>,
    /// Groups of a person of whom nothing is known.
    absent: &'static [u32],
}

#[derive(Debug)]
struct PartGroups {
    cells: CellsOf,
    /// The set of code 0; those of the other codes follow.
    base: u32,
}

impl<'a> GroupsOf<'a> {
    pub(crate) const fn new(
        plan: &'a Plan,
        slots: u16,
        latest: Option<&'a Arc<Latest>>,
        limits: Limits,
    ) -> Self {
        Self { plan, slots, latest, values_max: limits.values_max }
    }
}

impl Groups {
    /// Group 0 is always [`NONE`].
    pub(crate) fn new(of: GroupsOf<'_>, property: &PropertyRef) -> Result<Self, InsightError> {
        Self::by(of, property, &[0], group_keys)
    }

    /// Without a group for rows that have no value.
    pub(crate) fn of_values(
        of: GroupsOf<'_>,
        property: &PropertyRef,
    ) -> Result<Self, InsightError> {
        Self::by(of, property, &[], |value| {
            let mut keys = group_keys(value);
            keys.retain(|key| key != NONE);
            keys
        })
    }

    /// By the keys of each value. Group 0 is always [`NONE`].
    pub(crate) fn by(
        of: GroupsOf<'_>,
        property: &PropertyRef,
        absent: &'static [u32],
        mut keys_of: impl FnMut(&Value<'_>) -> Vec<String>,
    ) -> Result<Self, InsightError> {
        let latest = of.latest.filter(|_| property.of == Scope::User);
        if let Some(all) = Self::numbered(of, property, latest, false, &mut keys_of)? {
            return Ok(Self { absent, ..all });
        }
        // The values that rows do not have cost a look at the rows.
        let met = match latest {
            None => Self::numbered(of, property, latest, true, &mut keys_of)?,
            Some(_) => None,
        };
        let met = met.ok_or_else(|| InsightError::TooManyPropertyValues {
            property: property.property.clone(),
            limit: of.values_max,
        })?;
        Ok(Self { absent, ..met })
    }

    /// `None` if there are too many values.
    fn numbered(
        of: GroupsOf<'_>,
        property: &PropertyRef,
        latest: Option<&Arc<Latest>>,
        only_met: bool,
        keys_of: &mut impl FnMut(&Value<'_>) -> Vec<String>,
    ) -> Result<Option<Self>, InsightError> {
        let of_plan: Vec<Arc<Part>> = of.plan.parts.iter().map(|one| one.part.clone()).collect();
        let parts = latest.map_or(&of_plan[..], |latest| latest.parts());
        let mut groups = Self {
            names: Vec::new(),
            numbers: HashMap::new(),
            parts: Vec::with_capacity(parts.len()),
            starts: vec![0],
            groups: Vec::new(),
            latest: latest.cloned(),
            absent: &[],
        };
        groups.number(NONE.to_owned());
        for (index, part) in parts.iter().enumerate() {
            let cells = CellsOf::open(part, &property.property, property.of)?;
            let base = groups.starts.len() as u32 - 1;
            let met = only_met.then(|| of.plan.met(index, &cells, of.slots));
            for code in 0..cells.codes_count() {
                if met.as_ref().is_none_or(|met| met[code as usize]) {
                    for key in keys_of(&cells.value(code)) {
                        let number = groups.number(key);
                        groups.groups.push(number);
                    }
                }
                groups.starts.push(groups.groups.len() as u32);
                if groups.names.len() > of.values_max {
                    return Ok(None);
                }
            }
            groups.parts.push(PartGroups { cells, base });
        }
        Ok(Some(groups))
    }

    fn number(&mut self, key: String) -> u32 {
        let next = self.names.len() as u32;
        match self.numbers.get(&key) {
            Some(number) => *number,
            None => {
                self.names.push(key.clone());
                self.numbers.insert(key, next);
                next
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    pub(crate) fn name(&self, group: u32) -> &str {
        &self.names[group as usize]
    }

    pub(crate) fn find(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// The groups of a row; several when the value is a list.
    #[inline]
    pub(crate) fn of(&self, part: u32, row: u32, person: u64) -> &[u32] {
        let (part, row) = match &self.latest {
            None => (part, row),
            Some(latest) => match latest.of(person) {
                Some(place) => (place.part, place.row),
                None => return self.absent,
            },
        };
        let part = &self.parts[part as usize];
        self.in_set(part.base + part.cells.code(row))
    }

    /// Whether the groups of a row depend on it and not on the person.
    pub(crate) const fn is_by_row(&self) -> bool {
        self.latest.is_none()
    }

    /// The groups of a person, if they do not depend on a row.
    pub(crate) fn of_person(&self, person: u64) -> &[u32] {
        self.of(0, 0, person)
    }

    /// The groups of a set.
    #[inline]
    pub(crate) fn in_set(&self, set: u32) -> &[u32] {
        let set = set as usize;
        &self.groups[self.starts[set] as usize..self.starts[set + 1] as usize]
    }

    /// The sets of some rows of a part.
    #[inline]
    pub(super) fn sets(&self, part: usize, rows: &[u32], into: &mut [u32]) {
        let PartGroups { cells, base } = &self.parts[part];
        if let CellsOf::Rows(column) = cells
            && let Cells::Dense(CodeSlice::U8(codes)) = column.cells()
        {
            for (set, row) in into.iter_mut().zip(rows) {
                *set = base + u32::from(codes[*row as usize]);
            }
        } else {
            for (set, row) in into.iter_mut().zip(rows) {
                *set = base + cells.code(*row);
            }
        }
    }
}
