//! Which nodes of the identity graph count as one person: the fold of merges and undone merges.
//!
//! Rows keep the node they were written with; a part's keys are the canonical people of the moment
//! it was written, together with the number of records folded by then. From that and the records
//! since, [`MergeMap::dirty_groups`] tells which keys of a part can no longer be taken as they are.
//! After compaction nothing is left of the difference.
//!
//! Canonical is the oldest (smallest) node of a connected component, as the survivor of every
//! merge is the older side.

use hashbrown::{HashMap, HashSet};
use serde::{Deserialize, Serialize};

use sluice_event::{Decision, MergeId, PersonId};

/// A merge or the undoing of one, as kept on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum MergeRecord {
    #[serde(rename = "m")]
    Merge { id: u64, a: u64, b: u64 },
    #[serde(rename = "u")]
    Undo { id: u64 },
}

impl MergeRecord {
    pub(crate) const fn from_decision(decision: &Decision) -> Option<Self> {
        match decision {
            Decision::Merge { merge, survivor, absorbed, .. } => {
                Some(Self::Merge { id: merge.0, a: survivor.0, b: absorbed.0 })
            }
            Decision::Undo { merge, .. } => Some(Self::Undo { id: merge.0 }),
            Decision::Create { .. } | Decision::Attach { .. } | Decision::Erase { .. } => None,
        }
    }
}

/// The people as they are after all records.
#[derive(Clone, Debug, Default)]
pub struct MergeMap {
    records: Vec<MergeRecord>,
    edges: HashMap<u64, (u64, u64)>,
    undone: HashSet<u64>,
    /// Only nodes that are not their own root.
    roots: HashMap<u64, u64>,
    /// Root to all its nodes, itself included; only where there are several.
    members: HashMap<u64, Vec<u64>>,
}

impl MergeMap {
    pub(crate) fn from_records(records: impl IntoIterator<Item = MergeRecord>) -> Self {
        let mut map = Self::default();
        map.extend(records);
        map
    }

    pub(crate) fn extend(&mut self, records: impl IntoIterator<Item = MergeRecord>) {
        let mut undone = false;
        for record in records {
            self.records.push(record);
            match record {
                MergeRecord::Merge { id, a, b } => {
                    self.edges.insert(id, (a, b));
                    self.join(a, b);
                }
                MergeRecord::Undo { id } => undone |= self.undone.insert(id),
            }
        }
        if undone {
            self.rebuild();
        }
    }

    fn rebuild(&mut self) {
        self.roots.clear();
        self.members.clear();
        let live: Vec<(u64, u64)> = self
            .edges
            .iter()
            .filter(|(id, _)| !self.undone.contains(*id))
            .map(|(_, edge)| *edge)
            .collect();
        for (a, b) in live {
            self.join(a, b);
        }
    }

