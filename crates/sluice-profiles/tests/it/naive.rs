//! Identity resolution as plainly as it can be said: lists, and every question answered by walking
//! all of them. Shares no code with the graph.

use std::collections::{BTreeMap, BTreeSet};

pub(crate) type Id = (String, String);

#[derive(Default)]
pub(crate) struct Naive {
    pub(crate) nodes: BTreeSet<u64>,
    pub(crate) owner: BTreeMap<Id, u64>,
    /// merge, survivor, absorbed, live
    pub(crate) merges: Vec<(u64, u64, u64, bool)>,
}

impl Naive {
    /// Everybody reachable over live merges; the smallest is the person.
    pub(crate) fn group(&self, node: u64) -> BTreeSet<u64> {
        let mut group = BTreeSet::from([node]);
        loop {
            let before = group.len();
            for (_, a, b, live) in &self.merges {
                if *live && (group.contains(a) || group.contains(b)) {
                    group.extend([*a, *b]);
                }
            }
            if group.len() == before {
                return group;
            }
        }
    }

    pub(crate) fn canonical(&self, node: u64) -> u64 {
        *self.group(node).first().unwrap()
    }

    fn ids_of(&self, group: &BTreeSet<u64>) -> Vec<&Id> {
        self.owner.iter().filter(|(_, node)| group.contains(node)).map(|(id, _)| id).collect()
    }

    /// An event with ids in the order of their strength; answers (person, canonical).
    pub(crate) fn event(
        &mut self,
        offset: u64,
        mut ids: Vec<Id>,
        alias: bool,
        anonymous_max: usize,
    ) -> (u64, u64) {
        loop {
            let owners: BTreeSet<u64> =
                ids.iter().filter_map(|id| self.owner.get(id).copied()).collect();
            let new: Vec<Id> =
                ids.iter().filter(|id| !self.owner.contains_key(*id)).cloned().collect();
            let groups: BTreeSet<BTreeSet<u64>> =
                owners.iter().map(|node| self.group(*node)).collect();
            if groups.is_empty() {
                let person = offset + 1;
                self.nodes.insert(person);
                let mut counts: BTreeMap<String, usize> = BTreeMap::new();
                for id in new {
                    let count = counts.entry(id.0.clone()).or_default();
                    *count += 1;
                    if *count <= max(&id.0, anonymous_max) {
                        self.owner.insert(id, person);
                    }
                }
                return (person, person);
            }
            if !self.fits(&groups, &new, alias, anonymous_max) && ids.len() > 1 {
                ids.pop();
                continue;
            }
            let canonicals: Vec<u64> = groups.iter().map(|group| *group.first().unwrap()).collect();
            let survivor = *canonicals.iter().min().unwrap();
            let mut absorbed: Vec<u64> =
                canonicals.into_iter().filter(|node| *node != survivor).collect();
            absorbed.sort_unstable();
            for (k, node) in absorbed.into_iter().enumerate() {
                self.merges.push((offset * 128 + k as u64, survivor, node, true));
            }
            let person =
                if owners.contains(&survivor) { survivor } else { *owners.first().unwrap() };
            for id in new {
                self.owner.insert(id, person);
            }
            return (person, survivor);
        }
    }

    fn fits(
        &self,
        groups: &BTreeSet<BTreeSet<u64>>,
        new: &[Id],
        alias: bool,
        anonymous_max: usize,
    ) -> bool {
        for (_, a, b, live) in &self.merges {
            let side = |node| groups.iter().position(|group| group.contains(node));
            if let (false, Some(x), Some(y)) = (*live, side(a), side(b))
                && x != y
            {
                return false;
            }
        }
        for kind in ["user_id", "email", "anonymous_id"] {
            if alias && kind == "user_id" {
                continue;
            }
            let count = |group| self.ids_of(group).iter().filter(|id| id.0 == kind).count();
            let before = groups.iter().map(count).max().unwrap();
            let after = groups.iter().map(count).sum::<usize>()
                + new.iter().filter(|id| id.0 == kind).count();
            if after > max(kind, anonymous_max) && after > before {
                return false;
            }
        }
        true
    }

    pub(crate) fn undo(&mut self, merge: u64) {
        for entry in &mut self.merges {
            if entry.0 == merge {
                entry.3 = false;
            }
        }
    }
}

fn max(kind: &str, anonymous_max: usize) -> usize {
    match kind {
        "user_id" => 1,
        "anonymous_id" => anonymous_max,
        _ => 5,
    }
}
