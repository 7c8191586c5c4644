//! The audit trail.

use expect_test::expect;
use serde_json::json;
use sluice_base::Secret;
use sluice_model::{DestinationChange, SourceChange};

use crate::{WORKSPACE, actor, destination, fixture, source};

#[test]
fn every_change_is_on_record_with_who_and_what_but_without_secrets() {
    let store = fixture().store;
    let shop = source(&store, "shop");
    let change = SourceChange { name: Some("Shop".to_owned()), ..SourceChange::default() };
    store.source_change(WORKSPACE, &shop.id, &change, &actor()).unwrap();
    let hook = destination(&store, &shop, "hush-1");
    let settings = Some(Secret::new(json!({ "sharedSecret": "hush-2" })));
    let change = DestinationChange { settings, ..DestinationChange::default() };
    store.destination_change(WORKSPACE, &hook.id, &change, &actor()).unwrap();
    store.destination_delete(WORKSPACE, &hook.id, &actor()).unwrap();
    let trail = store.audit_list(WORKSPACE, None, 100).unwrap();
    let lines: String = trail
        .items
        .iter()
        .map(|entry| {
            let detail = entry.detail.to_string().replace(shop.id.as_str(), "SHOP");
            format!("{} {} {} {detail}\n", entry.actor.id, entry.action.name(), entry.resource)
        })
        .collect();
    expect![[r#"
        token:t1 deleted destination {"name":"Hook"}
        token:t1 changed destination {"settingsChanged":["sharedSecret","url"]}
        token:t1 created destination {"name":"Hook","metadataId":"webhook","sourceId":"SHOP"}
        token:t1 changed source {"name":{"from":"shop","to":"Shop"}}
        token:t1 created source {"name":"shop","slug":"shop"}
        server created workspace {"name":"My workspace","timeZone":"UTC","region":"us"}
    "#]]
    .assert_eq(&lines);
    assert!(!lines.contains("hush"));
}

#[test]
fn the_trail_continues_page_by_page() {
    let store = fixture().store;
    for n in 0..4 {
        source(&store, &format!("s{n}"));
    }
    let first = store.audit_list(WORKSPACE, None, 3).unwrap();
    assert_eq!((first.items.len(), first.total), (3, 5));
    let rest = store.audit_list(WORKSPACE, first.next, 3).unwrap();
    assert_eq!((rest.items.len(), rest.next), (2, None));
    assert!(rest.items[0].no < first.items[2].no);
}

#[test]
fn a_refused_change_leaves_no_entry() {
    let store = fixture().store;
    source(&store, "shop");
    let before = store.audit_list(WORKSPACE, None, 100).unwrap().total;
    assert!(store.source_create(WORKSPACE, &crate::new_source("shop"), &actor()).is_err());
    assert_eq!(store.audit_list(WORKSPACE, None, 100).unwrap().total, before);
}
