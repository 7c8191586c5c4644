//! The configuration of one server, kept in SQLite: workspaces, sources with their write keys,
//! destinations with their connections, API tokens, saved insights, cohorts and dashboards,
//! annotations, the data dictionary, erasures, users with their sessions, invitations and links, and
//! the audit trail of every change.
//!
//! Functions are named noun first (`source_list`) and block; from async code go through
//! [`Store::call`]. Each change is one transaction with its audit entry, durable when the function
//! returns; then the tables that running parts watch are published ([`Store::sources`],
//! [`Store::connections`]). Destination settings are sealed with a key that lies beside the
//! database ([`seal`]); tokens, sessions and links are kept as hashes ([`secret`]), passwords as
//! Argon2id ([`password`]).
//!
//! Not here: cursors, manifests and counts (small files of their parts), users' events.

mod annotation;
mod audit;
mod cohort;
mod dashboard;
mod db;
mod deletion;
mod destination;
mod dictionary;
mod erasure;
mod error;
mod filter;
mod insight;
mod invite;
mod link;
mod migrations;
mod own_sessions;
mod password;
mod publish;
mod random;
mod renewal;
mod routing;
mod seal;
mod secret;
mod session;
mod setup;
mod source;
mod subscription;
mod token;
mod user;
mod workspace;
mod write_key;

pub use db::{Listed, Page, Store};
pub use error::{ErrorKind, StoreError};
pub use invite::Invitation;
pub use link::Code;
pub use own_sessions::OwnSession;
pub use session::{SESSION_AGE_MAX, SESSION_IDLE_MAX, Session, SignedIn};
pub use token::{Grant, TOKEN_CHARS, TOKEN_PREFIX};
pub use user::Reach;
