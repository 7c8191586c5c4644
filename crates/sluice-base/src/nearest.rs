//! The known name nearest to a mistyped one.

/// The nearest of `known`, if it is near enough to be meant.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|other| (distance(name, other), other))
        .min()
        .filter(|(far, other)| *far <= name.len().max(other.len()) / 2)
        .map(|(_, other)| other)
}

/// Levenshtein distance, letters compared without case.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.to_lowercase().chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_nonsense_finds_none() {
        let known = || ["enabled", "name", "settings"].into_iter();
        assert_eq!(nearest("enabld", known()), Some("enabled"));
        assert_eq!(nearest("Name", known()), Some("name"));
        assert_eq!(nearest("qqqqqqqqqqqq", known()), None);
        assert_eq!(nearest("x", std::iter::empty()), None);
    }
}
