//! Collected rows put together by person, and people put together who have equally many.
//!
//! People alike take equally long, which the processor can then foretell, and can be worked off
//! several abreast.

use std::ops::Range;

use sluice_columnar::RowRef;

use super::collect::Collected;
use super::sweep::Mark;
use super::wide::wide;

/// Numbers of marks that are told apart; people with more come one by one.
pub(crate) const ALIKE_MAX: usize = 48;
/// People of a slice whose rows are searched for before all rows are brought in order.
const SEARCHED_MAX: usize = 8;

/// The marks of a slice of people.
#[derive(Default)]
pub(super) struct Placed {
    /// People that have marks, those with few first.
    people: Vec<u32>,
    /// Their marks in the same order, each person's in the order they came.
    marks: Vec<Mark>,
    /// Per mark a set of groups, in the same order; empty if nobody asks.
    sets: Vec<u32>,
    /// Per number of marks, how many people have it; people with more than [`ALIKE_MAX`] together.
    counts: Vec<u32>,
    /// Per person how many marks they have, then where these end.
    ends: Vec<u32>,
    /// The same of every second mark, while it is counted.
    others: Vec<u32>,
    /// Per mark its index in the list of collected rows; empty until many people ask.
    order: Vec<u32>,
}

impl Placed {
    /// Sorts by person. Rows of the person behind the last are dropped.
    pub(super) fn put(&mut self, collected: &Collected, people: usize) {
        wide(
            #[inline(always)]
            || self.put_all(collected, people),
        );
    }

    #[inline(always)]
    fn put_all(&mut self, collected: &Collected, people: usize) {
        self.ends.clear();
        self.ends.resize(people + 1, 0);
        // Neighbours are often of one person; two counts for each do not wait for each other.
        self.others.clear();
        self.others.resize(people + 1, 0);
        let (pairs, rest) = collected.people().as_chunks::<2>();
        for [a, b] in pairs {
            self.ends[*a as usize] += 1;
            self.others[*b as usize] += 1;
        }
        for person in rest {
            self.ends[*person as usize] += 1;
        }
        for (count, other) in self.ends.iter_mut().zip(&self.others) {
            *count += other;
        }
        self.count_alike();
        self.find_places();
        let (people, marks, sets) = (collected.people(), collected.marks(), collected.sets());
        if self.marks.len() < marks.len() {
            self.marks.resize(marks.len(), Mark::default());
        }
        self.sets.resize(sets.len(), 0);
        if sets.is_empty() {
            for (person, mark) in people.iter().zip(marks) {
                let at = &mut self.ends[*person as usize];
                self.marks[*at as usize] = *mark;
                *at += 1;
            }
        } else {
            for ((person, mark), set) in people.iter().zip(marks).zip(sets) {
                let at = &mut self.ends[*person as usize];
                self.marks[*at as usize] = *mark;
                self.sets[*at as usize] = *set;
                *at += 1;
            }
        }
        self.order.clear();
    }

    #[inline(always)]
    fn count_alike(&mut self) {
        self.counts.clear();
        self.counts.resize(ALIKE_MAX + 2, 0);
        let (_, of) = self.ends.split_last().unwrap_or((&0, &[]));
        for count in of {
            self.counts[(*count as usize).min(ALIKE_MAX + 1)] += 1;
        }
    }

    /// Turns numbers of marks into where the marks begin.
    #[inline(always)]
    fn find_places(&mut self) {
        let (mut person, mut mark) = (0, 0);
        // Per number of marks, where the next person and their marks go.
        let mut next = [(0u32, 0u32); ALIKE_MAX + 2];
        for ((next, people), count) in next.iter_mut().zip(&self.counts).zip(0..).skip(1) {
            *next = (person, mark);
            person += people;
            mark += people * count;
        }
        let Some((dropped, ends)) = self.ends.split_last_mut() else { return };
        // Who has none is written behind the others and cut off.
        next[0] = (person, 0);
        self.people.resize(ends.len(), 0);
        for (end, number) in ends.iter_mut().zip(0..) {
            let count = *end;
            let (person, mark) = &mut next[(count as usize).min(ALIKE_MAX + 1)];
            self.people[*person as usize] = number;
            *end = *mark;
            *person += 1;
            *mark += count;
        }
        *dropped = next[ALIKE_MAX + 1].1;
        self.people.truncate(person as usize);
    }

