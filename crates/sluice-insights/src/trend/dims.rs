//! The series of a trend by number: an event, a value of each breakdown, a bin.

use super::figure::Need;
use super::spec::TrendQuery;
use crate::InsightError;
use crate::engine::{Groups, GroupsOf, finite};

/// The groups by which rows are told apart, outermost first.
#[derive(Debug)]
pub(super) struct Dims {
    pub(super) groups: [Option<Groups>; 3],
    lens: [u64; 3],
}

/// A group of each of the dimensions; 0 where there is none.
pub(super) type Group = [u32; 3];

impl Dims {
    pub(super) fn new(
        query: &TrendQuery,
        need: &Need,
        rows: GroupsOf<'_>,
    ) -> Result<Self, InsightError> {
        let of = |property| Groups::new(rows, property);
        let bins = match need {
            Need::Bins(property, bins) if bins.is_empty() => {
                Some(Groups::of_values(rows, property)?)
            }
            Need::Bins(property, bins) => Some(Groups::by(rows, property, &[], |value| {
                let number = finite(value);
                let bin = bins.iter().find(|bin| number.is_some_and(|n| bin.holds(n)));
                bin.map(|bin| bin.label()).into_iter().collect()
            })?),
            _ => None,
        };
        let groups = [
            query.breakdown.as_ref().map(of).transpose()?,
            query.then_by.as_ref().map(of).transpose()?,
            bins,
        ];
        let lens = [0, 1, 2].map(|at: usize| groups[at].as_ref().map_or(1, |of| of.len() as u64));
        Ok(Self { groups, lens })
    }

    pub(super) const fn is_split(&self) -> bool {
        self.groups[0].is_some() || self.groups[2].is_some()
    }

    /// How many series there can be for one event.
    pub(super) const fn len(&self) -> u64 {
        self.lens[0].saturating_mul(self.lens[1]).saturating_mul(self.lens[2])
    }

    #[inline]
    pub(super) fn key(&self, slot: usize, group: Group) -> u64 {
        let [first, second, bin] = group.map(u64::from);
        ((slot as u64 * self.lens[0] + first) * self.lens[1] + second) * self.lens[2] + bin
    }

    pub(super) fn of_key(&self, key: u64) -> (usize, Group) {
        let (rest, bin) = (key / self.lens[2], key % self.lens[2]);
        let (rest, second) = (rest / self.lens[1], rest % self.lens[1]);
        let (slot, first) = (rest / self.lens[0], rest % self.lens[0]);
        (slot as usize, [first as u32, second as u32, bin as u32])
    }

    pub(super) fn name(&self, group: Group, dim: usize) -> Option<&str> {
        self.groups[dim].as_ref().map(|of| of.name(group[dim]))
    }

    pub(super) fn names(&self, group: Group) -> [Option<String>; 3] {
        [0, 1, 2].map(|dim| self.name(group, dim).map(str::to_owned))
    }

    /// The group with these names, if rows may have it.
    pub(super) fn find(&self, names: [Option<&str>; 3]) -> Option<Group> {
        let mut group = [0; 3];
        for dim in 0..3 {
            if let (Some(of), Some(name)) = (&self.groups[dim], names[dim]) {
                group[dim] = of.find(name)?;
            }
        }
        Some(group)
    }
}
