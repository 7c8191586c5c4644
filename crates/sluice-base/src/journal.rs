//! A small durable list of changes that is rewritten as one snapshot when it has grown.
//!
//! For state that changes often by a little: a reader's cursor with its parked set. Each append is
//! one atomic commit.
//!
//! Layout: magic `SLJN`, version byte 1, three zero bytes, a random mark (u64 LE); then records of
//! mark (u64 LE), length (u32 LE), CRC-32C (u32 LE, over position, length and content), content.
//! At most one record is in flight, so damage at the end is a torn append and is cut at opening,
//! while damage with a good record after it is corruption and an error. The mark and the position
//! keep a record from being taken for one that only stands in the content of another. What cannot
//! be told from a torn append is later damage of the very last record.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::state_file::{crc32c, invalid, read_all, replace, sync_parent};
use crate::{Disk, DiskFile};

const MAGIC: &[u8; 8] = b"SLJN\x01\0\0\0";
const HEADER_BYTES: usize = 16;
const RECORD_HEAD_BYTES: usize = 16;

pub struct Journal {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    file: Arc<dyn DiskFile>,
    mark: u64,
    end: u64,
}

impl Journal {
    /// Opens or creates the journal and gives its records in order. All it gives is durable, also
    /// what a killed process had written but not synced.
    ///
    /// # Errors
    /// From the disk; kind `InvalidData` if a record other than the last is damaged.
    pub fn open(disk: Arc<dyn Disk>, path: impl Into<PathBuf>) -> io::Result<(Self, Vec<Vec<u8>>)> {
        let path = path.into();
        let file = match disk.open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let (file, mark, end) = write_new(&*disk, &path, &[])?;
                return Ok((Self { disk, path, file, mark, end }, Vec::new()));
            }
            Err(error) => return Err(error),
        };
        let bytes = read_all(&*file)?;
        let mark = match bytes.get(..HEADER_BYTES) {
            Some(header) if header[..MAGIC.len()] == *MAGIC => u64_at(header, MAGIC.len()),
            _ => return Err(invalid(&path, "is not a journal of a known version")),
        };
        let scan = scan(&bytes, mark);
        if later_record(&bytes, mark, scan.end + 1) {
            return Err(invalid(&path, &format!("is damaged at byte {}", scan.end)));
        }
        // The last record may be in the cache only, and even be taken for clean there after a
        // failed sync: it is written again before anyone acts on it.
        if scan.end < bytes.len() {
            file.set_len(scan.end as u64)?;
        }
        file.write_at(scan.last as u64, &bytes[scan.last..scan.end])?;
        file.sync()?;
        sync_parent(&*disk, &path)?;
        Ok((Self { disk, path, file, mark, end: scan.end as u64 }, scan.records))
    }

    /// Adds one record; durable when this returns. After an error the journal must not be used
    /// again: open it anew, the record is there or not.
    ///
    /// # Errors
    /// From the disk.
    pub fn append(&mut self, record: &[u8]) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(RECORD_HEAD_BYTES + record.len());
        put_record(&mut bytes, self.mark, self.end, record)?;
        self.file.write_at(self.end, &bytes)?;
        self.file.sync()?;
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// Replaces all records, atomically.
    ///
    /// # Errors
    /// From the disk. The journal must then be opened anew: it has the old or the new records.
    pub fn rewrite(&mut self, records: &[&[u8]]) -> io::Result<()> {
        (self.file, self.mark, self.end) = write_new(&*self.disk, &self.path, records)?;
        Ok(())
    }

    /// Size of the file, to decide when to rewrite.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.end
    }
}

fn write_new(
    disk: &dyn Disk,
    path: &Path,
    records: &[&[u8]],
) -> io::Result<(Arc<dyn DiskFile>, u64, u64)> {
    let mark = RandomState::new().hash_one(path);
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&mark.to_le_bytes());
    for record in records {
        let at = bytes.len() as u64;
        put_record(&mut bytes, mark, at, record)?;
    }
    let file = replace(disk, path, &bytes)?;
    Ok((file, mark, bytes.len() as u64))
}

fn put_record(out: &mut Vec<u8>, mark: u64, at: u64, record: &[u8]) -> io::Result<()> {
    let len = u32::try_from(record.len()).map_err(io::Error::other)?;
    out.extend_from_slice(&mark.to_le_bytes());
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&checksum(at, record).to_le_bytes());
    out.extend_from_slice(record);
    Ok(())
}

fn checksum(at: u64, record: &[u8]) -> u32 {
    let mut head = at.to_le_bytes().to_vec();
    head.extend_from_slice(&(record.len() as u64).to_le_bytes());
    crc32c(&head) ^ crc32c(record).rotate_left(1)
}

struct Scan {
    records: Vec<Vec<u8>>,
    /// Where the last record starts.
    last: usize,
    end: usize,
}

fn scan(bytes: &[u8], mark: u64) -> Scan {
    let mut scan = Scan { records: Vec::new(), last: HEADER_BYTES, end: HEADER_BYTES };
    while let Some(record) = record_at(bytes, mark, scan.end) {
        scan.last = scan.end;
        scan.end += RECORD_HEAD_BYTES + record.len();
        scan.records.push(record.to_vec());
    }
    scan
}

