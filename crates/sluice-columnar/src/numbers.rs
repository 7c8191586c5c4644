//! The people of a set of parts as small numbers, so that a pass over many people at once keeps
//! what it knows of them in plain arrays.
//!
//! People are cut into slices whose rows stay in a processor's cache, and numbered within each.
//! Rows of merged people that lie under another key have the number of the person they belong to.
//! The numbers depend on the parts and the merges alone: they are worked out slice by slice on first
//! use and kept with the set of parts, four bytes for each person of a part and eight for each person.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::part::Part;
use crate::union::Union;
use crate::walk::{PeopleSlice, Piece, Run, Selection, gallop};

/// Rows of one slice, about.
const SLICE_ROWS: u64 = 192 * 1024;
const SLICES_MAX: u64 = 4_096;
/// Numbers of sets of parts with more people than this, each part's counted, are not kept.
const PEOPLE_KEPT_MAX: usize = 16_000_000;

/// A slice of the people of a [`Selection`].
#[derive(Debug)]
pub struct NumberedSlice {
    slice: PeopleSlice,
    keep: bool,
    kept: OnceLock<Arc<Numbered>>,
}

/// The people of a slice, all but nobody.
#[derive(Debug)]
pub struct Numbered {
    /// Keys of people by number, ascending; a few may have no rows.
    pub keys: Vec<u64>,
    /// Per part of the selection.
    pub parts: Vec<PartPeople>,
    /// Rows of people of this slice that lie under a key of another, with the person's number.
    pub elsewhere: Vec<(u32, Run)>,
}

/// The people of a slice in one part.
#[derive(Debug)]
pub struct PartPeople {
    /// Indexes into [`Part::people`].
    pub people: Range<usize>,
    /// The number of each; [`Numbered::keys`]'s length where the rows are to be left out, as they
    /// are some other slice's, or come from [`Selection::walk_mixed`].
    pub numbers: Vec<u32>,
}

impl Selection {
    /// The people in slices of about equally many rows, for [`NumberedSlice::people`].
    #[must_use]
    pub fn numbered(&self) -> &[NumberedSlice] {
        self.kept_slices().get_or_init(|| {
            let people: usize = self.parts().iter().map(|part| part.people().len()).sum();
            let count = (self.rows() / SLICE_ROWS).clamp(1, SLICES_MAX) as usize;
            let keep = people <= PEOPLE_KEPT_MAX;
            let slices = self.slices(count).into_iter();
            slices.map(|slice| NumberedSlice { slice, keep, kept: OnceLock::new() }).collect()
        })
    }

    /// How many people have rows, nobody not counted; nothing if `go_on` says to stop.
    pub fn people_count(&self, mut go_on: impl FnMut() -> bool) -> Option<u64> {
        let (mut count, mut has_rows) = (0, Vec::new());
        for slice in self.numbered() {
            if !go_on() {
                return None;
            }
            let people = slice.people(self);
            has_rows.clear();
            has_rows.resize(people.keys.len() + 1, false);
            let numbers = people.parts.iter().flat_map(|part| &part.numbers);
            for number in numbers.chain(people.elsewhere.iter().map(|(number, _)| number)) {
                has_rows[*number as usize] = true;
            }
            // The last stands for rows to be left out.
            let own = has_rows.iter().take(people.keys.len());
            count += own.filter(|has| **has).count() as u64;
            self.walk_mixed(slice.slice(), |piece| {
                if let Piece::Runs { person, .. } | Piece::Rows { person, .. } = piece {
                    count += u64::from(!person.is_nobody());
                }
                true
            });
        }
        Some(count)
    }

    fn number(&self, slice: PeopleSlice) -> Numbered {
        let (least, most) = slice.bounds();
        let ranges = self.parts().iter().map(|part| {
            let people = part.people();
            let from = people.partition_point(|key| *key < least.max(1));
            from..from + people[from..].partition_point(|key| *key <= most)
        });
        let ranges: Vec<Range<usize>> = ranges.collect();
        let moved = self.moved().runs(slice);
        let mut owners: Vec<u64> = moved.iter().map(|(person, _)| *person).collect();
        owners.dedup();
        let parts = self.parts().iter().zip(&ranges);
        let mut lists: Vec<&[u64]> =
            parts.map(|(part, range)| &part.people()[range.clone()]).collect();
        lists.push(&owners);
        let Union { keys, mut places } = Union::of(&lists);
        let of_owners = places.pop().unwrap_or_default();
        let parts = ranges.into_iter().zip(places).map(|(people, mut numbers)| {
            numbers.truncate(people.len());
            PartPeople { people, numbers }
        });
        let mut numbered = Numbered { keys, parts: parts.collect(), elsewhere: Vec::new() };
        numbered.leave_out(self.parts(), self.moved().left_out());
        let mut owner = 0;
        for (person, run) in moved {
            owner += usize::from(owners[owner] != *person);
            let part = &mut numbered.parts[run.part as usize];
            let starts = self.parts()[run.part as usize].starts();
            let index = starts.partition_point(|start| *start < run.start);
            if part.people.contains(&index) {
                part.numbers[index - part.people.start] = of_owners[owner];
            } else {
                numbered.elsewhere.push((of_owners[owner], *run));
            }
        }
        numbered.elsewhere.sort_unstable_by_key(|(_, run)| (run.part, run.start));
        numbered
    }
}

impl NumberedSlice {
    #[must_use]
    pub const fn slice(&self) -> PeopleSlice {
        self.slice
    }

    /// The slice's people; `of` is the selection that gave the slice.
    #[must_use]
    pub fn people(&self, of: &Selection) -> Arc<Numbered> {
        if self.keep {
            self.kept.get_or_init(|| Arc::new(of.number(self.slice))).clone()
        } else {
            Arc::new(of.number(self.slice))
        }
    }
}

impl Numbered {
    /// Takes the number from all keys that are not the person of their rows.
    fn leave_out(&mut self, parts: &[Arc<Part>], left_out: &[u64]) {
        let nobody = self.keys.len() as u32;
        let (Some(least), Some(most)) = (self.keys.first(), self.keys.last()) else { return };
        let from = left_out.partition_point(|key| key < least);
        let to = left_out.partition_point(|key| key <= most);
        for (part, of) in parts.iter().zip(&mut self.parts) {
            let people = &part.people()[of.people.clone()];
            let mut at = 0;
            for key in &left_out[from..to] {
                at += gallop(&people[at..], |person| person < *key);
                if people.get(at) == Some(key) {
                    of.numbers[at] = nobody;
                }
            }
        }
    }
}
