//! The store over real files: what it keeps, refuses, publishes, and hides.
#![expect(clippy::unwrap_used, reason = "tests")]

mod audit;
mod conformance;
mod open;
mod publish;
mod secrets;
mod users;

use std::sync::Arc;

use serde_json::json;
use sluice_base::{ManualClock, Secret, Timestamp};
use sluice_event::WorkspaceNo;
use sluice_model::{
    Actor, Credentials, Destination, Email, NewDestination, NewSource, NewWorkspace, Region,
    Source, SourceSettings,
};
use sluice_store::{SignedIn, Store};

const WORKSPACE: WorkspaceNo = WorkspaceNo(1);

struct Fixture {
    dir: tempfile::TempDir,
    store: Store,
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_secs(1_767_225_600)))
}

fn fixture() -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), clock()).unwrap();
    Fixture { dir, store }
}

fn actor() -> Actor {
    Actor { id: "token:t1".to_owned(), name: "ci".to_owned() }
}

fn new_workspace(name: &str) -> NewWorkspace {
    NewWorkspace {
        name: name.to_owned(),
        slug: None,
        time_zone: "UTC".to_owned(),
        region: Region::Us,
    }
}

/// Makes the first account, `ann@example.com`.
fn set_up(store: &Store, password: &str) -> SignedIn {
    let token = store.setup_token().unwrap();
    let credentials =
        Credentials { name: "Ann".to_owned(), password: Secret::new(password.to_owned()) };
    let email = Email::parse("ann@example.com").unwrap();
    let new = new_workspace("Shop");
    store.setup(token.expose(), &email, &credentials, &new).unwrap().unwrap()
}

fn new_source(slug: &str) -> NewSource {
    NewSource {
        slug: slug.to_owned(),
        name: slug.to_owned(),
        kind: "node".to_owned(),
        enabled: true,
        settings: SourceSettings::default(),
    }
}

fn source(store: &Store, slug: &str) -> Source {
    store.source_create(WORKSPACE, &new_source(slug), &actor()).unwrap()
}

fn destination(store: &Store, source: &Source, secret: &str) -> Destination {
    let new = NewDestination {
        source_id: source.id.clone(),
        name: "Hook".to_owned(),
        kind: "webhook".to_owned(),
        enabled: true,
        settings: Secret::new(json!({ "url": "https://example.com", "sharedSecret": secret })),
        subscriptions: Vec::new(),
    };
    store.destination_create(WORKSPACE, &new, &actor()).unwrap()
}
