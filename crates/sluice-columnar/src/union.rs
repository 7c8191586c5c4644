//! Several ascending lists of people made one, and for each entry its place in that one.

/// Lists walked at once; more are united in groups first.
const AT_ONCE: usize = 4;
/// After the last person of a list. No person has this number.
const NONE: u64 = u64::MAX;

#[derive(Debug, Default)]
pub(crate) struct Union {
    /// Ascending and distinct.
    pub(crate) keys: Vec<u64>,
    /// Per list, the place of each of its entries in `keys`; some lists have an entry more.
    pub(crate) places: Vec<Vec<u32>>,
}

impl Union {
    pub(crate) fn of(lists: &[&[u64]]) -> Self {
        match lists {
            [] => Self::default(),
            [a] => Self { keys: a.to_vec(), places: vec![(0..a.len() as u32).collect()] },
            [a, b] => together([a, b]),
            [a, b, c] => together([a, b, c]),
            [a, b, c, d] => together([a, b, c, d]),
            _ => Self::of_many(lists),
        }
    }

    /// Short lists go together, so that few entries are looked at twice.
    fn of_many(lists: &[&[u64]]) -> Self {
        let mut by_len: Vec<usize> = (0..lists.len()).collect();
        by_len.sort_by_key(|list| std::cmp::Reverse(lists[*list].len()));
        let groups: Vec<&[usize]> = by_len.chunks(AT_ONCE).collect();
        let united: Vec<Self> = groups
            .iter()
            .map(|group| Self::of(&group.iter().map(|list| lists[*list]).collect::<Vec<_>>()))
            .collect();
        let keys: Vec<&[u64]> = united.iter().map(|one| one.keys.as_slice()).collect();
        let top = Self::of(&keys);
        let mut places = vec![Vec::new(); lists.len()];
        for ((group, one), above) in groups.iter().zip(united).zip(&top.places) {
            for (list, mut inner) in group.iter().zip(one.places) {
                inner.truncate(lists[*list].len());
                inner.iter_mut().for_each(|place| *place = above[*place as usize]);
                places[*list] = inner;
            }
        }
        Self { keys: top.keys, places }
    }
}

/// Every list is written to at each step, and only those go on that have the smallest key: which
/// ones cannot be foretold, so a branch would cost more.
fn together<const N: usize>(lists: [&[u64]; N]) -> Union {
    let longest = lists.iter().map(|list| list.len()).sum();
    let mut keys = Vec::with_capacity(longest);
    let mut places = lists.map(|list| vec![0u32; list.len() + 1]);
    let mut at = [0usize; N];
    loop {
        let mut heads = [NONE; N];
        for list in 0..N {
            heads[list] = lists[list].get(at[list]).copied().unwrap_or(NONE);
        }
        let least = heads.iter().copied().fold(NONE, u64::min);
        if least == NONE {
            return Union { keys, places: places.into() };
        }
        for list in 0..N {
            places[list][at[list]] = keys.len() as u32;
            at[list] += usize::from(heads[list] == least);
        }
        keys.push(least);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_entry_finds_its_key_in_the_union_of_any_number_of_lists() {
        for count in 0..=11_u64 {
            let lists: Vec<Vec<u64>> = (0..count)
                .map(|list| (0..60).filter(|key| (key * 7 + list * 5) % 11 < 4).collect())
                .collect();
            let slices: Vec<&[u64]> = lists.iter().map(Vec::as_slice).collect();
            let union = Union::of(&slices);
            let mut expected: Vec<u64> = lists.iter().flatten().copied().collect();
            expected.sort_unstable();
            expected.dedup();
            assert_eq!(union.keys, expected);
            for (list, places) in lists.iter().zip(&union.places) {
                let found = places.iter().map(|place| union.keys[*place as usize]);
                assert!(found.zip(list).all(|(found, key)| found == *key), "{count} lists");
            }
        }
    }
}
