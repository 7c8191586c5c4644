//! What became of each received item, against a plain list of what was sent.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sluice_base::disk::CrashDisk;
use sluice_event::{EventType, Offset, Refusal, SourceNo};
use sluice_pipeline::passages::{PassageFilter, PassagePerson, PassageState, TextFilter};
use sluice_pipeline::{Outcome, Passage, PipelineConfig, PipelineHandle, Reach};

use crate::support::{DISABLED, NOW, Place, UNKNOWN, Workspace, small, track};

fn place(config: PipelineConfig) -> Place {
    Place::new(Arc::new(CrashDisk::new(1)), PathBuf::from("/w"), config)
}

/// What is to be said of each item, by its place.
#[derive(Clone, Debug, PartialEq)]
enum Said {
    Accepted(String),
    /// Of the item with this place.
    Duplicate(u64),
    Refused(Refusal),
    Waiting,
}

/// Sends a mixture and tells what is to become of it.
fn send_mixture(workspace: &mut Workspace, rounds: u64) -> Vec<Said> {
    let mut said = Vec::new();
    for round in 0..rounds {
        let at = NOW.plus(Duration::from_secs(round));
        let base = said.len() as u64;
        let new = |n: u64| track(&format!("m{round}-{n}"), "u", "");
        let items = [new(0), track(&format!("r{round}"), "", ""), new(1), new(0), "!".to_owned()];
        workspace.send(1, at, &items);
        said.extend([
            Said::Accepted(format!("m{round}-0")),
            Said::Refused(Refusal::NoUserAnonId),
            Said::Accepted(format!("m{round}-1")),
            Said::Duplicate(base),
            Said::Refused(Refusal::MessageTooLarge),
        ]);
        if round % 3 == 0 {
            workspace.send(DISABLED.0, at, &[track(&format!("d{round}"), "u", "")]);
            workspace.send(UNKNOWN.0, at, &[new(2)]);
            workspace.send(1, at, &[track("m0-0", "u", "")]);
            said.extend([
                Said::Refused(Refusal::SourceDisabled),
                Said::Refused(Refusal::UnknownSource),
                Said::Duplicate(0),
            ]);
        }
        while round % 4 != 3 && workspace.pipeline.step().unwrap() {}
    }
    workspace.drain();
    said
}

fn is_as_said(handle: &PipelineHandle, passage: &Passage, said: &Said) {
    match (&passage.outcome, said) {
        (Outcome::Accepted { offset, .. }, Said::Accepted(id)) => {
            assert_eq!(passage.message_id.as_deref(), Some(id.as_str()));
            assert_eq!(handle.find_event(passage.source, id), Some(*offset));
            assert!(passage.text.contains("receivedAt"), "the event in its final form");
        }
        (Outcome::Duplicate { of }, Said::Duplicate(first)) => {
            let Some(Passage { outcome: Outcome::Accepted { offset, .. }, .. }) =
                handle.passage(Offset(*first)).unwrap()
            else {
                panic!("the first is not accepted")
            };
            assert_eq!(*of, offset);
        }
        (Outcome::Refused(reason), Said::Refused(wanted)) => assert_eq!(reason, wanted),
        (Outcome::Waiting, Said::Waiting) => assert_eq!(passage.decided_at, None),
        (found, said) => panic!("{found:?} at {} is not {said:?}", passage.offset),
    }
}

const ALL: Reach =
    Reach { before: None, from: Offset(0), rows_max: usize::MAX, items_max: usize::MAX };

#[test]
fn every_received_item_has_its_outcome_by_place_and_in_the_list_also_after_a_restart() {
    let place = place(small());
    let mut workspace = place.open().unwrap();
    let mut said = send_mixture(&mut workspace, 30);
    drop(workspace);
    let workspace = place.open().unwrap();
    workspace.send(1, NOW, &[track("late", "u", ""), track("later", "u", "")]);
    said.extend([Said::Waiting, Said::Waiting]);

    let handle = workspace.pipeline.handle();
    for (offset, said) in said.iter().enumerate() {
        let passage = handle.passage(Offset(offset as u64)).unwrap().unwrap();
        assert_eq!(passage.offset.0, offset as u64);
        is_as_said(&handle, &passage, said);
    }
    assert_eq!(handle.passage(Offset(said.len() as u64)).unwrap(), None);

    let all = handle.passages(ALL, &PassageFilter::default()).unwrap();
    assert!(all.is_end && all.rows.len() == said.len());
    for (passage, (offset, said)) in all.rows.iter().zip(said.iter().enumerate().rev()) {
        assert_eq!(passage.offset.0, offset as u64, "newest first, none left out");
        is_as_said(&handle, passage, said);
    }
}

