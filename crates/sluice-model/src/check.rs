//! Checks shared by the resources, and how a failed one is told. Not here: rules of one resource.

use std::fmt;

/// Longest name of anything an operator names, in characters.
pub const NAME_CHARS_MAX: usize = 200;
/// Longest slug, in characters.
pub const SLUG_CHARS_MAX: usize = 100;

/// One thing wrong with what somebody asked to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Dotted path of the field, as the API spells it.
    pub field: String,
    /// A sentence without a final period: what is wrong and what would be right.
    pub message: String,
}

impl Problem {
    #[must_use]
    pub fn new(field: &str, message: impl Into<String>) -> Self {
        Self { field: field.to_owned(), message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

/// Collects all problems of one record, so that a caller can mend them in one go.
#[derive(Debug, Default)]
pub struct Checks {
    problems: Vec<Problem>,
}

impl Checks {
    pub fn fail(&mut self, field: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(field, message));
    }

    /// A name for people: not blank, not too long, no control characters.
    pub fn name(&mut self, field: &str, name: &str) {
        if name.trim().is_empty() {
            self.fail(field, "must not be blank");
        } else if name.chars().count() > NAME_CHARS_MAX {
            self.fail(field, format!("must have at most {NAME_CHARS_MAX} characters"));
        } else if name.chars().any(char::is_control) {
            self.fail(field, "must not contain control characters");
        }
    }

    /// A name for addresses: lower-case letters, digits, `-` and `_`, first a letter or digit.
    pub fn slug(&mut self, field: &str, slug: &str) {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let good = slug.starts_with(fits)
            && slug.chars().all(|c| fits(c) || c == '-' || c == '_')
            && slug.len() <= SLUG_CHARS_MAX;
        if !good {
            self.fail(
                field,
                format!(
                    "must start with a lower-case letter or digit and hold only lower-case \
                     letters, digits, `-` and `_`, at most {SLUG_CHARS_MAX} characters"
                ),
            );
        }
    }

    /// # Errors
    /// With all problems found, if any.
    pub fn finish(self) -> Result<(), Vec<Problem>> {
        if self.problems.is_empty() { Ok(()) } else { Err(self.problems) }
    }
}

/// A slug made from a name for people: `My Shop (EU)` becomes `my-shop-eu`.
#[must_use]
pub fn slug_from_name(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        if slug.len() >= SLUG_CHARS_MAX {
            break;
        }
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "unnamed".to_owned() } else { slug.to_owned() }
}

/// Makes a newtype over text that names a record: unguessable enough to be unique, opaque to all.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            #[must_use]
            pub const fn new(id: String) -> Self {
                Self(id)
            }

            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            #[must_use]
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(crate) use text_id;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_made_from_any_name_is_a_valid_slug() {
        for name in ["My Shop (EU)", "  --  ", "Ünïcode", "a".repeat(500).as_str(), "x_y", "日本"]
        {
            let slug = slug_from_name(name);
            let mut checks = Checks::default();
            checks.slug("slug", &slug);
            assert_eq!(checks.finish(), Ok(()), "{name:?} became {slug:?}");
        }
        assert_eq!(slug_from_name("My Shop (EU)"), "my-shop-eu");
    }

    #[test]
    fn names_that_nobody_can_read_are_refused() {
        for name in ["", "  ", "a\nb", &"a".repeat(NAME_CHARS_MAX + 1)] {
            let mut checks = Checks::default();
            checks.name("name", name);
            assert!(checks.finish().is_err(), "{name:?}");
        }
    }

    #[test]
    fn slugs_outside_the_alphabet_are_refused() {
        for slug in ["", "-a", "A", "a b", "a/b", "ä"] {
            let mut checks = Checks::default();
            checks.slug("slug", slug);
            assert!(checks.finish().is_err(), "{slug:?}");
        }
    }
}
