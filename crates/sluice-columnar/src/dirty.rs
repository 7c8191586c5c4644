//! People touched by merges or undone merges since a part was written ("dirty"): which keys their
//! rows lie under, and whose these rows are now.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::merges::MergeMap;
use crate::numbers::NumberedSlice;
use crate::part::Part;
use crate::walk::{PeopleSlice, Run, gallop};

/// Groups of nodes that need gathering, with their runs. Computed once per set of parts.
#[derive(Debug, Default)]
pub(crate) struct Dirty {
    /// Ascending keys that the straight pass leaves out.
    pub(crate) keys: Vec<u64>,
    pub(crate) groups: Vec<Group>,
    runs: Vec<(u64, Run)>,
    pub(crate) moved: Moved,
    pub(crate) numbered: OnceLock<Box<[NumberedSlice]>>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    /// Its smallest node: decides which slice it is in.
    pub(crate) least: u64,
    /// Where its runs begin.
    start: u32,
    /// The person that all its rows belong to, if it is one.
    pub(crate) person: Option<u64>,
}

/// Merged people as a pass over the keys sees them: most of their rows lie under the person's own
/// key, and the others, in order of the person, are [`Moved::runs`].
#[derive(Debug, Default)]
pub(crate) struct Moved {
    runs: Vec<(u64, Run)>,
    left_out: Vec<u64>,
}

impl Moved {
    /// Runs that belong to another person than their key says, with that person, for the people
    /// of a slice.
    pub(crate) fn runs(&self, slice: PeopleSlice) -> &[(u64, Run)] {
        let from = self.runs.partition_point(|(person, _)| *person < slice.bounds().0);
        let to = self.runs.partition_point(|(person, _)| *person <= slice.bounds().1);
        &self.runs[from..to]
    }

    /// Ascending keys whose rows do not belong to the person of that number: they are in
    /// [`Moved::runs`] or come from [`Selection::walk_mixed`].
    pub(crate) fn left_out(&self) -> &[u64] {
        &self.left_out
    }
}

impl Dirty {
    /// Keys of erased people are left out of the straight pass, and nothing is gathered for them.
    pub(crate) fn find(parts: &[Arc<Part>], merges: &MergeMap, erasing: &BTreeSet<u64>) -> Self {
        let folded = parts.iter().map(|part| part.meta().folded).min().unwrap_or(u64::MAX);
        let groups = merges.dirty_groups(folded);
        let mut keys: Vec<(u64, u32)> = Vec::new();
        for (index, group) in groups.iter().enumerate() {
            keys.extend(group.iter().map(|key| (*key, index as u32)));
        }
        keys.sort_unstable();
        let mut found: Vec<(u32, u64, Run)> = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            let people = part.people();
            let mut at = 0;
            for (key, group) in &keys {
                at += gallop(&people[at..], |person| person < *key);
                if people.get(at) == Some(key) {
                    let Range { start, end } = part.range(at);
                    found.push((*group, *key, Run { part: number as u32, start, end }));
                }
            }
        }
        found.sort_by_key(|(group, ..)| *group);
        let mut dirty =
            Self { keys: keys.into_iter().map(|(key, _)| key).collect(), ..Self::default() };
        for found in found.chunk_by(|(a, ..), (b, ..)| a == b) {
            let start = dirty.runs.len();
            dirty.runs.extend(found.iter().map(|(_, key, run)| (*key, *run)));
            let least = groups[found[0].0 as usize][0];
            let person = only_person(parts, merges, &dirty.runs[start..]);
            if person.is_some_and(|person| erasing.contains(&person)) {
                dirty.leave_out(start);
                continue;
            }
            dirty.add(Group { least, start: start as u32, person });
        }
        dirty.hide(erasing);
        dirty.moved.runs.sort_by_key(|(person, run)| (*person, run.part, run.start));
        dirty.moved.left_out.sort_unstable();
        dirty.moved.left_out.dedup();
        dirty
    }

    /// Takes the last runs back: no answer has their rows.
    fn leave_out(&mut self, start: usize) {
        self.moved.left_out.extend(self.runs.drain(start..).map(|(key, _)| key));
    }

    /// Leaves out the keys of erased people; those of groups are left out already.
    fn hide(&mut self, erasing: &BTreeSet<u64>) {
        if erasing.is_empty() {
            return;
        }
        self.moved.left_out.extend(erasing);
        self.keys.extend(erasing);
        self.keys.sort_unstable();
        self.keys.dedup();
    }

    /// Adds a group whose runs are the last ones.
    fn add(&mut self, group: Group) {
        self.groups.push(group);
        for (key, run) in &self.runs[group.start as usize..] {
            if group.person == Some(*key) {
                continue;
            }
            self.moved.left_out.push(*key);
            self.moved.runs.extend(group.person.map(|person| (person, *run)));
        }
    }

    /// A group's runs with their keys.
    pub(crate) fn runs_of(&self, index: usize) -> &[(u64, Run)] {
        let end = self.groups.get(index + 1).map_or(self.runs.len(), |next| next.start as usize);
        &self.runs[self.groups[index].start as usize..end]
    }
}

/// The person that all rows of the runs belong to now, if it is one.
fn only_person(parts: &[Arc<Part>], merges: &MergeMap, runs: &[(u64, Run)]) -> Option<u64> {
    let root = merges.root(runs[0].0);
    let same = runs.iter().all(|(key, run)| {
        let (rows, people) = parts[run.part as usize].written_exceptions();
        let from = rows.partition_point(|row| *row < run.start);
        let exceptions = rows[from..].iter().take_while(|row| **row < run.end).count();
        merges.root(*key) == root
            && people[from..from + exceptions].iter().all(|node| merges.root(*node) == root)
    });
    same.then_some(root)
}
