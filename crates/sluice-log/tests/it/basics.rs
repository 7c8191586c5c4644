//! Append, read, find, keep, replace, on a disk without faults.

use std::sync::Arc;
use std::time::Duration;

use sluice_base::{CrashDisk, Timestamp};
use sluice_log::{CommitMode, ErrorKind, Log, LogConfig, Retention};

use crate::{DIR, clock, open, payloads, read_all, small};

#[test]
fn an_entry_is_read_as_it_was_appended_once_it_is_durable_and_not_before() {
    let log = open(&CrashDisk::new(1), &small()).unwrap();
    let mut reader = log.reader(0);
    let first = log.append(1, 3, b"three").unwrap();
    let second = log.append(9, 1, b"").unwrap();
    assert_eq!((first.base(), second.base(), log.synced()), (0, 3, 0));
    assert!(reader.next().unwrap().is_none());
    second.wait().unwrap();
    first.wait().unwrap();
    let entries = read_all(&mut reader);
    let seen: Vec<_> = entries.iter().map(|e| (e.base, e.offsets, e.kind, &*e.payload)).collect();
    assert_eq!(seen, [(0, 3, 1, &b"three"[..]), (3, 1, 9, b"")]);
    assert_eq!(entries[0].written_at, Timestamp::from_secs(1_000));
    assert_eq!((reader.position(), log.synced(), *log.watch().borrow()), (4, 4, 4));
}

#[test]
fn an_offset_inside_an_entry_finds_that_entry() {
    for recent_bytes_max in [0, 1 << 20] {
        let log = open(&CrashDisk::new(1), &LogConfig { recent_bytes_max, ..small() }).unwrap();
        for i in 0..100_u8 {
            log.append_durable(1, 5, &[i; 100]).unwrap();
        }
        for offset in 0..500 {
            let entry = log.entry_at(offset).unwrap().unwrap();
            assert_eq!(
                (entry.base, entry.payload[0]),
                (offset / 5 * 5, u8::try_from(offset / 5).unwrap())
            );
        }
        assert!(log.entry_at(500).unwrap().is_none());
        let mut reader = log.reader(499);
        assert_eq!(read_all(&mut reader).len(), 1);
        reader.seek(487);
        assert_eq!(read_all(&mut reader).len(), 3);
    }
}

#[test]
fn what_was_appended_is_there_after_a_clean_restart_with_and_without_compression() {
    for zstd_level in [0, 1, 3] {
        let disk = CrashDisk::new(1);
        let config = LogConfig { zstd_level, ..small() };
        let expected: Vec<Vec<u8>> = (0..200_usize).map(|i| vec![b'x'; i * 7]).collect();
        let log = open(&disk, &config).unwrap();
        for payload in &expected {
            let _later = log
                .append(1, 1, payload)
                .or_else(|_| log.flush().and_then(|()| log.append(1, 1, payload)))
                .unwrap();
        }
        log.stop();
        assert_eq!(log.append(1, 1, b"late").err().unwrap().kind(), ErrorKind::Stopped);
        drop(log);
        let log = open(&disk.crash(3), &config).unwrap();
        assert_eq!(payloads(&log, 0), expected);
        assert_eq!(log.append_durable(1, 1, b"next").unwrap(), 200);
    }
}

#[test]
fn a_time_finds_the_first_entry_written_at_or_after_it() {
    let clock = clock();
    let disk = Arc::new(CrashDisk::new(1));
    let log = Log::open(disk.clone(), DIR, small(), clock.clone()).unwrap();
    assert_eq!(log.offset_at(Timestamp::MIN).unwrap(), 0);
    for i in 0..60 {
        clock.set(Timestamp::from_secs(2_000 + 10 * i));
        log.append_durable(1, 1, &[0; 300]).unwrap();
    }
    clock.set(Timestamp::from_secs(0));
    log.append_durable(1, 1, b"written after the clock was set back").unwrap();
    let check = |log: &Log| {
        for i in 0..60 {
            let at = u64::try_from(i).unwrap();
            assert_eq!(log.offset_at(Timestamp::from_secs(2_000 + 10 * i)).unwrap(), at);
            assert_eq!(log.offset_at(Timestamp::from_secs(1_991 + 10 * i)).unwrap(), at);
        }
        assert_eq!(log.offset_at(Timestamp::MIN).unwrap(), 0);
        assert_eq!(log.offset_at(Timestamp::from_secs(2_591)).unwrap(), 61);
    };
    check(&log);
    check(&Log::open(Arc::new(disk.kill()), DIR, small(), clock).unwrap());
}

