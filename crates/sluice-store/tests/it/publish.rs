//! The tables that running parts watch.

use serde_json::{Value, json};
use sluice_base::Secret;
use sluice_model::{Destination, DestinationChange, SourceChange, SourceSettings};

use crate::{WORKSPACE, actor, destination, fixture, source};

#[test]
fn a_new_source_is_in_the_table_when_the_call_returns() {
    let store = fixture().store;
    let mut table = store.sources();
    table.mark_unchanged();
    let made = source(&store, "shop");
    assert!(table.has_changed().unwrap());
    let table = table.borrow_and_update().clone();
    let entry = &table.by_write_key[made.write_keys[0].as_str()];
    assert_eq!((entry.no, entry.id.as_str()), (made.no, made.id.as_str()));
    assert_eq!(&table.by_no[&made.no], entry);
}

#[test]
fn a_rate_limit_and_a_second_key_reach_the_table() {
    let store = fixture().store;
    let made = source(&store, "shop");
    let settings = SourceSettings { requests_per_second_max: Some(9), ..SourceSettings::default() };
    let change = SourceChange { settings: Some(settings), ..SourceChange::default() };
    store.source_change(WORKSPACE, &made.id, &change, &actor()).unwrap();
    let two = store.write_key_create(WORKSPACE, &made.id, &actor()).unwrap();
    let table = store.sources().borrow().clone();
    assert_eq!(table.by_write_key.len(), 2);
    for key in &two.write_keys {
        assert_eq!(table.by_write_key[key.as_str()].requests_per_second_max, Some(9));
    }
}

#[test]
fn a_deleted_source_loses_its_keys_but_keeps_its_number() {
    let store = fixture().store;
    let made = source(&store, "shop");
    destination(&store, &made, "hush");
    store.source_delete(WORKSPACE, &made.id, &actor()).unwrap();
    let table = store.sources().borrow().clone();
    assert!(table.by_write_key.is_empty());
    assert!(!table.by_no[&made.no].enabled);
    assert!(store.connections().borrow().connections.is_empty());
    store.source_restore(WORKSPACE, &made.id, &actor()).unwrap();
    assert_eq!(store.sources().borrow().by_write_key.len(), 1);
    assert_eq!(store.connections().borrow().connections.len(), 1);
}

#[test]
fn a_connection_carries_settings_in_clear_and_its_revision() {
    let store = fixture().store;
    let made = destination(&store, &source(&store, "shop"), "hush");
    let mut watch = store.connections();
    let spec = watch.borrow_and_update().connections[0].clone();
    assert_eq!(spec.settings.expose()["sharedSecret"], "hush");
    assert_eq!(
        (spec.id.as_str(), spec.kind.as_str()),
        (made.connections[0].id.as_str(), "webhook")
    );
    let settings = Some(Secret::new(serde_json::json!({ "sharedSecret": "new" })));
    let change = DestinationChange { settings, enabled: Some(false), name: None };
    store.destination_change(WORKSPACE, &made.id, &change, &actor()).unwrap();
    assert!(watch.has_changed().unwrap());
    let after = watch.borrow_and_update().connections[0].clone();
    assert_eq!(after.settings.expose()["sharedSecret"], "new");
    assert_eq!((after.revision, after.enabled), (spec.revision + 1, false));
}

#[test]
fn a_change_that_concerns_neither_table_wakes_nobody() {
    let store = fixture().store;
    source(&store, "shop");
    let (mut sources, mut connections) = (store.sources(), store.connections());
    sources.mark_unchanged();
    connections.mark_unchanged();
    let change = sluice_model::WorkspaceChange { name: Some("X".to_owned()), time_zone: None };
    store.workspace_change(WORKSPACE, &change, &actor()).unwrap();
    assert!(!sources.has_changed().unwrap());
    assert!(!connections.has_changed().unwrap());
}

#[test]
fn a_refused_change_publishes_nothing() {
    let store = fixture().store;
    source(&store, "shop");
    let mut sources = store.sources();
    sources.mark_unchanged();
    assert!(store.source_create(WORKSPACE, &crate::new_source("shop"), &actor()).is_err());
    assert!(!sources.has_changed().unwrap());
}

#[test]
fn changes_at_the_same_time_do_not_undo_each_other() {
    let store = fixture().store;
    let shop = source(&store, "shop");
    let hook = destination(&store, &shop, "secret");
    let count = |settings: &Value| settings["count"].as_u64().unwrap_or_default();
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                for _ in 0..10 {
                    let one_more = |before: &Destination| {
                        let settings = json!({ "count": count(before.settings.expose()) + 1 });
                        let settings = Some(Secret::new(settings));
                        Ok(DestinationChange { settings, ..DestinationChange::default() })
                    };
                    store.destination_change_by(WORKSPACE, &hook.id, one_more, &actor()).unwrap();
                }
            });
        }
    });
    let after = store.destination_get(WORKSPACE, &hook.id).unwrap();
    assert_eq!(count(after.settings.expose()), 40);
}
