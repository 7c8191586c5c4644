//! What is accepted, what is a duplicate, what is refused, and that the ledger says so.

use std::sync::Arc;

use sluice_base::disk::CrashDisk;
use sluice_event::{Refusal, SourceCounts, SourceNo};

use crate::support::{
    DAY, DISABLED, NOW, Place, UNKNOWN, Workspace, append, batches, identify, small, track,
};

fn place() -> Place {
    Place::new(Arc::new(CrashDisk::new(1)), "w".into(), small())
}

fn counts(workspace: &Workspace, source: u32) -> SourceCounts {
    workspace.pipeline.handle().ledger().counts.get(&SourceNo(source)).cloned().unwrap_or_default()
}

#[test]
fn a_repeat_is_a_duplicate_in_the_batch_in_the_next_and_after_a_restart() {
    let place = place();
    let mut workspace = place.open().unwrap();
    workspace.send(1, NOW, &[track("m1", "u", ""), track("m1", "u", ""), track("m2", "u", "")]);
    workspace.drain();
    workspace.send(1, NOW, &[track("m1", "u", "")]);
    workspace.drain();
    assert_eq!(counts(&workspace, 1).duplicate, 2);
    drop(workspace);

    let mut workspace = place.open().unwrap();
    workspace.send(1, NOW.plus(DAY), &[track("m2", "u", ""), track("m3", "u", "")]);
    workspace.drain();
    let ids: Vec<_> = workspace.message_ids().into_iter().map(|(_, id)| id).collect();
    assert_eq!(ids, ["m1", "m2", "m3"]);
    let counts = counts(&workspace, 1);
    assert_eq!((counts.received, counts.accepted, counts.duplicate), (6, 3, 3));
}

#[test]
fn the_same_message_id_from_two_sources_is_two_events() {
    let place = place();
    let mut workspace = place.open().unwrap();
    workspace.send(1, NOW, &[track("m", "u", "")]);
    workspace.send(2, NOW, &[track("m", "u", "")]);
    workspace.drain();
    assert_eq!(workspace.message_ids(), [(1, "m".to_owned()), (2, "m".to_owned())]);
}

#[test]
fn a_long_message_id_is_deduplicated_like_any_other() {
    let place = place();
    let mut workspace = place.open().unwrap();
    let (one, other) = (format!("{}1", "x".repeat(300)), format!("{}2", "x".repeat(300)));
    workspace.send(1, NOW, &[track(&one, "u", ""), track(&other, "u", ""), track(&one, "u", "")]);
    workspace.drain();
    assert_eq!(workspace.message_ids(), [(1, one), (1, other)]);
}

#[test]
fn a_repeat_after_28_days_passes_and_one_just_before_does_not() {
    let place = place();
    let mut workspace = place.open().unwrap();
    workspace.send(1, NOW, &[track("m", "u", "")]);
    workspace.drain();
    let hour = DAY / 24;
    for (at, accepted) in [(DAY * 28 - hour, 1), (DAY * 28 + hour, 2), (DAY * 28 + hour * 2, 2)] {
        workspace.send(1, NOW.plus(at), &[track("m", "u", "")]);
        workspace.drain();
        assert_eq!(counts(&workspace, 1).accepted, accepted, "after {at:?}");
    }
}

