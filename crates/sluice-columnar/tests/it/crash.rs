//! A crash between any two operations of the disk: after opening, the rest of the log applied from
//! the cursor gives every row exactly once (I3).

use std::sync::Arc;

use rand::Rng;
use sluice_base::{CrashDisk, Disk};
use sluice_columnar::{ColumnarError, Store};
use sluice_event::Offset;

use crate::model::{Gen, Model, check, config, open, seeds};

fn apply(store: &Store, model: &Model, every: usize) -> Result<(), ColumnarError> {
    let cursor = store.cursor();
    for (index, (base, batch)) in model.log.iter().enumerate() {
        if Offset(base.0 + batch.offsets()) <= cursor {
            continue;
        }
        store.ingest(*base, batch)?;
        if index % every == 0 {
            store.flush()?;
        }
        if index % 5 == 0 {
            store.compact_once()?;
        }
    }
    store.flush()
}

#[test]
fn after_a_crash_at_any_operation_the_log_applied_again_gives_each_row_once() {
    for seed in 0..seeds(150) {
        let (mut rng, mut model) = (Gen::new(seed), Model::default());
        for _ in 0..15 {
            rng.batch(&mut model);
        }
        let mut disk = CrashDisk::new(seed);
        let mut crashes = 0;
        for round in 0..6 {
            disk.crash_after(rng.rng.random_range(0..120));
            let seam: Arc<dyn Disk> = Arc::new(disk.clone());
            let clock = Arc::new(sluice_base::ManualClock::new(sluice_base::Timestamp::ZERO));
            let done = Store::open(seam, "/parts".into(), config(), clock)
                .and_then(|store| apply(&store, &model, 2));
            crashes += u32::from(done.is_err());
            assert!(done.is_ok() || disk.is_dead(), "only the crash may fail: {done:?}");
            disk = if round % 3 == 2 { disk.kill() } else { disk.crash(seed * 100 + round) };
        }
        assert!(crashes > 0, "seed {seed} never crashed");
        let seam: Arc<dyn Disk> = Arc::new(disk);
        let store = open(&seam, config());
        apply(&store, &model, 3).unwrap();
        check(&store.snapshot(), &model);
        store.verify().unwrap();
    }
}

#[test]
fn after_a_failed_sync_the_store_refuses_and_a_new_opening_is_whole() {
    for n in 0..40 {
        let (mut rng, mut model) = (Gen::new(n), Model::default());
        for _ in 0..6 {
            rng.batch(&mut model);
        }
        let disk = CrashDisk::new(n);
        let seam: Arc<dyn Disk> = Arc::new(disk.clone());
        let store = open(&seam, config());
        disk.fail_after(n);
        if apply(&store, &model, 2).is_err() && store.flush().is_err() {
            assert!(matches!(store.flush(), Err(ColumnarError::Stopped)));
        }
        drop(store);
        let store = open(&seam, config());
        apply(&store, &model, 2).unwrap();
        check(&store.snapshot(), &model);
    }
}
