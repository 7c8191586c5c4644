//! People who were erased: in no answer as soon as it is known, and in no part when the parts that
//! had rows of them are written anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sluice_base::{CrashDisk, Disk};
use sluice_columnar::{Scope, Snapshot, Value, system};

use crate::model::{Gen, Model, Row, config, open, seeds, walked};

fn places(people: &BTreeMap<u64, Vec<Row>>) -> BTreeMap<u64, Vec<u64>> {
    let seqs = |rows: &Vec<Row>| rows.iter().map(|row| row.seq).collect();
    people.iter().map(|(person, rows)| (*person, seqs(rows))).collect()
}

/// The user ids in the dictionaries of all parts, also those that no row has.
fn user_ids(snapshot: &Snapshot) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for part in snapshot.parts() {
        let Some(column) = part.column(Scope::System, system::USER_ID).unwrap() else { continue };
        for code in 1..column.codes_count() {
            let Value::Text(id) = column.value(code) else { panic!("a user id is a text") };
            ids.insert(id.to_owned());
        }
    }
    ids
}

#[test]
fn erased_people_are_in_no_answer_at_once_and_in_no_part_later() {
    for seed in 0..seeds(24) {
        let (mut random, mut model) = (Gen::new(seed), Model::default());
        let disk: Arc<dyn Disk> = Arc::new(CrashDisk::new(seed));
        let mut store = open(&disk, config());
        for round in 0..30 {
            let (base, batch) = random.batch(&mut model);
            store.ingest(base, &batch).unwrap();
            if round % 4 == 3 {
                store.flush().unwrap();
            }
            if round % 9 == 8 {
                store.compact_once().unwrap();
            }
        }
        let all = model.rows.len() as u64;
        for victim in [1 + seed % 13, 1 + (seed * 5 + 3) % 13] {
            let person = model.canonical(victim);
            let nodes: BTreeSet<u64> =
                (1..14).filter(|node| model.canonical(*node) == person).collect();
            let (base, batch) = model.erase(&nodes);
            store.ingest(base, &batch).unwrap();
            store.flush().unwrap();
            let snapshot = store.snapshot();
            let selection = snapshot.select_all();
            for slices in [1, 3] {
                let shown = places(&walked(&selection, slices));
                assert_eq!(shown, places(&model.people()), "seed {seed}: hidden at once");
            }
            assert!(selection.person(sluice_event::PersonId(person)).is_empty());
            if seed % 3 == 0 {
                store = open(&disk, config());
            }
            let mut steps = 0;
            while store.erase_once().unwrap() {
                steps += 1;
                if steps == 1 && seed % 2 == 0 {
                    store = open(&disk, config());
                }
            }
            let snapshot = store.snapshot();
            assert_eq!(walked(&snapshot.select_all(), 3), model.people(), "seed {seed}");
            assert!(!snapshot.is_erasing());
            assert_eq!(snapshot.rows(), model.rows.len() as u64);
            assert_eq!(snapshot.erased(), all - model.rows.len() as u64, "seed {seed}");
            assert_eq!(snapshot.stored().values().sum::<u64>(), all, "taken over once");
            let ids = user_ids(&snapshot);
            assert!(nodes.iter().all(|node| !ids.contains(&format!("u{node}"))), "seed {seed}");
        }
        store.compact_all().unwrap();
        assert_eq!(walked(&store.snapshot().select_all(), 1), model.people(), "seed {seed}");
    }
}