    fn join(&mut self, a: u64, b: u64) {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return;
        }
        let (root, other) = (a.min(b), a.max(b));
        let mut moved = self.members.remove(&other).unwrap_or_else(|| vec![other]);
        for node in &moved {
            self.roots.insert(*node, root);
        }
        self.members.entry(root).or_insert_with(|| vec![root]).append(&mut moved);
    }

    pub(crate) fn root(&self, node: u64) -> u64 {
        self.roots.get(&node).copied().unwrap_or(node)
    }

    /// The person that a node counts as now.
    #[must_use]
    pub fn canonical(&self, node: PersonId) -> PersonId {
        PersonId(self.root(node.0))
    }

    /// All nodes that count as this canonical person, itself included.
    #[must_use]
    pub fn nodes(&self, canonical: PersonId) -> Vec<PersonId> {
        match self.members.get(&canonical.0) {
            Some(nodes) => nodes.iter().copied().map(PersonId).collect(),
            None => vec![canonical],
        }
    }

    /// The people that stand for more than one node, in no order.
    pub fn merged_people(&self) -> impl Iterator<Item = PersonId> + '_ {
        self.members.keys().copied().map(PersonId)
    }

    /// Number of records folded; what a part keeps beside its keys.
    #[must_use]
    pub fn records_count(&self) -> u64 {
        self.records.len() as u64
    }

    /// Whether a merge stands.
    #[must_use]
    pub fn is_live(&self, merge: MergeId) -> bool {
        self.edges.contains_key(&merge.0) && !self.undone.contains(&merge.0)
    }

    /// Groups of nodes whose runs must be looked at together, because a record since `folded`
    /// touches them: rows of a group lie under keys of the same group, and no other rows do. Two
    /// sides of an undone merge are one group of two people.
    pub(crate) fn dirty_groups(&self, folded: u64) -> Vec<Vec<u64>> {
        let since = self.records.get(folded as usize..).unwrap_or_default();
        if since.is_empty() {
            return Vec::new();
        }
        let mut sets = Sets::default();
        for record in since {
            let edge = match record {
                MergeRecord::Merge { a, b, .. } => Some((*a, *b)),
                MergeRecord::Undo { id } => self.edges.get(id).copied(),
            };
            if let Some((a, b)) = edge {
                sets.join(self.root(a), self.root(b));
            }
        }
        let mut groups: HashMap<u64, Vec<u64>> = HashMap::new();
        for root in sets.nodes() {
            let group = groups.entry(sets.find(root)).or_default();
            match self.members.get(&root) {
                Some(nodes) => group.extend_from_slice(nodes),
                None => group.push(root),
            }
        }
        let mut groups: Vec<Vec<u64>> = groups.into_values().collect();
        for group in &mut groups {
            group.sort_unstable();
        }
        groups.sort_unstable_by_key(|group| group[0]);
        groups
    }
}

/// Disjoint sets over sparse numbers.
#[derive(Default)]
struct Sets(HashMap<u64, u64>);

impl Sets {
    fn find(&mut self, mut node: u64) -> u64 {
        loop {
            let up = self.0.get(&node).copied().unwrap_or(node);
            if up == node {
                return node;
            }
            let above = self.0.get(&up).copied().unwrap_or(up);
            self.0.insert(node, above);
            node = above;
        }
    }

    fn join(&mut self, a: u64, b: u64) {
        self.0.entry(a).or_insert(a);
        self.0.entry(b).or_insert(b);
        let (a, b) = (self.find(a), self.find(b));
        self.0.insert(a.max(b), a.min(b));
    }

    fn nodes(&self) -> Vec<u64> {
        self.0.keys().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merge(id: u64, a: u64, b: u64) -> MergeRecord {
        MergeRecord::Merge { id, a, b }
    }

    #[test]
    fn the_oldest_node_stands_for_all_and_an_undo_gives_the_sides_back() {
        let mut map = MergeMap::from_records([merge(1, 5, 7), merge(2, 3, 7), merge(3, 9, 11)]);
        let roots = |map: &MergeMap| [3, 5, 7, 9, 11, 13].map(|n| map.root(n));
        assert_eq!(roots(&map), [3, 3, 3, 9, 9, 13]);
        map.extend([MergeRecord::Undo { id: 2 }]);
        assert_eq!(roots(&map), [3, 5, 5, 9, 9, 13]);
        assert_eq!(map.nodes(PersonId(5)), [PersonId(5), PersonId(7)]);
    }

    #[test]
    fn only_records_since_the_fold_make_people_dirty() {
        let mut map = MergeMap::from_records([merge(1, 5, 7), merge(2, 20, 21)]);
        assert!(map.dirty_groups(2).is_empty());
        map.extend([merge(3, 5, 9), MergeRecord::Undo { id: 1 }]);
        assert_eq!(map.dirty_groups(2), [[5, 7, 9]]);
        assert_eq!(map.dirty_groups(0), [vec![5, 7, 9], vec![20, 21]]);
    }
}
