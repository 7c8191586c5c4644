//! The values of a breakdown: one number per distinct value over all parts.

use std::sync::Arc;

use hashbrown::HashMap;
use sluice_columnar::Part;
use sluice_filter::{NONE, Scope, Value, group_keys};

use super::latest::Latest;
use super::test::CellsOf;
use crate::InsightError;
use crate::query::PropertyRef;

/// Most distinct values of one breakdown; bounds memory (I10).
pub(crate) const GROUP_VALUES_MAX: usize = 1_000_000;

/// Group numbers of the rows of every part.
#[derive(Debug)]
pub(crate) struct Groups {
    names: Vec<String>,
    numbers: HashMap<String, u32>,
    parts: Vec<PartGroups>,
    latest: Option<Arc<Latest>>,
    /// Groups of a person of whom nothing is known.
    absent: &'static [u32],
}

#[derive(Debug)]
struct PartGroups {
    cells: CellsOf,
    /// Where each code's groups begin in `groups`; one more than there are codes.
    starts: Vec<u32>,
    groups: Vec<u32>,
}

impl Groups {
    /// Group 0 is always [`NONE`].
    pub(crate) fn new(
        parts: &[Arc<Part>],
        property: &PropertyRef,
        latest: Option<&Arc<Latest>>,
    ) -> Result<Self, InsightError> {
        Self::by(parts, property, latest, &[0], group_keys)
    }

    /// Without a group for rows that have no value.
    pub(crate) fn of_values(
        parts: &[Arc<Part>],
        property: &PropertyRef,
        latest: Option<&Arc<Latest>>,
    ) -> Result<Self, InsightError> {
        Self::by(parts, property, latest, &[], |value| {
            let mut keys = group_keys(value);
            keys.retain(|key| key != NONE);
            keys
        })
    }

    /// By the keys of each value. Group 0 is always [`NONE`].
    pub(crate) fn by(
        parts: &[Arc<Part>],
        property: &PropertyRef,
        latest: Option<&Arc<Latest>>,
        absent: &'static [u32],
        mut keys_of: impl FnMut(&Value<'_>) -> Vec<String>,
    ) -> Result<Self, InsightError> {
        let latest = latest.filter(|_| property.of == Scope::User).cloned();
        let of = latest.as_ref().map_or(parts, |latest| latest.parts());
        let mut groups = Self {
            names: Vec::new(),
            numbers: HashMap::new(),
            parts: Vec::with_capacity(of.len()),
            latest: None,
            absent,
        };
        groups.number(NONE.to_owned());
        for part in of {
            let cells = CellsOf::open(part, &property.property, property.of)?;
            let (mut starts, mut list) = (vec![0], Vec::new());
            for keys in cells.per_code(&mut keys_of) {
                list.extend(keys.into_iter().map(|key| groups.number(key)));
                starts.push(list.len() as u32);
                if groups.names.len() > GROUP_VALUES_MAX {
                    return Err(InsightError::TooManyGroups { limit: GROUP_VALUES_MAX });
                }
            }
            groups.parts.push(PartGroups { cells, starts, groups: list });
        }
        groups.latest = latest;
        Ok(groups)
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
        let code = part.cells.code(row) as usize;
        &part.groups[part.starts[code] as usize..part.starts[code + 1] as usize]
    }
}
