//! When each person was first seen, over the whole history and with today's merges.
//!
//! Every part keeps the time of each key's first row beside its keys, so "new users" reads one
//! number per person and part, never the rows. People touched by merges since are worked out once
//! per snapshot and kept in a map.

use std::sync::Arc;

use hashbrown::HashMap;

use sluice_base::Timestamp;
use sluice_event::PersonId;

use crate::part::Part;
use crate::walk::{PeopleSlice, Piece, Selection};

#[derive(Debug)]
pub struct FirstSeen {
    parts: Vec<Arc<Part>>,
    dirty: HashMap<u64, i64>,
}

impl FirstSeen {
    pub(crate) fn new(all: &Selection) -> Self {
        let mut dirty = HashMap::new();
        all.walk_gathered(PeopleSlice::ALL, |piece| {
            match piece {
                Piece::Runs { person, runs } => {
                    let first = runs
                        .iter()
                        .map(|run| all.parts()[run.part as usize].times().get(run.start));
                    dirty.extend(first.min().map(|first| (person.0, first)));
                }
                Piece::Rows { person, rows } => {
                    dirty.extend(rows.first().map(|row| (person.0, all.place(*row).0)));
                }
                Piece::Block { .. } => {}
            }
            true
        });
        Self { parts: all.parts().to_vec(), dirty }
    }

    /// For look-ups; fastest when people are asked for in ascending order.
    #[must_use]
    pub fn reader(&self) -> FirstSeenReader<'_> {
        FirstSeenReader { of: self, at: vec![0; self.parts.len()], last: 0 }
    }
}

#[derive(Debug)]
pub struct FirstSeenReader<'a> {
    of: &'a FirstSeen,
    at: Vec<usize>,
    last: u64,
}

impl FirstSeenReader<'_> {
    /// Time of the canonical person's first event ever.
    pub fn get(&mut self, person: PersonId) -> Option<Timestamp> {
        if let Some(first) = self.of.dirty.get(&person.0) {
            return Some(Timestamp::from_micros(*first));
        }
        if person.0 < self.last {
            self.at.fill(0);
        }
        self.last = person.0;
        let mut first = i64::MAX;
        let mut found = false;
        for (part, at) in self.of.parts.iter().zip(&mut self.at) {
            let people = part.people();
            *at += crate::walk::gallop(&people[*at..], |key| key < person.0);
            if people.get(*at) == Some(&person.0) {
                first = first.min(part.firsts()[*at]);
                found = true;
            }
        }
        found.then(|| Timestamp::from_micros(first))
    }
}