#[test]
fn retention_by_size_drops_the_oldest_sealed_segments_below_what_is_needed() {
    let retention = Retention { age: None, bytes: Some(10 << 10) };
    let log = open(&CrashDisk::new(1), &LogConfig { retention, ..small() }).unwrap();
    for _ in 0..100 {
        log.append_durable(1, 1, &[7; 400]).unwrap();
    }
    assert_eq!(log.retain(0).unwrap(), 0);
    let before = log.disk_bytes();
    let mut inside = log.reader(0);
    inside.next().unwrap().unwrap();
    let freed = log.retain(u64::MAX).unwrap();
    assert_eq!(log.disk_bytes(), before - freed);
    assert!((6 << 10..=10 << 10).contains(&log.disk_bytes()), "{}", log.disk_bytes());
    let first = log.first();
    assert_eq!(read_all(&mut log.reader(first)).len() as u64, 100 - first);
    assert_eq!(log.reader(first - 1).next().unwrap_err().kind(), ErrorKind::Dropped);
    assert!(log.entry_at(0).unwrap().is_none());
    assert_eq!(
        inside.next().unwrap().unwrap().base,
        1,
        "a reader inside a dropped segment goes on"
    );
}

#[test]
fn retention_by_age_counts_from_the_youngest_entry_of_a_segment() {
    let clock = clock();
    let retention = Retention { age: Some(Duration::from_secs(3_600)), bytes: None };
    let config = LogConfig { retention, ..small() };
    let log = Log::open(Arc::new(CrashDisk::new(1)), DIR, config, clock.clone()).unwrap();
    for _ in 0..60 {
        log.append_durable(1, 1, &[7; 400]).unwrap();
        clock.advance(Duration::from_secs(100));
    }
    log.retain(u64::MAX).unwrap();
    let oldest = log.reader(log.first()).next().unwrap().unwrap();
    let age = Duration::from_secs(3_600 + 100 * 11);
    assert!(log.first() > 0 && oldest.written_at.plus(age) >= Timestamp::from_secs(7_000));
    assert!(log.first() <= 24, "young entries were dropped: {}", log.first());
}

#[test]
fn a_rewrite_replaces_payloads_at_the_same_offsets_and_leaves_nothing_of_the_old_on_disk() {
    use sluice_base::Disk;
    let disk = CrashDisk::new(1);
    let log = open(&disk, &small()).unwrap();
    for i in 0..100_u64 {
        log.append_durable(1, 2, format!("secret-{i:03} {}", "x".repeat(300)).as_bytes()).unwrap();
    }
    log.roll().unwrap();
    let mut old_reader = log.reader(0);
    old_reader.next().unwrap().unwrap();
    let mut given = Vec::new();
    let replaced = log.rewrite(150, &mut |entry| {
        given.push(entry.base);
        (entry.base % 4 == 0).then(|| b"stub".to_vec())
    });
    assert_eq!(replaced.unwrap(), 38);
    assert_eq!(given, (0..75).map(|i| i * 2).collect::<Vec<_>>(), "each entry below is given once");
    let mut follow = |base: u64| {
        let entry = old_reader.next().unwrap().unwrap();
        assert_eq!(entry.base, base);
        entry.payload.len()
    };
    let later: Vec<usize> = (1..30).map(|i| follow(2 * i)).collect();
    assert!(later.contains(&4), "a reader inside the old file moves to the new one");
    let check = |log: &Log| {
        for entry in read_all(&mut log.reader(0)) {
            let stub = entry.base < 150 && entry.base % 4 == 0;
            assert_eq!(&*entry.payload == b"stub", stub, "offset {}", entry.base);
        }
        assert_eq!(log.synced(), 200);
    };
    check(&log);
    for name in disk.list(DIR.as_ref()).unwrap() {
        let bytes = disk.map(&std::path::Path::new(DIR).join(name)).unwrap();
        assert!(
            !bytes.windows(10).any(|window| window == b"secret-000" || window == b"secret-074")
        );
    }
    check(&open(&disk.crash(9), &small()).unwrap());
}

