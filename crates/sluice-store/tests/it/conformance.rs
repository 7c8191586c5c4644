//! What every store must do; a second database will run the same.

use std::collections::HashSet;

use serde_json::json;
use sluice_base::Secret;
use sluice_event::{EventType, WorkspaceNo};
use sluice_model::{
    CohortChange, CohortMembers, DashboardChange, DashboardContent, DashboardItem,
    DestinationChange, EntryKind, EntrySays, ListChange, NewApiToken, NewCohort, NewMembers,
    NewSavedInsight, Role, Routing, SavedInsightChange, SchemaSwitches, SourceChange, SourceId,
    SourceSettings, WorkspaceChange,
};
use sluice_store::{ErrorKind, Page};

use crate::{WORKSPACE, actor, destination, fixture, new_source, source};

#[test]
fn a_source_number_is_never_given_twice() {
    let store = fixture().store;
    let mut numbers = HashSet::new();
    for round in 0..5 {
        let made = source(&store, &format!("s{round}"));
        assert!(numbers.insert(made.no), "{:?} came back", made.no);
        store.source_delete(WORKSPACE, &made.id, &actor()).unwrap();
    }
}

#[test]
fn a_slug_is_taken_once_and_free_again_after_deletion() {
    let store = fixture().store;
    let first = source(&store, "shop");
    let taken = store.source_create(WORKSPACE, &new_source("shop"), &actor()).unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::Conflict);
    store.source_delete(WORKSPACE, &first.id, &actor()).unwrap();
    source(&store, "shop");
    let restore = store.source_restore(WORKSPACE, &first.id, &actor()).unwrap_err();
    assert_eq!(restore.kind(), ErrorKind::Conflict);
}

#[test]
fn a_restored_source_is_what_it_was() {
    let store = fixture().store;
    let made = source(&store, "shop");
    store.source_delete(WORKSPACE, &made.id, &actor()).unwrap();
    assert_eq!(store.source_get(WORKSPACE, &made.id).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(store.source_restore(WORKSPACE, &made.id, &actor()).unwrap(), made);
    let again = store.source_restore(WORKSPACE, &made.id, &actor()).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::NotFound);
}

#[test]
fn a_change_of_a_source_leaves_what_it_does_not_name() {
    let store = fixture().store;
    let made = source(&store, "shop");
    let settings = SourceSettings { requests_per_second_max: Some(7), ..SourceSettings::default() };
    let change = SourceChange { settings: Some(settings.clone()), ..SourceChange::default() };
    let changed = store.source_change(WORKSPACE, &made.id, &change, &actor()).unwrap();
    assert_eq!(changed, sluice_model::Source { settings, ..made });
}

