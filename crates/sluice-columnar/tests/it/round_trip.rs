//! Rows out equal rows in.

use std::sync::Arc;

use rand::Rng;
use sluice_base::{CrashDisk, Disk, ManualClock, OsDisk, Timestamp};
use sluice_columnar::{Partition, Store};

use crate::model::{Gen, Model, check, config, open, seeds};

#[test]
fn any_history_of_flushes_compactions_merges_and_undos_shows_the_same_rows() {
    for seed in 0..seeds(25) {
        let disk: Arc<dyn Disk> = Arc::new(CrashDisk::new(seed));
        let (mut rng, mut model) = (Gen::new(seed), Model::default());
        let mut store = open(&disk, config());
        for _ in 0..rng.rng.random_range(5..60) {
            match rng.rng.random_range(0..12) {
                0..7 => {
                    let (base, batch) = rng.batch(&mut model);
                    store.ingest(base, &batch).unwrap();
                }
                7..9 => store.flush().unwrap(),
                9 => drop(store.compact_once().unwrap()),
                10 => {
                    store.flush().unwrap();
                    store.compact_all().unwrap();
                    check(&store.snapshot(), &model);
                }
                _ => {
                    store.flush().unwrap();
                    store = open(&disk, config());
                }
            }
        }
        store.flush().unwrap();
        check(&store.snapshot(), &model);
        store.verify().unwrap();
    }
}

#[test]
fn a_snapshot_taken_before_compaction_reads_on_unchanged() {
    let dir = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(OsDisk);
    let clock = Arc::new(ManualClock::new(Timestamp::ZERO));
    let store = Store::open(disk, dir.path().join("parts"), config(), clock).unwrap();
    let (mut rng, mut model) = (Gen::new(7), Model::default());
    for _ in 0..20 {
        let (base, batch) = rng.batch(&mut model);
        store.ingest(base, &batch).unwrap();
        store.flush().unwrap();
    }
    let (before, model_before) = (store.snapshot(), model.clone());
    let parts_before = before.parts().len();
    for _ in 0..10 {
        let (base, batch) = rng.batch(&mut model);
        store.ingest(base, &batch).unwrap();
        store.flush().unwrap();
    }
    store.compact_all().unwrap();
    let partitions: std::collections::BTreeSet<Partition> =
        store.snapshot().parts().iter().map(|part| part.meta().partition).collect();
    assert_eq!(store.snapshot().parts().len(), partitions.len());
    assert!(partitions.contains(&Partition::Far) && partitions.len() > 2);
    assert!(parts_before > partitions.len());
    check(&before, &model_before);
    check(&store.snapshot(), &model);
    let files = std::fs::read_dir(dir.path().join("parts")).unwrap().count();
    assert_eq!(files, partitions.len() + 2, "old files are gone");
}

#[test]
fn a_record_that_is_in_the_store_is_passed_over() {
    let disk: Arc<dyn Disk> = Arc::new(CrashDisk::new(1));
    let (mut rng, mut model) = (Gen::new(3), Model::default());
    let store = open(&disk, config());
    for _ in 0..10 {
        let (base, batch) = rng.batch(&mut model);
        store.ingest(base, &batch).unwrap();
        store.ingest(base, &batch).unwrap();
        store.flush().unwrap();
        store.ingest(base, &batch).unwrap();
    }
    store.flush().unwrap();
    check(&store.snapshot(), &model);
}
