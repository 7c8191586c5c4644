//! What every disk must do, checked on both; and what only `CrashDisk` shows.

use std::io::ErrorKind;
use std::path::Path;

use super::{CrashDisk, Disk, OsDisk};

fn on_both_disks(check: impl Fn(&dyn Disk, &Path)) {
    let dir = tempfile::tempdir().unwrap();
    check(&OsDisk, dir.path());
    let disk = CrashDisk::new(1);
    disk.create_dir_all(Path::new("/data")).unwrap();
    check(&disk, Path::new("/data"));
}

fn content(disk: &dyn Disk, path: &Path) -> Vec<u8> {
    disk.map(path).unwrap().to_vec()
}

fn put(disk: &dyn Disk, path: &Path, bytes: &[u8]) {
    disk.create(path).unwrap().write_at(0, bytes).unwrap();
}

#[test]
fn a_new_file_is_empty_and_its_name_is_taken() {
    on_both_disks(|disk, dir| {
        let path = dir.join("a");
        assert!(disk.create(&path).unwrap().is_empty().unwrap());
        assert_eq!(disk.create(&path).err().unwrap().kind(), ErrorKind::AlreadyExists);
        assert_eq!(disk.list(dir).unwrap(), ["a"]);
        assert!(disk.map(&path).unwrap().is_empty());
    });
}