#[test]
fn write_keys_rotate_and_the_last_one_stays() {
    let store = fixture().store;
    let made = source(&store, "shop");
    let old = made.write_keys[0].as_str();
    let refused = store.write_key_delete(WORKSPACE, &made.id, old, &actor()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    let two = store.write_key_create(WORKSPACE, &made.id, &actor()).unwrap();
    assert_eq!(two.write_keys.len(), 2);
    let one = store.write_key_delete(WORKSPACE, &made.id, old, &actor()).unwrap();
    assert_eq!(one.write_keys, two.write_keys[1..]);
    let gone = store.write_key_delete(WORKSPACE, &made.id, old, &actor()).unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
}

#[test]
fn a_list_in_pages_is_the_whole_list_once() {
    let store = fixture().store;
    let made: Vec<_> = (0..7).map(|n| source(&store, &format!("s{n}")).id).collect();
    let (mut after, mut seen, mut pages) = (0, Vec::new(), 0);
    loop {
        let part = store.source_list(WORKSPACE, Page { after, count: 3 }).unwrap();
        assert_eq!(part.total, 7);
        seen.extend(part.items.into_iter().map(|source| source.id));
        pages += 1;
        match part.next {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!(seen, made);
    assert_eq!(pages, 3);
    assert_eq!(store.source_list(WORKSPACE, Page { after: 0, count: 7 }).unwrap().next, None);
}

#[test]
fn a_destination_serves_several_sources() {
    let store = fixture().store;
    let (a, b) = (source(&store, "a"), source(&store, "b"));
    let made = destination(&store, &a, "hush");
    let two = store.connection_create(WORKSPACE, &made.id, &b.id, &actor()).unwrap();
    assert_eq!(two.connections.iter().map(|c| c.source).collect::<Vec<_>>(), [a.no, b.no]);
    let same = store.connection_create(WORKSPACE, &made.id, &b.id, &actor()).unwrap();
    assert_eq!(same, two);
    let of_b = store.destination_list_of_source(WORKSPACE, &b.id, Page::ALL).unwrap();
    assert_eq!(of_b.items, std::slice::from_ref(&two));
    let one = store.connection_delete(WORKSPACE, &made.id, &a.id, &actor()).unwrap();
    assert_eq!(one.connections, two.connections[1..]);
    let gone = store.connection_delete(WORKSPACE, &made.id, &a.id, &actor()).unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
}

#[test]
fn a_connection_made_anew_has_an_id_of_its_own() {
    let store = fixture().store;
    let (a, b) = (source(&store, "a"), source(&store, "b"));
    let made = destination(&store, &a, "hush");
    let first = store.connection_create(WORKSPACE, &made.id, &b.id, &actor()).unwrap();
    store.connection_delete(WORKSPACE, &made.id, &b.id, &actor()).unwrap();
    let second = store.connection_create(WORKSPACE, &made.id, &b.id, &actor()).unwrap();
    assert_ne!(first.connections[1].id, second.connections[1].id);
}

#[test]
fn every_change_of_a_destination_counts_its_revision_up() {
    let store = fixture().store;
    let made = destination(&store, &source(&store, "a"), "hush");
    let change = DestinationChange {
        settings: Some(Secret::new(json!({ "url": "https://example.com/2" }))),
        ..DestinationChange::default()
    };
    let changed = store.destination_change(WORKSPACE, &made.id, &change, &actor()).unwrap();
    assert_eq!(changed.revision, made.revision + 1);
    assert_eq!(changed.settings.expose(), &json!({ "url": "https://example.com/2" }));
    store.destination_delete(WORKSPACE, &made.id, &actor()).unwrap();
    let restored = store.destination_restore(WORKSPACE, &made.id, &actor()).unwrap();
    assert!(restored.revision > changed.revision);
    assert_eq!(restored.connections, made.connections);
}

#[test]
fn what_a_connection_gets_is_kept_with_it_and_reaches_delivery() {
    let store = fixture().store;
    let (a, b) = (source(&store, "a"), source(&store, "b"));
    let made = destination(&store, &a, "hush");
    store.connection_create(WORKSPACE, &made.id, &b.id, &actor()).unwrap();
    let routing = Routing {
        consent_categories: vec!["Advertising".to_owned()],
        switches: SchemaSwitches {
            calls_off: [EventType::Alias, EventType::Track].into(),
            events: [("Signed Up".to_owned(), true)].into(),
        },
    };
    let mut watch = store.connections();
    watch.mark_unchanged();
    let after = store.connection_route(WORKSPACE, &made.id, &b.id, &routing, &actor()).unwrap();
    assert!(watch.has_changed().unwrap() && after.revision > made.revision);
    let table = watch.borrow_and_update().clone();
    assert_eq!(table.connections[0].routing, Routing::default());
    assert_eq!(
        (&table.connections[1].routing, &after.connections[1].routing),
        (&routing, &routing)
    );
    let nobody = SourceId::new("nobody".to_owned());
    let missing = store.connection_route(WORKSPACE, &made.id, &nobody, &routing, &actor());
    assert_eq!(missing.unwrap_err().kind(), ErrorKind::NotFound);
    let wrong = Routing { consent_categories: vec!["1".to_owned()], ..routing };
    let refused = store.connection_route(WORKSPACE, &made.id, &b.id, &wrong, &actor());
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn a_destination_of_a_source_that_does_not_exist_is_refused_by_field() {
    let store = fixture().store;
    let new = sluice_model::NewDestination {
        source_id: "nope".into(),
        name: "Hook".to_owned(),
        kind: "webhook".to_owned(),
        enabled: true,
        settings: Secret::new(json!({})),
        subscriptions: Vec::new(),
    };
    let error = store.destination_create(WORKSPACE, &new, &actor()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("sourceId"), "{error}");
}

#[test]
fn a_token_works_until_it_is_revoked_also_after_a_restart() {
    let fixture = fixture();
    let store = fixture.store;
    let new = NewApiToken { name: "ci".to_owned(), role: Role::Editor };
    let (made, secret) = store.token_create(WORKSPACE, &new, &actor()).unwrap();
    assert!(secret.expose().ends_with(&made.last4));
    let grant = store.token_grant(secret.expose()).unwrap();
    assert_eq!((grant.workspace, grant.role), (WORKSPACE, Role::Editor));
    drop(store);
    let store = sluice_store::Store::open(fixture.dir.path(), crate::clock()).unwrap();
    assert_eq!(store.token_grant(secret.expose()), Some(grant));
    store.token_delete(WORKSPACE, &made.id, &actor()).unwrap();
    assert_eq!(store.token_grant(secret.expose()), None);
    assert_eq!(store.token_list(WORKSPACE, Page::ALL).unwrap().total, 0);
}

#[test]
fn the_operators_own_token_is_admin_and_survives_other_changes_but_not_a_restart() {
    let fixture = fixture();
    let token = Secret::new("operator-chosen".to_owned());
    fixture.store.token_accept(WORKSPACE, &token).unwrap();
    source(&fixture.store, "shop");
    assert_eq!(fixture.store.token_grant(token.expose()).unwrap().role, Role::Admin);
    assert!(fixture.store.token_accept(WORKSPACE, &Secret::new(" ".to_owned())).is_err());
    drop(fixture.store);
    let store = sluice_store::Store::open(fixture.dir.path(), crate::clock()).unwrap();
    assert_eq!(store.token_grant(token.expose()), None);
}

#[test]
fn a_saved_insight_is_kept_changed_and_deleted() {
    let store = fixture().store;
    let new = NewSavedInsight {
        name: "Funnel".to_owned(),
        query: json!({ "kind": "funnel" }),
        display: None,
    };
    let made = store.insight_create(WORKSPACE, &new, &actor()).unwrap();
    let change = SavedInsightChange {
        name: Some("Signup".to_owned()),
        display: Some(json!({ "chart": "bar" })),
        ..SavedInsightChange::default()
    };
    let changed = store.insight_change(WORKSPACE, &made.id, &change, &actor()).unwrap();
    assert_eq!((changed.name.as_str(), &changed.query), ("Signup", &made.query));
    assert_eq!(changed.display, change.display);
    assert_eq!(store.insight_list(WORKSPACE, Page::ALL).unwrap().items, [changed]);
    store.insight_delete(WORKSPACE, &made.id, &actor()).unwrap();
    assert_eq!(store.insight_get(WORKSPACE, &made.id).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn the_dictionary_keeps_what_is_said_of_each_name_and_kind() {
    let store = fixture().store;
    let says = EntrySays {
        display_name: "Order".to_owned(),
        is_test: true,
        same_as: Some("Order Completed".to_owned()),
        ..EntrySays::default()
    };
    let bought = (EntryKind::Event, "Bought");
    let kept = store.dictionary_set(WORKSPACE, bought, &says, &actor()).unwrap();
    assert_eq!((kept.name.as_str(), &kept.says), ("Bought", &says));
    let plain = EntrySays { description: "What it is".to_owned(), ..EntrySays::default() };
    store.dictionary_set(WORKSPACE, (EntryKind::UserTrait, "Bought"), &plain, &actor()).unwrap();
    store.dictionary_set(WORKSPACE, bought, &plain, &actor()).unwrap();
    let listed = store.dictionary_list(WORKSPACE).unwrap();
    let kinds: Vec<_> = listed.iter().map(|one| (one.kind, one.says == plain)).collect();
    assert_eq!(kinds, [(EntryKind::Event, true), (EntryKind::UserTrait, true)]);
    let other = store.workspace_create(&crate::new_workspace("Other"), None, &actor()).unwrap().no;
    assert!(store.dictionary_list(other).unwrap().is_empty());
    assert!(store.dictionary_delete(other, bought, &actor()).is_err());
    store.dictionary_delete(WORKSPACE, bought, &actor()).unwrap();
    let gone = store.dictionary_delete(WORKSPACE, bought, &actor()).unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
    let wrong = EntrySays { is_deleted: true, ..EntrySays::default() };
    let refused = store.dictionary_set(WORKSPACE, (EntryKind::UserTrait, "a"), &wrong, &actor());
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Invalid);
}

fn new_cohort(name: &str, members: NewMembers) -> NewCohort {
    NewCohort { name: name.to_owned(), description: String::new(), members }
}

#[test]
fn a_defined_cohort_is_kept_changed_and_deleted_once_nothing_uses_it() {
    let store = fixture().store;
    let definition = json!({ "clauses": [] });
    let new = new_cohort("Buyers", NewMembers::Defined(definition.clone()));
    let made = store.cohort_create(WORKSPACE, &new, &actor()).unwrap();
    assert_eq!(made.members, CohortMembers::Defined(definition));
    let definition = json!({ "clauses": [1] });
    let change = CohortChange {
        description: Some("Who bought".to_owned()),
        definition: Some(definition.clone()),
        ..CohortChange::default()
    };
    let changed = store.cohort_change(WORKSPACE, &made.id, &change, &actor()).unwrap();
    assert_eq!((changed.name.as_str(), changed.description.as_str()), ("Buyers", "Who bought"));
    assert_eq!(changed.members, CohortMembers::Defined(definition));
    assert_eq!(store.cohort_list(WORKSPACE, Page::ALL).unwrap().items, [changed]);
    let list = ListChange { add: vec![1], ..ListChange::default() };
    let refused = store.cohort_list_change(WORKSPACE, &made.id, &list, &actor()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);

    let named = json!({ "cohort": made.id.as_str() });
    let other = new_cohort("Others", NewMembers::Defined(named));
    let other = store.cohort_create(WORKSPACE, &other, &actor()).unwrap();
    let refused = store.cohort_delete(WORKSPACE, &made.id, &actor()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert!(refused.to_string().contains("the cohort `Others`"), "{refused}");
    store.cohort_delete(WORKSPACE, &other.id, &actor()).unwrap();
    store.cohort_delete(WORKSPACE, &made.id, &actor()).unwrap();
    assert_eq!(store.cohort_get(WORKSPACE, &made.id).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_listed_cohort_has_each_of_its_people_once() {
    let store = fixture().store;
    let new = new_cohort("Testers", NewMembers::Listed(vec![7, 3, 7]));
    let made = store.cohort_create(WORKSPACE, &new, &actor()).unwrap();
    assert_eq!(made.members, CohortMembers::Listed(2));
    let change = ListChange { add: vec![9, 3], remove: vec![7, 8] };
    let changed = store.cohort_list_change(WORKSPACE, &made.id, &change, &actor()).unwrap();
    assert_eq!(changed.members, CohortMembers::Listed(2));
    assert_eq!(store.cohort_people(WORKSPACE, &made.id).unwrap(), [3, 9]);
    let defined = CohortChange { definition: Some(json!({})), ..CohortChange::default() };
    let refused = store.cohort_change(WORKSPACE, &made.id, &defined, &actor()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
}

#[test]
fn a_workspace_changes_its_name_and_zone() {
    let store = fixture().store;
    let change = WorkspaceChange {
        name: Some("Shop".to_owned()),
        time_zone: Some("Europe/Berlin".to_owned()),
    };
    let changed = store.workspace_change(WORKSPACE, &change, &actor()).unwrap();
    assert_eq!((changed.name.as_str(), changed.time_zone.as_str()), ("Shop", "Europe/Berlin"));
    let bad = WorkspaceChange { time_zone: Some("Mars".to_owned()), name: None };
    let refused = store.workspace_change(WORKSPACE, &bad, &actor()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
}

#[test]
fn nothing_of_one_workspace_is_found_from_another() {
    let store = fixture().store;
    let other = store.workspace_create(&crate::new_workspace("Other"), None, &actor()).unwrap().no;
    assert_eq!(other, WorkspaceNo(2));
    let shop = source(&store, "shop");
    let hook = destination(&store, &shop, "hush");
    let new = NewApiToken { name: "ci".to_owned(), role: Role::Viewer };
    let (token, _) = store.token_create(WORKSPACE, &new, &actor()).unwrap();
    let new = NewSavedInsight { name: "F".to_owned(), query: json!({}), display: None };
    let insight = store.insight_create(WORKSPACE, &new, &actor()).unwrap();
    let dashboard = store.dashboard_create(WORKSPACE, "D", &actor()).unwrap();
    let content = DashboardContent::Insight(insight.id.clone());
    let items = vec![DashboardItem { content, x: 0, y: 0, width: 6, height: 4 }];
    let theirs = DashboardChange { items: Some(items), ..DashboardChange::default() };
    let listed = new_cohort("C", NewMembers::Listed(vec![1]));
    let cohort = store.cohort_create(WORKSPACE, &listed, &actor()).unwrap();
    let list = ListChange { add: vec![2], ..ListChange::default() };
    let own = store.dashboard_list(other, Page::ALL).unwrap().items.remove(0);
    let stolen = store.dashboard_change(other, &own.id, &theirs, &actor()).unwrap_err();
    assert_eq!(stolen.kind(), ErrorKind::Invalid);
    let errors = [
        store.source_get(other, &shop.id).err(),
        store.source_change(other, &shop.id, &SourceChange::default(), &actor()).err(),
        store.source_delete(other, &shop.id, &actor()).err(),
        store.source_restore(other, &shop.id, &actor()).err(),
        store.write_key_create(other, &shop.id, &actor()).err(),
        store.write_key_delete(other, &shop.id, shop.write_keys[0].as_str(), &actor()).err(),
        store.destination_get(other, &hook.id).err(),
        store.destination_change(other, &hook.id, &DestinationChange::default(), &actor()).err(),
        store.destination_delete(other, &hook.id, &actor()).err(),
        store.destination_restore(other, &hook.id, &actor()).err(),
        store.destination_list_of_source(other, &shop.id, Page::ALL).err(),
        store.connection_create(other, &hook.id, &shop.id, &actor()).err(),
        store.connection_delete(other, &hook.id, &shop.id, &actor()).err(),
        store.token_get(other, &token.id).err(),
        store.token_delete(other, &token.id, &actor()).err(),
        store.insight_get(other, &insight.id).err(),
        store.insight_delete(other, &insight.id, &actor()).err(),
        store.dashboard_get(other, &dashboard.id).err(),
        store.dashboard_change(other, &dashboard.id, &DashboardChange::default(), &actor()).err(),
        store.dashboard_delete(other, &dashboard.id, &actor()).err(),
        store.cohort_get(other, &cohort.id).err(),
        store.cohort_people(other, &cohort.id).err(),
        store.cohort_change(other, &cohort.id, &CohortChange::default(), &actor()).err(),
        store.cohort_list_change(other, &cohort.id, &list, &actor()).err(),
        store.cohort_delete(other, &cohort.id, &actor()).err(),
    ];
    for (index, error) in errors.into_iter().enumerate() {
        assert_eq!(error.map(|e| e.kind()), Some(ErrorKind::NotFound), "case {index}");
    }
    assert_eq!(store.source_list(other, Page::ALL).unwrap().total, 0);
    assert_eq!(store.destination_list(other, Page::ALL).unwrap().total, 0);
    assert_eq!(store.token_list(other, Page::ALL).unwrap().total, 0);
    assert_eq!(store.insight_list(other, Page::ALL).unwrap().total, 0);
    assert_eq!(store.cohort_list(other, Page::ALL).unwrap().total, 0);
    assert_eq!(store.audit_list(other, None, 100).unwrap().total, 1);
    assert_eq!(store.source_get(WORKSPACE, &shop.id).unwrap(), shop);
}

#[tokio::test]
async fn async_code_reaches_the_store_through_call() {
    let store = fixture().store;
    let made =
        store.call(|store| store.source_create(WORKSPACE, &new_source("shop"), &actor())).await;
    assert_eq!(made.unwrap().slug, "shop");
}
