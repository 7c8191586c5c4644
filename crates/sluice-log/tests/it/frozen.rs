//! Can we read what the first version wrote. The files in `frozen/v1` are never edited.

use std::path::Path;

use sluice_base::{CrashDisk, Disk, Timestamp};
use sluice_log::{Entry, LogConfig};

use crate::{DIR, open, read_all, small};

const FILES: [(&str, &[u8]); 3] = [
    ("00000000000000000000.log", include_bytes!("frozen/v1/00000000000000000000.log")),
    ("00000000000000000000.idx", include_bytes!("frozen/v1/00000000000000000000.idx")),
    ("00000000000000000021.log", include_bytes!("frozen/v1/00000000000000000021.log")),
];

/// What was appended: six entries compressed, sealed; then two as they are.
fn expected() -> Vec<Entry> {
    let entry = |base, offsets, kind, seconds, payload: String| Entry {
        base,
        offsets,
        kind,
        written_at: Timestamp::from_secs(seconds),
        payload: payload.into(),
    };
    let mut entries: Vec<Entry> = (0..6_u8)
        .map(|i| {
            let base = u64::from(i) * u64::from(i + 1) / 2;
            let payload = format!("entry {i} ").repeat(usize::from(i) * 40);
            entry(base, u64::from(i) + 1, i, 1_000 + i64::from(i / 3) * 60, payload)
        })
        .collect();
    entries.push(entry(21, 1, 200, 2_000, "plain".to_owned()));
    entries.push(entry(22, 300, 255, 2_000, String::new()));
    entries
}

fn disk(files: &[(&str, &[u8])]) -> CrashDisk {
    let disk = CrashDisk::new(0);
    disk.create_dir_all(Path::new(DIR)).unwrap();
    for (name, bytes) in files {
        disk.create(&Path::new(DIR).join(name)).unwrap().write_at(0, bytes).unwrap();
    }
    disk
}

#[test]
fn a_log_of_version_1_reads_as_it_was_written_with_and_without_its_index() {
    let without_index = [FILES[0], FILES[2]];
    for files in [&FILES[..], &without_index] {
        let config = LogConfig { recent_bytes_max: 0, ..small() };
        let log = open(&disk(files), &config).unwrap();
        assert_eq!(read_all(&mut log.reader(0)), expected());
        assert_eq!(log.synced(), 322);
        assert_eq!(log.offset_at(Timestamp::from_secs(1_060)).unwrap(), 6);
        assert_eq!(log.append_durable(1, 1, b"it goes on").unwrap(), 322);
    }
}