    /// Hands over the people of each number of marks together; those with very many one by one.
    #[inline(always)]
    pub(super) fn each_count(
        &mut self,
        collected: &Collected,
        keys: &[u64],
        mut visit: impl FnMut(Alike<'_>),
    ) {
        let (mut person, mut mark, mut asked, mut count) = (0, 0, 0, 1);
        while person < self.people.len() {
            let mut alike = 1;
            if count <= ALIKE_MAX {
                alike = self.counts[count] as usize;
            } else {
                count = self.ends[self.people[person] as usize] as usize - mark;
            }
            if alike > 0 {
                visit(Alike {
                    count,
                    people: &self.people[person..person + alike],
                    marks: &self.marks[mark..mark + alike * count],
                    sets: &self.sets,
                    from: mark,
                    keys,
                    collected,
                    ends: &self.ends,
                    order: &mut self.order,
                    asked: &mut asked,
                });
            }
            person += alike;
            mark += alike * count;
            count = (count + 1).min(ALIKE_MAX + 1);
        }
    }
}

/// People of a slice with equally many marks.
pub(crate) struct Alike<'a> {
    /// Marks of each.
    pub(crate) count: usize,
    people: &'a [u32],
    /// All marks, one person's after the other's.
    pub(crate) marks: &'a [Mark],
    /// Where these are among all marks.
    from: usize,
    sets: &'a [u32],
    keys: &'a [u64],
    collected: &'a Collected,
    ends: &'a [u32],
    order: &'a mut Vec<u32>,
    asked: &'a mut usize,
}

impl Alike<'_> {
    #[inline]
    pub(crate) const fn len(&self) -> usize {
        self.people.len()
    }

    /// The set of groups of one of the marks.
    #[inline]
    pub(crate) fn set(&self, mark: usize) -> u32 {
        self.sets[self.from + mark]
    }

    #[inline]
    pub(crate) fn person(&self, index: usize) -> u64 {
        self.keys[self.people[index] as usize]
    }

    /// One of the people, with their marks and where these lie.
    #[inline]
    pub(crate) fn one(&mut self, index: usize) -> (u64, &[Mark], Places<'_>) {
        let own = index * self.count..(index + 1) * self.count;
        let number = self.people[index] as usize;
        let places = Places {
            collected: self.collected,
            ends: self.ends,
            order: self.order,
            asked: self.asked,
            sets: self.sets,
            number,
            range: self.from + own.start..self.from + own.end,
        };
        (self.keys[number], &self.marks[own], places)
    }
}

/// Where a person's marks lie in the parts; looked up only when asked.
pub(crate) struct Places<'a> {
    collected: &'a Collected,
    ends: &'a [u32],
    order: &'a mut Vec<u32>,
    asked: &'a mut usize,
    sets: &'a [u32],
    number: usize,
    range: Range<usize>,
}

impl Places<'_> {
    /// The set of groups of one of the person's marks as they were given.
    #[inline]
    pub(crate) fn set(&self, mark: usize) -> u32 {
        self.sets[self.range.start + mark]
    }

    /// The person's marks in order of time with their rows, those of one unit in any order.
    /// `into` is cleared first.
    #[inline]
    pub(crate) fn rows(&mut self, into: &mut Vec<(Mark, RowRef)>) {
        into.clear();
        let row = |index: usize| (self.collected.marks()[index], self.collected.place(index));
        *self.asked += 1;
        if *self.asked <= SEARCHED_MAX {
            let people = self.collected.people().iter().enumerate();
            let own = people.filter(|(_, person)| **person as usize == self.number);
            into.extend(own.map(|(index, _)| row(index)));
        } else {
            if self.order.is_empty() {
                find_order(self.collected, self.ends, self.order);
            }
            into.extend(self.order[self.range.clone()].iter().map(|index| row(*index as usize)));
        }
        if !into.is_sorted_by_key(|(mark, _)| *mark) {
            into.sort_unstable();
        }
    }
}

#[cold]
fn find_order(collected: &Collected, ends: &[u32], order: &mut Vec<u32>) {
    order.resize(collected.people().len(), 0);
    // From the last to the first, so that each person's end can be counted down.
    let mut ends = ends.to_vec();
    for (index, person) in collected.people().iter().enumerate().rev() {
        let end = &mut ends[*person as usize];
        *end -= 1;
        order[*end as usize] = index as u32;
    }
}
