//! A store written by the first version of the format is read for ever.

use std::path::Path;
use std::sync::Arc;

use sluice_base::{Disk, ManualClock, OsDisk};
use sluice_columnar::Store;

use crate::model::{Gen, Model, check, config};

fn sample() -> (Gen, Model) {
    (Gen::new(2_026), Model::default())
}

fn open(dir: &Path) -> Store {
    let disk: Arc<dyn Disk> = Arc::new(OsDisk);
    Store::open(disk, dir.to_owned(), config(), Arc::new(ManualClock::default())).unwrap()
}
