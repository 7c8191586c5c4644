//! The index against a plain map, over flushes, merges, crashes and time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use sluice_base::Timestamp;
use sluice_base::disk::CrashDisk;
use sluice_event::{Offset, SourceNo};
use sluice_pipeline::dedupe::{DedupeConfig, DedupeIndex, WINDOW};

use crate::support::{DAY, NOW};

const SOURCE: SourceNo = SourceNo(1);

fn config() -> DedupeConfig {
    DedupeConfig { memory_entries_max: 50, slice_entries_max: 3000, ..DedupeConfig::default() }
}

fn open(disk: &CrashDisk, config: &DedupeConfig) -> DedupeIndex {
    DedupeIndex::open(Arc::new(disk.clone()), "d".into(), config.clone()).unwrap()
}

fn accept(index: &mut DedupeIndex, id: &str, offset: u64, at: Timestamp) -> bool {
    let key = index.key(SOURCE, id);
    let earlier = index.probe(&[key])[0];
    index.accept(key, earlier, Offset(offset), at).is_none()
}

#[test]
fn it_answers_like_a_plain_map_over_flushes_merges_and_restarts() {
    let mut disk = CrashDisk::new(5);
    let mut index = open(&disk, &config());
    // What is durable in the log: id, offset, time; the index is to agree with it.
    let mut log: Vec<(String, u64, Timestamp)> = Vec::new();
    let mut model: HashMap<String, (u64, Timestamp)> = HashMap::new();
    let mut random = 7u64;
    let mut next = move |n: u64| {
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % n
    };
    let mut at = NOW;
    for offset in 1..6000 {
        at = at.plus(Duration::from_secs(next(3600)));
        let id = format!("m{}", next(1500));
        let expected = model.get(&id).is_none_or(|(_, before)| *before <= at.minus(WINDOW));
        assert_eq!(accept(&mut index, &id, offset, at), expected, "{id} at offset {offset}");
        if expected {
            model.insert(id.clone(), (offset, at));
            log.push((id, offset, at));
        }
        if index.is_flush_due() {
            index.flush(Offset(offset + 1), offset.to_le_bytes().to_vec()).unwrap();
        }
        index.maintain(40).unwrap();
        if next(700) == 0 {
            disk = if next(2) == 0 { disk.crash(offset) } else { disk.kill() };
            index = open(&disk, &config());
            let from = index.applied_to().0;
            for (id, offset, at) in log.iter().filter(|entry| entry.1 >= from) {
                let key = index.key(SOURCE, id);
                index.insert(key, Offset(*offset), *at);
            }
        }
    }
    for (id, (offset, seen)) in &model {
        if *seen > at.minus(WINDOW) {
            assert_eq!(index.find(index.key(SOURCE, id)), Some(Offset(*offset)));
        }
    }
    assert_eq!(index.find(index.key(SourceNo(2), "m1")), None);
    index.verify().unwrap();
    assert!(index.slices() < 20, "{} slices", index.slices());
}

#[test]
fn slices_older_than_the_window_are_dropped() {
    let disk = CrashDisk::new(1);
    let mut index = open(&disk, &config());
    for n in 0..4000u64 {
        accept(&mut index, &format!("m{n}"), n, NOW.plus(DAY / 40 * u32::try_from(n).unwrap()));
        if index.is_flush_due() {
            index.flush(Offset(n + 1), Vec::new()).unwrap();
        }
        // A merge is often under way while its inputs are dropped.
        index.maintain(3).unwrap();
    }
    // 100 days went by, 40 ids a day; 28 days and one slice's span are kept.
    assert_eq!(index.find(index.key(SOURCE, "m100")), None);
    assert!(index.find(index.key(SOURCE, "m3000")).is_some());
    assert!(index.disk_bytes() < 40 * 33 * 60, "{} bytes", index.disk_bytes());
}

#[test]
fn a_disk_budget_shortens_the_window_and_says_so_also_after_a_restart() {
    let disk = CrashDisk::new(1);
    let config = DedupeConfig { disk_bytes_max: Some(20_000), ..config() };
    let mut index = open(&disk, &config);
    let at = |n: u64| NOW.plus(Duration::from_secs(n * 60));
    for n in 0..4000u64 {
        accept(&mut index, &format!("m{n}"), n, at(n));
        if index.is_flush_due() {
            index.flush(Offset(n + 1), Vec::new()).unwrap();
        }
        // A merge is often under way while its inputs are dropped.
        index.maintain(3).unwrap();
    }
    assert!(index.disk_bytes() <= 20_000);
    let index = open(&disk, &config);
    let start = index.window_start(at(4000));
    assert!(start > at(0) && start < at(3990), "{start}");
    let remembered = |n: u64| index.find(index.key(SOURCE, &format!("m{n}"))).is_some();
    assert!(
        (0..3990).filter(|n| at(*n) > start).all(remembered),
        "all of the window that is claimed"
    );
    assert!(!remembered(0));
}

#[test]
fn a_clock_that_jumps_does_not_break_the_index() {
    let disk = CrashDisk::new(1);
    let mut index = open(&disk, &config());
    for (n, days) in [0u32, 40, 80, 10, 81].into_iter().enumerate() {
        assert!(accept(&mut index, &format!("m{n}"), n as u64, NOW.plus(DAY * days)));
    }
    index.flush(Offset(5), Vec::new()).unwrap();
    let mut index = open(&disk, &config());
    assert!(!accept(&mut index, "m2", 6, NOW.plus(DAY * 82)));
    assert!(!accept(&mut index, "m4", 7, NOW.plus(DAY * 82)));
    assert!(
        !accept(&mut index, "m4", 7, NOW),
        "received before the first time, by a clock set back"
    );
    assert!(accept(&mut index, "m0", 8, NOW.plus(DAY * 82)));
}
