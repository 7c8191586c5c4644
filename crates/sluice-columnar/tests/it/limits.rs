//! Names without end stay queryable (I10).

use std::sync::Arc;

use sluice_base::{CrashDisk, Disk};
use sluice_columnar::{Scope, Value};

use crate::model::{Gen, Model, check, config, open};

#[test]
fn names_beyond_the_column_limit_are_found_in_the_rest_also_after_compaction() {
    let disk: Arc<dyn Disk> = Arc::new(CrashDisk::new(5));
    let (mut rng, mut model) = (Gen::new(11), Model::default());
    let store = open(&disk, config());
    for _ in 0..30 {
        let (base, batch) = rng.batch(&mut model);
        store.ingest(base, &batch).unwrap();
        store.flush().unwrap();
    }
    check(&store.snapshot(), &model);
    store.compact_all().unwrap();
    check(&store.snapshot(), &model);
    for part in store.snapshot().parts() {
        let of =
            |scope| part.columns().iter().filter(|c| c.scope == scope && c.name != "$rest").count();
        assert!(of(Scope::Property) <= config().columns_max);
        assert!(of(Scope::Trait) <= config().columns_max);
        assert_eq!(
            part.column(Scope::Property, "no such name").unwrap().map(|c| c.codes_count()),
            None
        );
    }
    let rest = store.snapshot().parts().iter().any(|part| {
        part.column(Scope::System, "$rest")
            .unwrap()
            .is_some_and(|c| matches!(c.value(1), Value::Object(_)))
    });
    assert!(rest, "the limit was reached");
}

#[test]
fn a_new_event_name_on_every_event_widens_the_codes_and_loses_none() {
    let disk: Arc<dyn Disk> = Arc::new(CrashDisk::new(5));
    let (mut rng, mut model) = (Gen::new(12), Model::default());
    rng.names = 1_000_000_000;
    let store = open(&disk, config());
    for _ in 0..60 {
        let (base, batch) = rng.batch(&mut model);
        store.ingest(base, &batch).unwrap();
    }
    store.flush().unwrap();
    let most = store.snapshot().parts().iter().map(|part| part.events_count()).max().unwrap();
    assert!(most > 256);
    check(&store.snapshot(), &model);
}
