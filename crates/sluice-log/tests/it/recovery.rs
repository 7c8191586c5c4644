//! What opening takes for a torn write, what for corruption, and what a failed sync does.

use std::path::Path;
use std::sync::Arc;

use sluice_base::{CrashDisk, Disk};
use sluice_log::{CommitMode, ErrorKind, LogConfig};

use crate::{DIR, clock, last_segment, open, payloads, small};

const SEGMENT_HEADER: u64 = 64;
const BLOCK: u64 = 64 + 300 + 4;

/// Three blocks in one segment, left without a clean stop.
fn three_blocks() -> CrashDisk {
    let disk = CrashDisk::new(1);
    let log = open(&disk, &small()).unwrap();
    for i in 0..3 {
        log.append_durable(1, 1, &[i; 300]).unwrap();
    }
    disk.kill()
}

#[test]
fn a_damaged_block_with_a_good_one_behind_it_is_refused_and_at_the_end_is_cut() {
    let last = SEGMENT_HEADER + 2 * BLOCK;
    for at in SEGMENT_HEADER..last + BLOCK {
        let disk = three_blocks();
        disk.corrupt(&last_segment(&disk), at, 0x10);
        let opened = open(&disk, &small());
        if at < last {
            let error = opened.err().unwrap();
            assert_eq!(error.kind(), ErrorKind::DataLoss, "byte {at}");
            assert!(error.to_string().contains("corrupt at byte"), "{error}");
        } else {
            let log = opened.unwrap();
            assert_eq!(payloads(&log, 0), [[0; 300], [1; 300]], "byte {at}");
            let file = disk.map(&last_segment(&disk)).unwrap();
            assert!(
                file[usize::try_from(last).unwrap()..].iter().all(|byte| *byte == 0),
                "byte {at}"
            );
            assert_eq!(log.append_durable(1, 1, b"again").unwrap(), 2);
        }
    }
}

#[test]
fn after_a_clean_stop_even_the_last_block_is_not_cut_when_damaged() {
    let disk = CrashDisk::new(1);
    let log = open(&disk, &small()).unwrap();
    log.append_durable(1, 1, &[5; 300]).unwrap();
    log.stop();
    disk.corrupt(&last_segment(&disk), SEGMENT_HEADER + 100, 1);
    let log = open(&disk, &small()).unwrap();
    assert_eq!(log.synced(), 1);
    assert_eq!(log.reader(0).next().unwrap_err().kind(), ErrorKind::DataLoss);
}

#[test]
fn damage_in_a_sealed_segment_is_an_error_of_its_readers() {
    let disk = CrashDisk::new(1);
    let config = LogConfig { recent_bytes_max: 0, ..small() };
    let log = open(&disk, &config).unwrap();
    for _ in 0..40 {
        log.append_durable(1, 1, &[1; 300]).unwrap();
    }
    disk.corrupt(
        &Path::new(DIR).join(format!("{:020}.log", 0)),
        SEGMENT_HEADER + 3 * BLOCK + 90,
        1,
    );
    let log = open(&disk.kill(), &config).unwrap();
    let mut reader = log.reader(0);
    for base in 0..3 {
        assert_eq!(reader.next().unwrap().unwrap().base, base);
    }
    assert_eq!(reader.next().unwrap_err().kind(), ErrorKind::DataLoss);
    assert_eq!(reader.position(), 3, "it does not go over the gap");
}

#[test]
fn a_payload_that_holds_the_image_of_a_block_is_not_taken_for_one() {
    let disk = CrashDisk::new(1);
    let config = LogConfig { segment_bytes: 1 << 20, ..small() };
    let log = open(&disk, &config).unwrap();
    log.append_durable(1, 1, &[1; 300]).unwrap();
    let image = disk.map(&last_segment(&disk)).unwrap()[..500].to_vec();
    let other = CrashDisk::new(2);
    let victim = open(&other, &config).unwrap();
    victim.append_durable(1, 1, b"first").unwrap();
    victim.append_durable(1, 1, &image).unwrap();
    let torn = SEGMENT_HEADER + 64 + 5 + 3 + 10;
    other.corrupt(&last_segment(&other), torn, 1);
    let log = open(&other.kill(), &config).unwrap();
    assert_eq!(payloads(&log, 0), [b"first"]);
}

