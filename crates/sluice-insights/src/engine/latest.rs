//! User traits as they are now: for each person the row that was stored last, over the whole
//! history. Worked out only for questions that ask for it.

use std::sync::Arc;

use sluice_columnar::{Part, PeopleSlice, Piece, RowRef, Run, Selection, Snapshot};

#[derive(Debug)]
pub(crate) struct Latest {
    parts: Vec<Arc<Part>>,
    /// By person, ascending.
    rows: Vec<(u64, RowRef)>,
}

impl Latest {
    pub(crate) fn new(snapshot: &Arc<Snapshot>) -> Self {
        let all = snapshot.select_all();
        let mut rows = Vec::new();
        all.walk(PeopleSlice::ALL, |piece| {
            match piece {
                Piece::Block { part, people } => {
                    let of = &all.parts()[part as usize];
                    for index in people.clone() {
                        let range = of.range(index);
                        let run = Run { part, start: range.start, end: range.end };
                        rows.extend(last_of(&all, &[run]).map(|row| (of.people()[index], row)));
                    }
                }
                Piece::Runs { person, runs } => {
                    rows.extend(last_of(&all, runs).map(|row| (person.0, row)))
                }
                Piece::Rows { person, rows: scattered } => {
                    let last = scattered.iter().max_by_key(|row| all.place(**row).1);
                    rows.extend(last.map(|row| (person.0, *row)));
                }
            }
            true
        });
        rows.sort_unstable_by_key(|(person, _)| *person);
        Self { parts: all.parts().to_vec(), rows }
    }

    pub(crate) fn parts(&self) -> &[Arc<Part>] {
        &self.parts
    }

    /// The person's last stored row; `None` for nobody.
    pub(crate) fn of(&self, person: u64) -> Option<RowRef> {
        if person == 0 {
            return None;
        }
        self.rows
            .binary_search_by_key(&person, |(one, _)| *one)
            .ok()
            .map(|index| self.rows[index].1)
    }
}

fn last_of(all: &Selection, runs: &[Run]) -> Option<RowRef> {
    runs.iter()
        .flat_map(|run| (run.start..run.end).map(|row| RowRef { part: run.part, row }))
        .max_by_key(|row| all.place(*row).1)
}
