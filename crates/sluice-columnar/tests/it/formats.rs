//! A store written by an earlier version is read as when it was written.
//!
//! The sample is never edited. A new version of the format adds one beside it: set
//! `SLUICE_WRITE_SAMPLE` to a new folder and run this test.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sluice_base::{Disk, ManualClock, OsDisk, Timestamp};
use sluice_columnar::Store;

use crate::model::{Gen, Model, check, config, walked};

fn open(dir: &Path) -> Store {
    let disk: Arc<dyn Disk> = Arc::new(OsDisk);
    Store::open(disk, dir.to_owned(), config(), Arc::new(ManualClock::new(Timestamp::ZERO)))
        .unwrap()
}

fn text(store: &Store) -> String {
    let mut text = String::new();
    for (person, rows) in walked(&store.snapshot().select_all(), 1) {
        for row in rows {
            let line = (row.time, row.seq, row.name, row.message_id, row.values);
            writeln!(text, "{person} {line:?}").unwrap();
        }
    }
    text
}

fn write_sample(dir: &Path) {
    let (mut rng, mut model) = (Gen::new(2_026), Model::default());
    let store = open(&dir.join("parts"));
    for round in 0..12 {
        let (base, batch) = rng.batch(&mut model);
        store.ingest(base, &batch).unwrap();
        if round % 2 == 1 {
            store.flush().unwrap();
        }
        if round == 7 {
            store.compact_all().unwrap();
        }
    }
    check(&store.snapshot(), &model);
    std::fs::write(dir.join("rows.txt"), text(&store)).unwrap();
}

#[test]
fn a_store_of_version_1_reads_as_when_it_was_written() {
    if let Some(dir) = std::env::var_os("SLUICE_WRITE_SAMPLE") {
        write_sample(&PathBuf::from(dir));
    }
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/v1");
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(sample.join("parts")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    let store = open(copy.path());
    store.verify().unwrap();
    assert!(store.snapshot().merges().records_count() > 0);
    assert_eq!(text(&store), std::fs::read_to_string(sample.join("rows.txt")).unwrap());
}

#[test]
fn a_flipped_bit_anywhere_in_a_part_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let (mut rng, mut model) = (Gen::new(4), Model::default());
    let store = open(dir.path());
    for _ in 0..4 {
        let (base, batch) = rng.batch(&mut model);
        store.ingest(base, &batch).unwrap();
    }
    store.flush().unwrap();
    drop(store);
    let part = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
    let part = part.filter(|path| path.extension().is_some_and(|e| e == "part")).max().unwrap();
    let whole = std::fs::read(&part).unwrap();
    let disk: Arc<dyn Disk> = Arc::new(OsDisk);
    let mut found = 0;
    for at in (64..whole.len()).step_by(53) {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        std::fs::write(&part, damaged).unwrap();
        let clock = Arc::new(ManualClock::new(Timestamp::ZERO));
        let opened = Store::open(disk.clone(), dir.path().to_owned(), config(), clock);
        let verified = opened.and_then(|store| store.verify());
        // Bytes between entries are padding and mean nothing.
        found += u32::from(verified.is_err());
    }
    let tried = (whole.len() - 64).div_ceil(53) as u32;
    assert!(found * 100 > tried * 90, "{found} of {tried}");
}
