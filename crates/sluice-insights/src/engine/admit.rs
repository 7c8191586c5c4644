//! Only some people reach an operator: whoever a question counts at all.

use super::place::Places;
use super::scan::{Hit, Operator};
use super::sweep::{Mark, Sweeper, Whole};
use crate::cohort::PeopleSet;

/// An operator that is given only the people of a set. Rows of nobody are nobody's.
pub(super) struct Admitting<'a, O> {
    pub(super) operator: O,
    pub(super) people: &'a PeopleSet,
}

impl<O: Operator> Operator for Admitting<'_, O> {
    const NOBODY: bool = false;

    #[inline]
    fn person(&mut self, person: u64, hits: &mut [Hit], sorted: bool) {
        if self.people.contains(person) {
            self.operator.person(person, hits, sorted);
        }
    }
}

impl<O: Sweeper> Sweeper for Admitting<'_, O> {
    #[inline]
    fn swept(&mut self, person: u64, marks: &[Mark], places: &mut Places<'_>) {
        if self.people.contains(person) {
            self.operator.swept(person, marks, places);
        }
    }

    #[inline(always)]
    fn swept_whole(&mut self, whole: &Whole<'_>) -> bool {
        let admitted = |key: &u64| if self.people.contains(*key) { *key } else { 0 };
        let keys: Vec<u64> = whole.keys.iter().map(admitted).collect();
        self.operator.swept_whole(&Whole { keys: &keys, ..*whole })
    }
}

/// The operators without what they were given through.
pub(super) fn admitted<O>(operators: Vec<Admitting<'_, O>>) -> Vec<O> {
    operators.into_iter().map(|admitting| admitting.operator).collect()
}