#[test]
fn a_segment_of_an_unknown_version_or_kind_is_refused_with_advice() {
    for (at, advice) in [(8, "newer Sluice"), (0, "not a log segment"), (20, "header is damaged")] {
        let disk = three_blocks();
        disk.corrupt(&last_segment(&disk), at, 2);
        let error = open(&disk, &small()).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::DataLoss);
        assert!(error.to_string().contains(advice), "{error}");
    }
}

#[test]
fn a_lost_or_damaged_index_is_made_anew() {
    let disk = CrashDisk::new(1);
    let log = open(&disk, &small()).unwrap();
    let expected: Vec<Vec<u8>> = (0..60).map(|i| vec![i; 300]).collect();
    for payload in &expected {
        log.append_durable(1, 1, payload).unwrap();
    }
    let dir = Path::new(DIR);
    let indexes: Vec<_> =
        disk.list(dir).unwrap().into_iter().filter(|n| n.ends_with(".idx")).collect();
    assert!(indexes.len() > 3);
    for (i, name) in indexes.iter().enumerate() {
        if i % 2 == 0 {
            disk.remove(&dir.join(name)).unwrap()
        } else {
            disk.corrupt(&dir.join(name), 20, 1)
        }
    }
    let log = open(&disk.kill(), &small()).unwrap();
    assert_eq!(payloads(&log, 0), expected);
}

#[tokio::test]
async fn a_failed_sync_stops_the_log_for_good_and_tells_everybody() {
    for what in 0..2 {
        let disk = CrashDisk::new(what);
        let config =
            LogConfig { commit: CommitMode::Thread, preallocate_bytes: 1 << 20, ..small() };
        let log = open(&disk, &config).unwrap();
        log.append(1, 1, b"good").unwrap().durable().await.unwrap();
        disk.fail_after(what);
        let ticket = log.append(1, 1, b"bad").unwrap();
        let failed = {
            let log = log.clone();
            tokio::spawn(async move { log.failed().await })
        };
        assert_eq!(ticket.durable().await.unwrap_err().kind(), ErrorKind::Stopped);
        assert!(failed.await.unwrap().to_string().contains("simulated failure"));
        let operations = disk.operations();
        assert_eq!(log.append(1, 1, b"more").err().unwrap().kind(), ErrorKind::Stopped);
        assert_eq!(log.flush().unwrap_err().kind(), ErrorKind::Stopped);
        assert_eq!(log.roll().unwrap_err().kind(), ErrorKind::Stopped);
        assert!(log.health().is_err());
        assert_eq!(payloads(&log, 0), [b"good"], "readers do not see what was not synced");
        log.stop();
        assert_eq!(disk.operations(), operations, "nothing is tried again");
    }
}

#[test]
fn what_a_reopened_log_shows_after_a_failed_sync_survives_the_next_power_loss() {
    for seed in 0..60 {
        let disk = CrashDisk::new(seed);
        let log = open(&disk, &small()).unwrap();
        log.append_durable(1, 1, &[1; 700]).unwrap();
        disk.fail_after(1 + seed % 2);
        assert!(log.append_durable(1, 1, &[2; 1_500]).is_err());
        let disk = disk.kill();
        let shown = payloads(&open(&disk, &small()).unwrap(), 0);
        let after = payloads(&open(&disk.crash(seed), &small()).unwrap(), 0);
        assert_eq!(after, shown, "seed {seed}");
    }
}

#[test]
fn what_is_acknowledged_by_a_log_whose_creation_was_cut_short_stands() {
    for step in 0..8 {
        for seed in 0..20 {
            let disk = CrashDisk::new(seed);
            disk.crash_after(step);
            drop(open(&disk, &small()));
            let disk = disk.kill();
            let log = open(&disk, &small()).unwrap();
            log.append_durable(1, 1, b"kept").unwrap();
            let log = open(&disk.crash(seed), &small()).unwrap();
            assert_eq!(payloads(&log, 0), [b"kept"], "step {step} seed {seed}");
        }
    }
}

#[test]
fn a_log_with_many_segments_opens_without_reading_them() {
    let disk = CrashDisk::new(1);
    let log = open(&disk, &small()).unwrap();
    for _ in 0..400 {
        log.append_durable(1, 1, &[1; 900]).unwrap();
    }
    log.stop();
    let dir = Path::new(DIR);
    let first = dir.join(format!("{:020}.log", 0));
    disk.corrupt(&first, 9, 0xFF);
    let log = sluice_log::Log::open(Arc::new(disk), dir, small(), clock()).unwrap();
    assert_eq!(payloads(&log, 390).len(), 10);
    assert!(log.reader(0).next().is_err());
}