#[test]
fn what_does_not_exist_is_not_found() {
    on_both_disks(|disk, dir| {
        let none = dir.join("none");
        assert_eq!(disk.open(&none).err().unwrap().kind(), ErrorKind::NotFound);
        assert_eq!(disk.map(&none).err().unwrap().kind(), ErrorKind::NotFound);
        assert_eq!(disk.remove(&none).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(disk.rename(&none, &dir.join("to")).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(disk.create(&none.join("file")).err().unwrap().kind(), ErrorKind::NotFound);
        assert_eq!(disk.sync_dir(&none).unwrap_err().kind(), ErrorKind::NotFound);
        assert!(disk.list(&none).unwrap().is_empty());
        disk.remove_dir_all(&none).unwrap();
    });
}

#[test]
fn a_gap_and_a_longer_length_read_as_zeros() {
    on_both_disks(|disk, dir| {
        let file = disk.create(&dir.join("a")).unwrap();
        file.write_at(3, b"xyz").unwrap();
        file.set_len(8).unwrap();
        let mut into = [9; 16];
        assert_eq!(file.read_at(0, &mut into).unwrap(), 8);
        assert_eq!(&into[..8], b"\0\0\0xyz\0\0");
        assert_eq!(file.read_at(100, &mut into).unwrap(), 0);
        file.set_len(4).unwrap();
        file.set_len(6).unwrap();
        assert_eq!(content(disk, &dir.join("a")), b"\0\0\0x\0\0");
        file.sync().unwrap();
        assert_eq!(file.len().unwrap(), 6);
    });
}

#[test]
fn an_open_file_outlives_its_name() {
    on_both_disks(|disk, dir| {
        let (a, b) = (dir.join("a"), dir.join("b"));
        put(disk, &a, b"old");
        put(disk, &b, b"new");
        let old = disk.open(&a).unwrap();
        let map = disk.map(&a).unwrap();
        disk.rename(&b, &a).unwrap();
        disk.sync_dir(dir).unwrap();
        let mut into = [0; 3];
        old.read_at(0, &mut into).unwrap();
        assert_eq!(
            (&into, &*map, content(disk, &a).as_slice()),
            (b"old", &b"old"[..], &b"new"[..])
        );
        disk.remove(&a).unwrap();
        assert!(disk.list(dir).unwrap().is_empty());
        old.read_at(0, &mut into).unwrap();
        assert_eq!(&into, b"old");
    });
}

#[test]
fn directories_are_made_listed_renamed_and_removed_with_all_inside() {
    on_both_disks(|disk, dir| {
        let deep = dir.join("x/y");
        disk.create_dir_all(&deep).unwrap();
        disk.create_dir_all(&deep).unwrap();
        put(disk, &deep.join("f"), b"1");
        assert_eq!(disk.list(&dir.join("x")).unwrap(), ["y"]);
        disk.rename(&deep, &dir.join("z")).unwrap();
        assert_eq!(disk.list(dir).unwrap(), ["x", "z"]);
        assert_eq!(content(disk, &dir.join("z/f")), b"1");
        disk.remove_dir_all(&dir.join("z")).unwrap();
        assert_eq!(disk.list(dir).unwrap(), ["x"]);
        assert!(disk.free_bytes(dir).unwrap() > 0);
    });
}

fn with_file(seed: u64, bytes: &[u8]) -> (CrashDisk, std::sync::Arc<dyn super::DiskFile>) {
    let disk = CrashDisk::new(seed);
    disk.create_dir_all(Path::new("/d")).unwrap();
    let file = disk.create(Path::new("/d/f")).unwrap();
    file.write_at(0, bytes).unwrap();
    file.sync().unwrap();
    disk.sync_dir(Path::new("/d")).unwrap();
    (disk, file)
}

#[test]
fn after_a_crash_synced_bytes_stand_and_each_unsynced_sector_is_old_or_new() {
    let (disk, file) = with_file(7, &[1; 2048]);
    file.write_at(512, &[2; 3000]).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..200 {
        let after = content(&disk.crash(seed), Path::new("/d/f"));
        assert!((2048..=3512).contains(&after.len()), "seed {seed}");
        assert!(after[..512].iter().all(|b| *b == 1), "seed {seed}");
        let sectors: Vec<u8> = after.chunks(512).map(|sector| sector[0]).collect();
        for (i, sector) in after.chunks(512).enumerate() {
            assert!(sector.iter().all(|b| *b == sector[0]), "seed {seed} mixes sector {i}");
        }
        seen.insert(sectors);
    }
    assert!(seen.len() > 20, "the seeds show only {} outcomes", seen.len());
    assert!(file.sync().is_err(), "the crashed disk still answers");
}

#[test]
fn after_a_crash_a_name_is_there_only_if_its_directory_was_synced_or_by_luck() {
    let mut outcomes = std::collections::BTreeSet::new();
    for seed in 0..100 {
        let (disk, _) = with_file(7, b"old");
        let dir = Path::new("/d");
        put(&disk, &dir.join("tmp"), b"new");
        disk.open(&dir.join("tmp")).unwrap().sync().unwrap();
        disk.rename(&dir.join("tmp"), &dir.join("f")).unwrap();
        let after = disk.crash(seed);
        outcomes.insert((content(&after, &dir.join("f")), after.list(dir).unwrap().len()));
    }
    let expected = [(b"new".to_vec(), 1), (b"old".to_vec(), 1), (b"old".to_vec(), 2)];
    assert_eq!(outcomes.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn a_truncation_that_was_not_synced_may_be_undone_but_never_mixed_into_the_new_length() {
    for seed in 0..100 {
        let (disk, file) = with_file(seed, &[1; 1024]);
        file.set_len(512).unwrap();
        file.sync().unwrap();
        file.set_len(1024).unwrap();
        let after = content(&disk.crash(seed), Path::new("/d/f"));
        assert!(after[..512].iter().all(|b| *b == 1));
        assert!(after[512..].iter().all(|b| *b == 0), "seed {seed}: cut bytes came back");
    }
}

#[test]
fn after_a_failed_sync_a_later_one_does_not_bring_the_bytes_back() {
    let mut lost = 0;
    for seed in 0..50 {
        let (disk, file) = with_file(seed, &[1; 4096]);
        file.write_at(0, &[2; 4096]).unwrap();
        disk.fail_after(0);
        assert!(file.sync().is_err());
        file.sync().unwrap();
        lost += usize::from(content(&disk.crash(seed), Path::new("/d/f")) != vec![2; 4096]);
    }
    assert!(lost > 10, "lost only {lost} of 50");
}

#[test]
fn a_planned_crash_cuts_one_operation_and_refuses_all_after_it() {
    let (disk, file) = with_file(7, b"x");
    disk.crash_after(1);
    file.write_at(0, b"y").unwrap();
    assert!(file.sync().is_err());
    assert!(disk.is_dead());
    assert!(disk.open(Path::new("/d/f")).is_err() && disk.list(Path::new("/d")).is_err());
    assert!(disk.crash(1).open(Path::new("/d/f")).is_ok());
}

#[test]
fn a_full_disk_refuses_to_grow_and_a_killed_process_loses_nothing_it_wrote() {
    let (disk, file) = with_file(7, b"1234");
    disk.set_capacity(Some(8));
    assert_eq!(disk.free_bytes(Path::new("/d")).unwrap(), 4);
    assert_eq!(file.write_at(4, b"56789").unwrap_err().kind(), ErrorKind::StorageFull);
    file.write_at(4, b"5678").unwrap();
    let next = disk.kill();
    assert!(file.len().is_err());
    assert_eq!(content(&next, Path::new("/d/f")), b"12345678");
    assert_eq!(content(&next.crash(0), Path::new("/d/f"))[..4], *b"1234");
}
