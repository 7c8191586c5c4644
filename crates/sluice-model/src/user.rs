//! People who sign in to the console: users, their place in workspaces, invitations.
//!
//! A user belongs to workspaces, in each with a role of its own. Not here: passwords' hashes and
//! sessions, which never leave the store.

use std::fmt;

use sluice_base::{Secret, Timestamp};

use crate::check::{Checks, Problem, text_id};
use crate::token::Role;
use crate::workspace::Workspace;

text_id!(
    /// Public id of a user.
    UserId
);

text_id!(
    /// Public id of an invitation (not the code in its link).
    InviteId
);

/// Longest address that mail can carry.
const EMAIL_BYTES_MAX: usize = 254;
/// A password's length is what guards it; nothing else is asked of it.
pub const PASSWORD_CHARS_MIN: usize = 12;
/// Hashing must not be given a book.
pub const PASSWORD_CHARS_MAX: usize = 256;

/// An email address as it identifies a user: trimmed and in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email(String);

impl Email {
    /// # Errors
    /// If it is not of the form `name@host`.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let email = text.trim().to_lowercase();
        let is_good = email.len() <= EMAIL_BYTES_MAX
            && email.split_once('@').is_some_and(|(name, host)| {
                !name.is_empty() && !host.is_empty() && !host.contains('@')
            })
            && !email.chars().any(|c| c.is_control() || c.is_whitespace());
        if is_good {
            Ok(Self(email))
        } else {
            Err(Problem::new("email", "must be an email address, such as `ann@example.com`"))
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub email: Email,
    pub name: String,
    pub created_at: Timestamp,
}

/// A user as the workspace sees them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub user: User,
    pub role: Role,
    pub signed_in_at: Option<Timestamp>,
}

/// A workspace as one of its users sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    pub workspace: Workspace,
    pub role: Role,
}

/// Somebody who was asked in and has not come yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    pub id: InviteId,
    pub email: Email,
    pub role: Role,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// What a person chooses who gets an account.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub name: String,
    pub password: Secret<String>,
}

impl Credentials {
    /// # Errors
    /// With everything that is wrong.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut checks = Checks::default();
        checks.name("name", &self.name);
        check_password(&mut checks, "password", &self.password);
        checks.finish()
    }
}

/// Whether a new password is long enough and not too long.
pub fn check_password(checks: &mut Checks, field: &str, password: &Secret<String>) {
    let chars = password.expose().chars().count();
    if !(PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&chars) {
        checks.fail(
            field,
            format!("must have {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_of_an_address_are_one() {
        let email = Email::parse(" Ann@Example.COM ").unwrap();
        assert_eq!(email.as_str(), "ann@example.com");
    }

    #[test]
    fn what_cannot_be_an_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(EMAIL_BYTES_MAX));
        for text in ["", "ann", "@example.com", "ann@", "a b@c", "a@b@c", "a\u{7}@b", &long] {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_password_is_judged_by_its_length_in_characters() {
        let check = |chars: usize| {
            let password = Secret::new("ä".repeat(chars));
            Credentials { name: "Ann".to_owned(), password }.check()
        };
        assert!(check(PASSWORD_CHARS_MIN - 1).is_err());
        assert_eq!(check(PASSWORD_CHARS_MIN), Ok(()));
        assert_eq!(check(PASSWORD_CHARS_MAX), Ok(()));
        assert_eq!(check(PASSWORD_CHARS_MAX + 1).unwrap_err()[0].field, "password");
    }
}