fn record_at(bytes: &[u8], mark: u64, at: usize) -> Option<&[u8]> {
    let head = bytes.get(at..at + RECORD_HEAD_BYTES)?;
    if u64_at(head, 0) != mark {
        return None;
    }
    let number = |i: usize| u32::from_le_bytes([head[i], head[i + 1], head[i + 2], head[i + 3]]);
    let (len, crc) = (usize::try_from(number(8)).ok()?, number(12));
    let start = at + RECORD_HEAD_BYTES;
    let record = bytes.get(start..start.checked_add(len)?)?;
    (checksum(at as u64, record) == crc).then_some(record)
}

fn later_record(bytes: &[u8], mark: u64, from: usize) -> bool {
    let mark_bytes = mark.to_le_bytes();
    let marks = bytes.get(from..).unwrap_or_default().windows(mark_bytes.len()).enumerate();
    marks
        .filter(|(_, window)| *window == mark_bytes)
        .any(|(i, _)| record_at(bytes, mark, from + i).is_some())
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CrashDisk;

    fn path() -> &'static Path {
        Path::new("/d/cursor")
    }

    fn new_disk(seed: u64) -> CrashDisk {
        let disk = CrashDisk::new(seed);
        disk.create_dir_all(Path::new("/d")).unwrap();
        disk
    }

    fn record(i: usize) -> Vec<u8> {
        vec![u8::try_from(i).unwrap(); [0, 3, 400, 1500][i % 4]]
    }

    /// Appends and now and then rewrites; gives what was acknowledged and what was tried last.
    fn work(disk: &CrashDisk) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
        let mut acknowledged = Vec::new();
        let Ok((mut journal, _)) = Journal::open(Arc::new(disk.clone()), path()) else {
            return (Vec::new(), Vec::new());
        };
        for i in 0..12 {
            let mut tried = acknowledged.clone();
            let done = if i % 5 == 4 {
                tried = vec![record(i), record(i + 1)];
                journal.rewrite(&[&record(i), &record(i + 1)])
            } else {
                tried.push(record(i));
                journal.append(&record(i))
            };
            if done.is_err() {
                return (acknowledged, tried);
            }
            acknowledged = tried;
        }
        (acknowledged.clone(), acknowledged)
    }

    #[test]
    fn after_a_crash_at_any_step_the_journal_has_all_acknowledged_records_and_at_most_one_more() {
        let whole = new_disk(0);
        let before = whole.operations();
        work(&whole);
        for step in 0..whole.operations() - before {
            for seed in 0..24 {
                let disk = new_disk(seed);
                if seed % 3 == 0 {
                    disk.fail_after(step)
                } else {
                    disk.crash_after(step)
                }
                let (acknowledged, tried) = work(&disk);
                let disk = if seed % 4 == 1 { disk.kill() } else { disk.crash(seed) };
                let (_, found) = Journal::open(Arc::new(disk.clone()), path()).unwrap();
                assert!(found == acknowledged || found == tried, "step {step} seed {seed}");
                let (mut journal, again) =
                    Journal::open(Arc::new(disk.crash(seed)), path()).unwrap();
                assert_eq!(again, found, "step {step} seed {seed}: what was opened once is lost");
                journal.append(b"more").unwrap();
            }
        }
    }

    #[test]
    fn a_damaged_record_before_the_end_is_an_error_and_at_the_end_is_cut() {
        let record_bytes = (RECORD_HEAD_BYTES + 700) as u64;
        let first = HEADER_BYTES as u64;
        for at in first..first + 2 * record_bytes {
            let disk = new_disk(0);
            let (mut journal, _) = Journal::open(Arc::new(disk.clone()), path()).unwrap();
            journal.append(&[1; 700]).unwrap();
            journal.append(&[2; 700]).unwrap();
            disk.corrupt(path(), at, 4);
            let opened = Journal::open(Arc::new(disk), path());
            if at < first + record_bytes {
                assert_eq!(opened.err().unwrap().kind(), io::ErrorKind::InvalidData, "byte {at}");
            } else {
                assert_eq!(opened.unwrap().1, [vec![1; 700]], "byte {at}");
            }
        }
    }

    #[test]
    fn a_record_that_holds_the_image_of_a_journal_does_not_pass_for_one() {
        let disk = new_disk(0);
        let (mut journal, _) = Journal::open(Arc::new(disk.clone()), path()).unwrap();
        journal.append(b"known").unwrap();
        let image = disk.map(path()).unwrap().to_vec();
        journal.append(&[image.as_slice(), &[0; 600]].concat()).unwrap();
        disk.corrupt(path(), journal.bytes() - 1, 1);
        let (_, found) = Journal::open(Arc::new(disk), path()).unwrap();
        assert_eq!(found, [b"known"]);
    }

    #[test]
    fn a_file_of_another_kind_or_version_is_refused() {
        let disk = new_disk(0);
        disk.create(path()).unwrap().write_at(0, b"SLJN\x02 from the future").unwrap();
        let error = Journal::open(Arc::new(disk), path()).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
