//! Slices: what is written is found, also after a merge, and damage is noticed.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use sluice_base::OsDisk;
use sluice_profiles::slices::{Entry, META_BYTES, Merge, Slice, SliceWriter, path};
use tempfile::TempDir;

const META: [u8; META_BYTES] = [7; META_BYTES];

/// Evenly spread, as hashes are.
fn key(n: u64) -> u128 {
    let mix = |n: u64| (n ^ (n >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9).rotate_left(31);
    (u128::from(mix(mix(n + 1))) << 64) | u128::from(mix(n ^ 0x55))
}

fn write(dir: &Path, number: u64, keys: impl Iterator<Item = u64>) -> Arc<Slice> {
    let mut entries: Vec<Entry> =
        keys.map(|n| Entry { key: key(n), value: number * 1_000_000 + n }).collect();
    entries.sort_unstable_by_key(|entry| entry.key);
    let mut writer = SliceWriter::new(&OsDisk, dir, number, entries.len(), META).unwrap();
    entries.into_iter().for_each(|entry| writer.push(entry).unwrap());
    Arc::new(writer.finish(&OsDisk, dir).unwrap())
}

fn merge(dir: &Path, inputs: Vec<Arc<Slice>>) -> std::io::Result<Slice> {
    let mut merge = Merge::start(&OsDisk, dir, 99, META, inputs)?;
    while !merge.work(1000, |_, value| value)? {}
    merge.finish(&OsDisk, dir)
}

#[test]
fn a_merged_slice_has_the_keys_of_all_and_the_newest_value_of_each() {
    let dir = TempDir::new().unwrap();
    let inputs = vec![
        write(dir.path(), 1, 0..9_000),
        write(dir.path(), 2, 6_000..14_000),
        write(dir.path(), 3, std::iter::empty()),
    ];
    let merged = merge(dir.path(), inputs).unwrap();
    merged.verify().unwrap();
    assert_eq!((merged.entries(), merged.meta()), (14_000, META));
    for n in 0..14_000 {
        let newest = if n < 6_000 { 1 } else { 2 };
        assert!(merged.may_contain(key(n)));
        assert_eq!(merged.find(key(n)), Some(newest * 1_000_000 + n));
    }
    assert_eq!(merged.find(key(14_000)), None);
}

#[test]
fn a_flipped_bit_anywhere_is_noticed() {
    let dir = TempDir::new().unwrap();
    let slice = write(dir.path(), 1, 0..5_000);
    slice.verify().unwrap();
    let file = path(dir.path(), 1);
    let whole = std::fs::read(&file).unwrap();
    let entries_at = whole.len() - (2 + 2) * 4 - 5_000 * 24;
    drop(slice);
    for at in (0..44).chain((64..whole.len()).step_by(97)) {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        std::fs::write(&file, damaged).unwrap();
        let opened = Slice::open(&OsDisk, dir.path(), 1);
        let error = opened.as_ref().map_or_else(
            |error| Some(error.kind()),
            |slice| slice.verify().err().map(|error| error.kind()),
        );
        assert_eq!(error, Some(ErrorKind::InvalidData), "byte {at}");
        let is_entry = (entries_at..entries_at + 5_000 * 24).contains(&at);
        if let Some(slice) = opened.ok().filter(|_| is_entry) {
            let merged = merge(dir.path(), vec![Arc::new(slice)]);
            let error = merged.err().map(|error| error.kind());
            assert_eq!(error, Some(ErrorKind::InvalidData), "byte {at} is merged");
        }
    }
}
