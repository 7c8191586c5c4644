//! The people behind a number, in order of their number, a page at a time.

use sluice_base::Timestamp;

use crate::Explain;
use crate::insight::{PAGE_MAX, Page, People, PersonEntry};

/// A person that a question found, with the times to show.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) person: u64,
    pub(crate) times: Vec<i64>,
}

/// Which part of a list is wanted; of answers without lists the beginning.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Listed {
    after: Option<u64>,
    limit: usize,
}

impl Listed {
    pub(crate) fn new(page: &Page) -> Self {
        Self { after: page.after, limit: page.limit.clamp(1, PAGE_MAX) }
    }
}

/// The people found, each once: how many, and those of the page alone.
#[derive(Debug)]
pub(crate) struct FoundPeople {
    listed: Listed,
    /// Those that are not kept.
    others: u64,
    kept: Vec<Found>,
}

impl FoundPeople {
    /// Others are sorted out when at least so many are kept.
    const KEPT_LEAST: usize = 1_024;

    pub(crate) const fn new(listed: Listed) -> Self {
        Self { listed, others: 0, kept: Vec::new() }
    }

    /// Adds a person whom nobody added before.
    pub(crate) fn push(&mut self, found: Found) {
        if self.kept.len() >= (2 * self.listed.limit + 2).max(Self::KEPT_LEAST) {
            self.sort_out();
        }
        self.kept.push(found);
    }

    /// The person added last, for more to be said of them.
    pub(crate) fn last_mut(&mut self) -> Option<&mut Found> {
        self.kept.last_mut()
    }

    /// Takes the person added last out.
    pub(crate) fn pop(&mut self) {
        self.kept.pop();
    }

    /// Adds people found elsewhere.
    pub(crate) fn add(&mut self, more: Self) {
        self.others += more.others;
        more.kept.into_iter().for_each(|found| self.push(found));
    }

    /// Keeps the page and one person more, who tells that there is another page.
    fn sort_out(&mut self) {
        let (all, listed) = (self.kept.len(), self.listed);
        self.kept.retain(|one| listed.after.is_none_or(|after| one.person > after));
        if self.kept.len() > listed.limit + 1 {
            self.kept.select_nth_unstable_by_key(listed.limit + 1, |one| one.person);
            self.kept.truncate(listed.limit + 1);
        }
        self.others += (all - self.kept.len()) as u64;
    }

    pub(crate) fn page(mut self, explain: Explain) -> People {
        self.sort_out();
        let Self { listed, others, mut kept } = self;
        kept.sort_unstable_by_key(|one| one.person);
        let total = others + kept.len() as u64;
        let is_last = kept.len() <= listed.limit;
        kept.truncate(listed.limit);
        let next = kept.last().map(|one| one.person).filter(|_| !is_last);
        let text = |time: &i64| Timestamp::from_micros(*time).to_string();
        let entry = |one: Found| PersonEntry {
            person: one.person,
            group: None,
            times: one.times.iter().map(text).collect(),
        };
        People { total, people: kept.into_iter().map(entry).collect(), next, explain }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_those_of_the_whole_list_and_no_more_is_kept_than_they_need() {
        let people: Vec<u64> = (0..20_000_u64).map(|n| n * 7_919 % 20_011 + 1).collect();
        let mut sorted = people.clone();
        sorted.sort_unstable();
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = Page { after, limit: 700 };
            let mut halves = people.chunks(9_000).map(|some| {
                let mut found = FoundPeople::new(Listed::new(&page));
                for person in some {
                    found.push(Found { person: *person, times: vec![0] });
                    assert!(found.kept.len() <= 1_403);
                }
                found
            });
            let mut all = halves.next().unwrap();
            halves.for_each(|half| all.add(half));
            assert!(all.kept.len() <= 1_403);
            let page = all.page(Explain::default());
            assert_eq!(page.total, 20_000);
            seen.extend(page.people.iter().map(|one| one.person));
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, sorted);
    }
}
