//! The pipeline on its own thread, on the real disk.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sluice_base::OsDisk;
use sluice_event::{MergeId, SourceNo};
use sluice_log::CommitMode;
use sluice_pipeline::{ErrorKind, PipelineConfig, PipelineHandle};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::support::{NOW, Place, append, track};

fn wait_until_read(handle: &PipelineHandle) {
    let started = Instant::now();
    while handle.waiting() > 0 {
        assert!(started.elapsed() < Duration::from_secs(20), "the pipeline does not get on");
        std::thread::yield_now();
    }
}

#[test]
fn it_works_while_events_come_undoes_merges_and_stops_with_all_stored() {
    let dir = TempDir::new().unwrap();
    let mut place = Place::new(Arc::new(OsDisk), dir.path().join("w"), PipelineConfig::default());
    place.commit = CommitMode::Thread;
    let mut workspace = place.open().unwrap();
    let handle = workspace.pipeline.handle();
    let stop = CancellationToken::new();
    let (received, events) = (workspace.received.clone(), workspace.events.clone());
    let thread = {
        let stop = stop.clone();
        std::thread::spawn(move || {
            workspace.pipeline.run(&stop).unwrap();
        })
    };
    for n in 0..300 {
        append(
            &received,
            SourceNo(1),
            NOW,
            &[track(&format!("m{n}"), "", &format!("a{}", n % 10))],
        );
    }
    append(&received, SourceNo(1), NOW, &[track("x", "u", ""), track("y", "u", "a3")]);
    wait_until_read(&handle);
    handle.check().unwrap();

    let people = handle.people();
    let owner = |kind: &str, value: &str| people.find_by_external_id(kind, value).unwrap().unwrap();
    assert_eq!(owner("user_id", "u"), owner("anonymous_id", "a3"));
    let merge = people.person(owner("user_id", "u")).unwrap().unwrap().merges[0].merge;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(handle.undo_merge(merge)).unwrap();
    assert_ne!(owner("user_id", "u"), owner("anonymous_id", "a3"));
    for (merge, kind) in [(merge, ErrorKind::NotFound), (MergeId(7), ErrorKind::NotFound)] {
        assert_eq!(runtime.block_on(handle.undo_merge(merge)).unwrap_err().kind(), kind);
    }
    stop.cancel();
    thread.join().unwrap();
    assert_eq!(handle.events_keep_from().0, events.synced(), "all derived state is stored");
    assert_eq!(
        runtime.block_on(handle.undo_merge(merge)).unwrap_err().kind(),
        ErrorKind::Unavailable
    );
    handle.check().unwrap();
    let ledger = handle.ledger();
    drop(handle);
    received.stop();
    events.stop();

    let workspace = place.open().unwrap();
    let handle = workspace.pipeline.handle();
    assert_eq!(handle.ledger(), ledger);
    let owner = |kind: &str, value: &str| handle.people().find_by_external_id(kind, value).unwrap();
    assert_ne!(owner("user_id", "u"), owner("anonymous_id", "a3"), "the undo is in the log");
}