#[test]
fn pages_of_the_list_join_up_whatever_their_bounds() {
    let place = place(small());
    let mut workspace = place.open().unwrap();
    let said = send_mixture(&mut workspace, 30);
    workspace.send(1, NOW, &[track("late", "u", "")]);
    let handle = workspace.pipeline.handle();
    for (rows_max, items_max) in [(1, usize::MAX), (7, usize::MAX), (usize::MAX, 1), (3, 5)] {
        let (mut before, mut offsets) = (None, Vec::new());
        loop {
            let reach = Reach { before, rows_max, items_max, ..ALL };
            let page = handle.passages(reach, &PassageFilter::default()).unwrap();
            assert!(page.rows.len() <= rows_max && page.rows.len() <= items_max);
            offsets.extend(page.rows.iter().map(|row| row.offset.0));
            if page.is_end {
                break;
            }
            before = Some(page.looked_to);
        }
        assert_eq!(offsets, (0..=said.len() as u64).rev().collect::<Vec<_>>());
    }
    let from = Offset(said.len() as u64 - 9);
    let tail = handle.passages(Reach { from, ..ALL }, &PassageFilter::default()).unwrap();
    assert_eq!(tail.rows.len(), 10);
    assert_eq!((tail.looked_to, tail.is_end), (from, true));
}

#[test]
fn filters_take_what_they_say() {
    let place = place(PipelineConfig::default());
    let mut workspace = place.open().unwrap();
    workspace.send(1, NOW, &[track("m1", "anna", ""), track("m2", "", "a-1"), track("m3", "", "")]);
    let page = r#"{"userId":"bob","type":"page","name":"Prices","messageId":"m4"}"#;
    workspace.send(2, NOW, &[page.to_owned(), track("m4", "bob", "")]);
    workspace.drain();
    let handle = workspace.pipeline.handle();
    let check = |filter: PassageFilter, expected: &[u64]| {
        let found = handle.passages(ALL, &filter).unwrap().rows;
        assert_eq!(
            found.iter().map(|row| row.offset.0).collect::<Vec<_>>(),
            expected,
            "{filter:?}"
        );
    };
    let any = PassageFilter::default;
    let in_state = |state| PassageFilter { state: Some(state), ..any() };
    check(PassageFilter { source: Some(SourceNo(2)), ..any() }, &[4, 3]);
    check(PassageFilter { event_type: Some(EventType::Page), ..any() }, &[3]);
    check(PassageFilter { name: Some("Bought".into()), ..any() }, &[4, 2, 1, 0]);
    check(in_state(PassageState::Accepted), &[3, 1, 0]);
    check(in_state(PassageState::Refused), &[2]);
    check(in_state(PassageState::Duplicate), &[4]);
    check(in_state(PassageState::Waiting), &[]);
    check(PassageFilter { text: Some(TextFilter::new("PRICES")), ..any() }, &[3]);
    let by_id = |id: &str| PassageFilter {
        person: Some(PassagePerson { nodes: Vec::new(), id: id.into() }),
        ..any()
    };
    check(by_id("bob"), &[4, 3]);
    check(by_id("a-1"), &[1]);
    let anna = handle.people().find_by_external_id("user_id", "anna").unwrap().unwrap();
    let person = PassagePerson { nodes: vec![anna], id: "nobody".into() };
    check(PassageFilter { person: Some(person), ..any() }, &[0]);
}

#[test]
fn a_refused_or_waiting_item_is_found_by_its_message_id() {
    let place = place(small());
    let mut workspace = place.open().unwrap();
    send_mixture(&mut workspace, 20);
    // Sent again, and refused again: the last one is found.
    workspace.send(1, NOW, &[track("r7", "", "")]);
    workspace.drain();
    workspace.send(1, NOW, &[track("late", "u", "")]);
    drop(workspace);
    let workspace = place.open().unwrap();
    let handle = workspace.pipeline.handle();
    let last = handle.received_keep_from().0 - 1;
    let refused = |source, id: &str| handle.find_refused(SourceNo(source), id).unwrap();
    let found = refused(1, "r7").unwrap();
    assert_eq!((found.offset.0, found.outcome), (last, Outcome::Refused(Refusal::NoUserAnonId)));
    assert_eq!(found.message_id.as_deref(), Some("r7"));
    assert!(refused(1, "r0").is_some() && refused(DISABLED.0, "d0").is_some());
    assert_eq!(refused(2, "r7"), None, "another source");
    assert_eq!(refused(1, "m0-0"), None, "was accepted");
    assert_eq!(handle.find_event(SourceNo(1), "r7"), None, "was refused");

    let waiting = handle.find_waiting(SourceNo(1), "late").unwrap().unwrap();
    assert_eq!((waiting.offset.0, waiting.outcome), (last + 1, Outcome::Waiting));
    assert_eq!(handle.find_waiting(SourceNo(1), "r7").unwrap(), None);
    assert_eq!(handle.find_waiting(SourceNo(2), "late").unwrap(), None);
}
