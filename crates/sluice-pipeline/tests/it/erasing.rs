//! Erasing people from both logs, with crashes in between: everything of them is gone, everything else
//! is where it was, and the counts hold.
//! `SLUICE_SEEDS` sets how many seeds run.

use std::collections::HashSet;
use std::sync::Arc;

use sluice_base::disk::CrashDisk;
use sluice_event::{Decision, EventBatch, Offset, PersonId, ReceivedRequest};
use sluice_log::Log;

use crate::crash::{Random, fill, seeds};
use crate::support::{Place, Workspace, batches, small};

const USER: &str = "u0";

/// Has the pipeline record the erasure.
fn erase(workspace: &mut Workspace, person: PersonId) {
    let handle = workspace.pipeline.handle();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let erased = handle.erase(vec![person]);
        tokio::pin!(erased);
        let step = async { while workspace.pipeline.step().unwrap() {} };
        tokio::select! {
            biased;
            done = &mut erased => return done.unwrap(),
            () = step => {}
        }
        erased.await.unwrap();
    });
}

fn person(workspace: &Workspace) -> PersonId {
    let handle = workspace.pipeline.handle();
    handle.people().find_by_external_id("user_id", USER).unwrap().unwrap()
}

/// Every item that was received, as it stands in the log now.
fn items(received: &Log) -> Vec<String> {
    let mut reader = received.reader(0);
    let mut all = Vec::new();
    while let Some(entry) = reader.next().unwrap() {
        let request = ReceivedRequest::decode(&entry.payload).unwrap();
        all.extend(request.items.iter().map(|item| format!("{item:?}")));
    }
    all
}

fn check(
    workspace: &Workspace,
    nodes: &HashSet<PersonId>,
    before: &[(Offset, EventBatch)],
    items_before: &[String],
) {
    let after = batches(&workspace.events);
    assert_eq!(after.len(), before.len() + 1, "the erasure is one record more");
    for ((base, batch), (base_before, was)) in after.iter().zip(before) {
        assert_eq!((base, batch.offsets()), (base_before, was.offsets()));
        assert_eq!((&batch.counts, batch.consumed_to), (&was.counts, was.consumed_to));
        for (stored, was) in batch.events.iter().zip(&was.events) {
            let is_theirs = nodes.contains(&was.person);
            assert_eq!(stored.is_erased(), is_theirs);
            assert!(is_theirs || stored == was, "others stay as they were");
            assert_eq!(stored.received_offset, was.received_offset);
        }
        let attached = batch.decisions.iter().filter_map(|decision| match decision {
            Decision::Attach { person, id, .. } => Some((person, id)),
            _ => None,
        });
        for (person, id) in attached {
            assert_eq!(id.value.is_empty(), nodes.contains(person));
        }
    }
    let now = items(&workspace.received);
    assert_eq!(now.len(), items_before.len());
    let mut gone = 0;
    for (item, was) in now.iter().zip(items_before) {
        assert!(!item.contains(&format!("\\\"{USER}\\\"")), "{item}");
        gone += usize::from(item != was);
        assert!(item == was || item.contains("{}"), "{item}");
    }
    assert!(gone > 0 && gone < now.len());
    workspace.pipeline.handle().check().unwrap();
}

#[test]
fn an_erased_person_is_gone_from_both_logs_whatever_crashes() {
    for seed in 0..seeds() {
        let disk = CrashDisk::new(seed);
        let mut place = Place::new(Arc::new(disk.clone()), "/w".into(), small());
        let mut workspace = place.open().unwrap();
        fill(&workspace, &mut Random(seed));
        workspace.drain();
        let before = batches(&workspace.events);
        let items_before = items(&workspace.received);
        let person = person(&workspace);
        let nodes = workspace.pipeline.handle().people().nodes_of(person).unwrap();
        let nodes: HashSet<PersonId> = nodes.into_iter().collect();
        erase(&mut workspace, person);
        let mut random = Random(seed + 1_000);
        let mut disk = disk;
        for round in 0..4 {
            disk.crash_after(random.below(30));
            // It fails, or was done before the crash.
            drop(workspace.pipeline.handle().erase_from_logs(&nodes));
            drop(workspace);
            disk = disk.crash(seed * 10 + round);
            place.disk = Arc::new(disk.clone());
            workspace = place.open().unwrap();
        }
        workspace.pipeline.handle().erase_from_logs(&nodes).unwrap();
        check(&workspace, &nodes, &before, &items_before);
        let found = workspace.pipeline.handle().people().find_by_external_id("user_id", USER);
        assert_eq!(found.unwrap(), None);
        drop(workspace);
        let mut workspace = place.open().unwrap();
        workspace.drain();
        check(&workspace, &nodes, &before, &items_before);
    }
}
