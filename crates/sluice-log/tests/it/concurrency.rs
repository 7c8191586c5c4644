//! Many appenders and readers at once, on the real disk.

use std::sync::Arc;
use std::time::Duration;

use sluice_base::{OsDisk, SystemClock};
use sluice_log::{Log, LogConfig};

use crate::read_all;

const TASKS: u64 = 64;
const ENTRIES: u64 = 60;

fn open(dir: &std::path::Path) -> Log {
    let config = LogConfig {
        segment_bytes: 256 << 10,
        recent_bytes_max: 64 << 10,
        group_bytes: 16 << 10,
        preallocate_bytes: 64 << 10,
        reserve_bytes: 0,
        ..LogConfig::default()
    };
    Log::open(Arc::new(OsDisk), dir.join("log"), config, Arc::new(SystemClock)).unwrap()
}

fn payload(task: u64, i: u64) -> Vec<u8> {
    let size = usize::try_from(task * 37 + i * 101).unwrap() % 900;
    let mut bytes = format!("{task}/{i}/").into_bytes();
    bytes.extend((0..size).map(|n| (n * 31 % 251).to_le_bytes()[0]));
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn with_many_appenders_every_acknowledged_entry_is_read_once_at_its_offset_and_after_reopening()
 {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let log = log.clone();
            std::thread::spawn(move || follow(&log))
        })
        .collect();
    let mut tasks = Vec::new();
    for task in 0..TASKS {
        let log = log.clone();
        tasks.push(tokio::spawn(async move {
            let mut acknowledged = Vec::new();
            for i in 0..ENTRIES {
                let ticket = log.append(1, 1 + i % 3, &payload(task, i)).unwrap();
                let base = ticket.base();
                ticket.durable().await.unwrap();
                assert!(log.synced() > base);
                acknowledged.push((base, payload(task, i)));
            }
            acknowledged
        }));
    }
    let mut acknowledged = Vec::new();
    for task in tasks {
        acknowledged.extend(task.await.unwrap());
    }
    acknowledged.sort();
    for reader in readers {
        assert_eq!(reader.join().unwrap(), acknowledged);
    }
    log.stop();
    drop(log);
    let log = open(dir.path());
    let found: Vec<_> =
        read_all(&mut log.reader(0)).into_iter().map(|e| (e.base, e.payload.to_vec())).collect();
    assert_eq!(found, acknowledged);
}

fn follow(log: &Log) -> Vec<(u64, Vec<u8>)> {
    let mut reader = log.reader(0);
    let mut seen = Vec::new();
    while seen.len() as u64 != TASKS * ENTRIES {
        match reader.next().unwrap() {
            Some(entry) => seen.push((entry.base, entry.payload.to_vec())),
            None => assert!(log.wait_past(reader.position(), Duration::from_secs(60))),
        }
    }
    seen
}

#[test]
fn appenders_that_block_wait_for_room_and_readers_go_on_while_segments_are_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let config = LogConfig {
        pending_bytes_max: 2_000,
        segment_bytes: 20_000,
        reserve_bytes: 0,
        ..LogConfig::default()
    };
    let log =
        Log::open(Arc::new(OsDisk), dir.path().join("log"), config, Arc::new(SystemClock)).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for i in 0..200_u32 {
                    log.append_durable(1, 1, &i.to_le_bytes().repeat(150)).unwrap();
                }
            });
        }
        scope.spawn(|| {
            while log.synced() < 800 {
                log.rewrite(log.synced(), &mut |entry| {
                    (entry.base % 7 == 0).then(|| entry.payload.to_vec())
                })
                .unwrap();
            }
        });
        scope.spawn(|| {
            let mut reader = log.reader(0);
            for base in 0..800 {
                while log.synced() <= base {
                    assert!(log.wait_past(base, Duration::from_secs(60)));
                }
                assert_eq!(reader.next().unwrap().unwrap().base, base);
            }
        });
    });
}
