//! Opening, first start, restart, and files that cannot be used.

use std::fs;

use sluice_store::Store;

use crate::{WORKSPACE, clock, destination, fixture, source};

#[test]
fn the_first_start_makes_a_default_workspace_and_later_ones_keep_it() {
    let fixture = fixture();
    let first = fixture.store.workspace_list().unwrap();
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].no, WORKSPACE);
    assert_eq!(first[0].time_zone, "UTC");
    drop(fixture.store);
    let again = Store::open(fixture.dir.path(), clock()).unwrap();
    assert_eq!(again.workspace_list().unwrap(), first);
}

#[test]
fn what_was_kept_is_there_after_a_restart() {
    let fixture = fixture();
    let shop = source(&fixture.store, "shop");
    let hook = destination(&fixture.store, &shop, "hush");
    drop(fixture.store);
    let store = Store::open(fixture.dir.path(), clock()).unwrap();
    assert_eq!(store.source_get(WORKSPACE, &shop.id).unwrap(), shop);
    assert_eq!(store.destination_get(WORKSPACE, &hook.id).unwrap(), hook);
    assert_eq!(store.connections().borrow().connections.len(), 1);
    assert!(store.sources().borrow().by_write_key.contains_key(shop.write_keys[0].as_str()));
}

#[test]
fn a_database_without_its_key_file_is_refused_and_no_new_key_is_made() {
    let fixture = fixture();
    drop(fixture.store);
    let key = fixture.dir.path().join("secret.key");
    fs::remove_file(&key).unwrap();
    let error = Store::open(fixture.dir.path(), clock()).err().unwrap().to_string();
    assert!(error.contains("secret.key is missing"), "{error}");
    assert!(fs::metadata(&key).is_err());
}

#[test]
fn a_database_with_the_key_of_another_is_refused() {
    let (ours, theirs) = (fixture(), fixture());
    drop(ours.store);
    fs::copy(theirs.dir.path().join("secret.key"), ours.dir.path().join("secret.key")).unwrap();
    let error = Store::open(ours.dir.path(), clock()).err().unwrap().to_string();
    assert!(error.contains("is not the key of this database"), "{error}");
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let fixture = fixture();
    let shop = source(&fixture.store, "shop");
    assert!(!shop.write_keys.is_empty());
    for entry in fs::read_dir(fixture.dir.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
    }
}