#[test]
fn a_message_without_an_id_gets_one_and_each_is_an_event() {
    let place = place();
    let mut workspace = place.open().unwrap();
    workspace.send(1, NOW, &[track("", "u", ""), track("", "u", "")]);
    workspace.drain();
    let ids = workspace.message_ids();
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn refused_items_are_counted_by_reason_and_source() {
    let place = place();
    let mut workspace = place.open().unwrap();
    workspace.send(
        1,
        NOW,
        &["!".to_owned(), "{\"type\":\"nonsense\"}".to_owned(), track("m", "u", "")],
    );
    append(&workspace.received, DISABLED, NOW, &[track("m", "u", "")]);
    append(&workspace.received, UNKNOWN, NOW, &[track("m", "u", ""), "!".to_owned()]);
    workspace.drain();
    let refused = |source: u32| counts(&workspace, source).refused.into_iter().collect::<Vec<_>>();
    assert_eq!(counts(&workspace, 1).accepted, 1);
    assert_eq!(counts(&workspace, 1).refused_total(), 2);
    assert_eq!(counts(&workspace, 1).refused[&Refusal::MessageTooLarge], 1);
    assert_eq!(refused(3), [(Refusal::SourceDisabled, 1)]);
    assert_eq!(
        refused(9),
        [(Refusal::UnknownSource, 1), (Refusal::MessageTooLarge, 1)]
            .into_iter()
            .collect::<std::collections::BTreeMap<_, _>>()
            .into_iter()
            .collect::<Vec<_>>()
    );
}

#[test]
fn a_receipt_leads_to_the_event() {
    let place = place();
    let mut workspace = place.open().unwrap();
    for n in 0..100 {
        workspace.send(1, NOW, &[track(&format!("m{n}"), "u", "")]);
    }
    workspace.drain();
    let handle = workspace.pipeline.handle();
    for n in 0..100 {
        let offset = handle.find_event(SourceNo(1), &format!("m{n}")).unwrap();
        let entry = workspace.events.entry_at(offset.0).unwrap().unwrap();
        let batch = sluice_event::EventBatch::decode(&entry.payload).unwrap();
        let index = usize::try_from(offset.0 - entry.base - 1).unwrap();
        assert_eq!(&*batch.events[index].event.message_id, format!("m{n}"));
    }
    assert_eq!(handle.find_event(SourceNo(1), "m100"), None);
    assert_eq!(handle.find_event(SourceNo(2), "m1"), None);
}

#[test]
fn an_event_carries_its_person_and_the_traits_of_that_moment() {
    let place = place();
    let mut workspace = place.open().unwrap();
    workspace.send(
        1,
        NOW,
        &[track("m1", "", "a"), identify("m2", "u", "a", "free"), track("m3", "u", "")],
    );
    workspace.send(1, NOW.plus(DAY), &[identify("m4", "u", "a", "pro"), track("m5", "", "")]);
    workspace.send(1, NOW.plus(DAY), &[track("m6", "u", "")]);
    workspace.drain();
    let mut seen = Vec::new();
    for (_, batch) in batches(&workspace.events) {
        for stored in &batch.events {
            let traits =
                (stored.traits as usize).checked_sub(1).map(|index| &batch.trait_sets[index]);
            let json = traits.map_or("-", |set| &set.json).to_owned();
            assert!(traits.is_none_or(|set| set.person == stored.canonical));
            seen.push((stored.event.message_id.to_string(), stored.canonical.0, json));
        }
    }
    let free = r#"{"plan":"free"}"#.to_owned();
    let pro = r#"{"plan":"pro"}"#.to_owned();
    let expected = [
        ("m1", 2, "-".to_owned()),
        ("m2", 2, free.clone()),
        ("m3", 2, free),
        ("m4", 2, pro.clone()),
        ("m6", 2, pro),
    ];
    assert_eq!(seen, expected.map(|(id, person, json)| (id.to_owned(), person, json)));
}

#[test]
fn a_request_larger_than_a_batch_is_cut_and_nothing_is_lost() {
    let mut place = place();
    place.config.batch_bytes_max = 2000;
    let mut workspace = place.open().unwrap();
    let items: Vec<_> = (0..50).map(|n| track(&format!("m{n}"), "u", "")).collect();
    workspace.send(1, NOW, &items);
    workspace.drain();
    let all = batches(&workspace.events);
    assert!(all.len() > 5, "{} records", all.len());
    assert_eq!(workspace.message_ids().len(), 50);
    drop(workspace);
    // Opening in the middle of an entry works as well: the consumed offset lies in it.
    let mut workspace = place.open().unwrap();
    workspace.send(1, NOW, &items);
    workspace.drain();
    assert_eq!(counts(&workspace, 1).duplicate, 50);
}

#[test]
fn the_ledger_comes_back_without_the_derived_state() {
    let place = place();
    let mut workspace = place.open().unwrap();
    for n in 0..60 {
        workspace.send(1 + n % 2, NOW, &[track(&format!("m{}", n % 40), "u", ""), "!".to_owned()]);
    }
    workspace.drain();
    let ledger = workspace.pipeline.handle().ledger();
    drop(workspace);
    place.disk.remove_dir_all(std::path::Path::new("w/dedupe")).unwrap();
    std::fs::remove_dir_all(place.people.path().join("people")).unwrap();
    let workspace = place.open().unwrap();
    assert_eq!(workspace.pipeline.handle().ledger(), ledger);
    workspace.pipeline.handle().check().unwrap();
    assert!(workspace.pipeline.handle().find_event(SourceNo(1), "m0").is_some());
    let person = workspace.pipeline.handle().people().find_by_external_id("user_id", "u").unwrap();
    assert_eq!(person.unwrap().0, 2);
}

#[test]
fn hostile_streams_keep_memory_and_files_bounded() {
    let mut place = place();
    place.config.batch_events_max = 500;
    place.config.dedupe.memory_entries_max = 200;
    let mut workspace = place.open().unwrap();
    for n in 0..100 {
        let items: Vec<_> = (0..100)
            .map(|k| {
                track(&format!("m{n}-{k}"), "", &format!("anon {n} {k}"))
                    .replace("Bought", &format!("Event {n} {k}"))
            })
            .collect();
        workspace.send(1, NOW, &items);
        workspace.drain();
    }
    assert_eq!(counts(&workspace, 1).accepted, 10_000);
    let held = workspace.pipeline.handle().people().entries_in_memory();
    assert!(held < 500, "{held} entries of the identity map in memory");
    let files = place.disk.list(std::path::Path::new("w/dedupe")).unwrap();
    assert!(files.len() < 20, "{} files", files.len());
}
