//! The first account. Whoever can read the data folder, or sees what the server prints at its
//! start, holds the setup token; it makes one account, and is dead after that.
//!
//! The token lies in the file `setup-token` while nobody has an account, so that it stays the same
//! over restarts.

use std::io::Write;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use serde_json::json;
use sluice_base::Secret;
use sluice_model::{AuditAction, Credentials, Email, NewWorkspace, Problem, Role};

use crate::audit::{Change, record};
use crate::db::Store;
use crate::error::StoreError;
use crate::seal::private_file;
use crate::secret;
use crate::session::{self, Place, SignedIn};
use crate::{password, user, workspace};

const FILE: &str = "setup-token";

/// The setup token, while there is one.
pub(crate) struct SetupToken {
    path: PathBuf,
    token: Mutex<Option<Secret<String>>>,
}

impl SetupToken {
    pub(crate) fn new(dir: &Path) -> Self {
        Self { path: dir.join(FILE), token: Mutex::default() }
    }

    fn remove(&self) -> Result<(), StoreError> {
        *self.token.lock() = None;
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(self.failed("remove", error))
            }
            _ => Ok(()),
        }
    }

    /// Reads the token, or makes one.
    fn open(&self) -> Result<(), StoreError> {
        let kept = std::fs::read_to_string(&self.path).unwrap_or_default();
        let kept = kept.trim();
        let token = if kept.is_empty() { self.write()? } else { Secret::new(kept.to_owned()) };
        *self.token.lock() = Some(token);
        Ok(())
    }

    fn write(&self) -> Result<Secret<String>, StoreError> {
        self.remove()?;
        let (token, _) = secret::fresh();
        let mut file = private_file(&self.path).map_err(|error| self.failed("make", error))?;
        writeln!(file, "{}", token.expose())
            .and_then(|()| file.sync_all())
            .map_err(|error| self.failed("write", error))?;
        Ok(token)
    }

    fn failed(&self, act: &'static str, source: std::io::Error) -> StoreError {
        StoreError::File { act, path: self.path.clone(), source }
    }

    fn is(&self, token: &str) -> bool {
        let held = self.token.lock();
        // By their hashes, so that the time tells nothing about the token.
        held.as_ref().is_some_and(|held| secret::hash(held.expose()) == secret::hash(token))
    }
}

impl Store {
    /// The token that makes the first account; `None` once somebody has one.
    #[must_use]
    pub fn setup_token(&self) -> Option<Secret<String>> {
        self.0.setup.token.lock().clone()
    }

    pub(crate) fn setup_prepare(&self) -> Result<(), StoreError> {
        if self.read(user::any)? { self.0.setup.remove() } else { self.0.setup.open() }
    }

    /// Makes the first account, admin of the first workspace, which gets its name, time zone and
    /// region; and signs it in. `None` if the token is not right.
    ///
    /// # Errors
    /// If somebody has an account already, or something is no good.
    pub fn setup(
        &self,
        token: &str,
        email: &Email,
        credentials: &Credentials,
        new: &NewWorkspace,
    ) -> Result<Option<SignedIn>, StoreError> {
        let done = || {
            let message = "is done: sign in, or ask an admin to invite you";
            StoreError::Conflict(Problem::new("setup", message))
        };
        if self.read(user::any)? {
            return Err(done());
        }
        if !self.0.setup.is(token) {
            return Ok(None);
        }
        let mut problems = credentials.check().err().unwrap_or_default();
        problems.extend(new.check().err().unwrap_or_default());
        if !problems.is_empty() {
            return Err(StoreError::Invalid(problems));
        }
        let hashed = password::hash(&credentials.password)?;
        let at = self.now();
        let signed_in = self.write(|db| {
            if user::any(db)? {
                return Err(done());
            }
            let first = workspace::first(db)?;
            let (no, id) = user::insert(db, at, (email, &credentials.name), &hashed)?;
            user::seat(db, at, first.no, no, Role::Admin)?;
            let actor = user::actor(&user::find(db, no)?);
            let detail = json!({ "email": email.as_str(), "role": Role::Admin });
            let change = Change {
                workspace: first.no,
                action: AuditAction::Created,
                resource: "user",
                id: id.as_str(),
                detail,
            };
            record(db, at, &actor, &change)?;
            workspace::settle(db, at, &first, new, &actor)?;
            session::begin(db, at, no, Place::In(first.no))
        })?;
        self.0.setup.remove()?;
        Ok(Some(signed_in))
    }
}