#[test]
fn when_too_much_waits_or_the_volume_runs_short_an_append_is_refused_and_later_taken() {
    let disk = CrashDisk::new(1);
    let config = LogConfig { pending_bytes_max: 1_000, reserve_bytes: 10_000, ..small() };
    let clock = clock();
    let log = Log::open(Arc::new(disk.clone()), DIR, config, clock.clone()).unwrap();
    let _waits = log.append(1, 1, &[0; 900]).unwrap();
    assert_eq!(log.append(1, 1, &[0; 900]).err().unwrap().kind(), ErrorKind::Full);
    assert_eq!(log.append_durable(1, 1, &[0; 5_000]).unwrap(), 1, "a large one is taken alone");
    disk.set_capacity(Some(15_000));
    clock.advance(Duration::from_millis(100));
    log.append_durable(1, 1, b"the last before it is measured").unwrap();
    assert_eq!(log.append(1, 1, b"").err().unwrap().kind(), ErrorKind::Full);
    assert_eq!(log.append_durable(1, 1, b"").unwrap_err().kind(), ErrorKind::Full);
    disk.set_capacity(None);
    log.append_durable(1, 1, b"").unwrap();
    assert_eq!(log.append(1, 1, &vec![0; 33 << 20]).err().unwrap().kind(), ErrorKind::TooLarge);
}

#[test]
fn waiting_past_an_offset_ends_when_it_is_synced_or_the_log_stops() {
    let config = LogConfig { commit: CommitMode::Thread, ..small() };
    let log = open(&CrashDisk::new(1), &config).unwrap();
    let waiter = {
        let log = log.clone();
        std::thread::spawn(move || log.wait_past(0, Duration::from_secs(60)))
    };
    log.append_durable(1, 1, b"x").unwrap();
    assert!(waiter.join().unwrap());
    assert!(!log.wait_past(1, Duration::from_millis(1)));
    let waiter = {
        let log = log.clone();
        std::thread::spawn(move || log.wait_past(1, Duration::from_secs(60)))
    };
    log.stop();
    assert!(!waiter.join().unwrap());
}

#[test]
fn gathered_entries_are_committed_when_asked_for_by_themselves_and_at_a_stop() {
    let log_with = |gather| {
        let config = LogConfig { commit: CommitMode::Thread, gather, ..small() };
        open(&CrashDisk::new(1), &config).unwrap()
    };
    let log = log_with(Duration::from_secs(3_600));
    let tickets = [1, 2].map(|byte| log.gather(1, 1, &[byte]).unwrap());
    assert_eq!(log.synced(), 0, "they wait for more");
    log.commit_soon();
    tickets.into_iter().for_each(|ticket| ticket.wait().unwrap());
    let left = log.gather(1, 1, &[3]).unwrap();
    log.append_durable(1, 1, &[4]).unwrap();
    left.wait().unwrap();
    let _left = log.gather(1, 1, &[5]).unwrap();
    log.stop();
    assert_eq!(payloads(&log, 0), [[1], [2], [3], [4], [5]]);

    let log = log_with(Duration::from_millis(1));
    log.gather(1, 1, &[1]).unwrap().wait().unwrap();
}
