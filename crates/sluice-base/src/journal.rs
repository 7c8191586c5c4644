//! A small durable list of changes that is rewritten as one snapshot when it has grown.
//!
//! For state that changes often by a little: a reader's cursor with its parked set. Each append is
//! one atomic commit. Layout: magic `SLJN`, version byte 1, then records of length (u32 LE),
//! CRC-32C (u32 LE), content. A torn last record is cut at opening; damage before it is an error.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::state_file::crc32c;
use crate::{Disk, DiskFile};

const HEADER: &[u8; 5] = b"SLJN\x01";
const RECORD_HEAD_BYTES: usize = 8;

pub struct Journal {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    file: Arc<dyn DiskFile>,
    end: u64,
}

impl Journal {
    /// Opens or creates the journal and gives its records in order.
    ///
    /// # Errors
    /// From the disk; kind `InvalidData` if a record other than the last is damaged.
    pub fn open(disk: Arc<dyn Disk>, path: impl Into<PathBuf>) -> io::Result<(Self, Vec<Vec<u8>>)> {
        let path = path.into();
        let file = match disk.open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut journal = Self { file: Self::write_new(&disk, &path, &[])?.0, disk, path, end: 0 };
                journal.end = HEADER.len() as u64;
                return Ok((journal, Vec::new()));
            }
            Err(error) => return Err(error),
        };
        let len = usize::try_from(file.len()?).map_err(io::Error::other)?;
        let mut bytes = vec![0; len];
        let read = file.read_at(0, &mut bytes)?;
        bytes.truncate(read);
        if bytes.get(..HEADER.len()) != Some(HEADER) {
            let message = format!("{} is not a journal of a known version", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        let (records, end) = read_records(&bytes, &path)?;
        if end < bytes.len() {
            file.set_len(end as u64)?;
            file.sync()?;
        }
        Ok((Self { disk, path, file, end: end as u64 }, records))
    }

    /// Adds one record; durable when this returns. After an error the journal must not be used
    /// again: open it anew.
    ///
    /// # Errors
    /// From the disk.
    pub fn append(&mut self, record: &[u8]) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(RECORD_HEAD_BYTES + record.len());
        put_record(&mut bytes, record)?;
        self.file.write_at(self.end, &bytes)?;
        self.file.sync()?;
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// Replaces all records, atomically.
    ///
    /// # Errors
    /// From the disk; the old records stand unless this returned `Ok`.
    pub fn rewrite(&mut self, records: &[&[u8]]) -> io::Result<()> {
        let (file, end) = Self::write_new(&self.disk, &self.path, records)?;
        self.file = file;
        self.end = end;
        Ok(())
    }

    /// Size of the file, to decide when to rewrite.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.end
    }

    fn write_new(
        disk: &Arc<dyn Disk>,
        path: &std::path::Path,
        records: &[&[u8]],
    ) -> io::Result<(Arc<dyn DiskFile>, u64)> {
        let temporary = path.with_extension("tmp");
        match disk.remove(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut bytes = HEADER.to_vec();
        for record in records {
            put_record(&mut bytes, record)?;
        }
        let file = disk.create(&temporary)?;
        file.write_at(0, &bytes)?;
        file.sync()?;
        disk.rename(&temporary, path)?;
        if let Some(dir) = path.parent() {
            disk.sync_dir(dir)?;
        }
        Ok((file, bytes.len() as u64))
    }
}

fn put_record(out: &mut Vec<u8>, record: &[u8]) -> io::Result<()> {
    let len = u32::try_from(record.len()).map_err(io::Error::other)?;
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&crc32c(record).to_le_bytes());
    out.extend_from_slice(record);
    Ok(())
}

fn read_records(bytes: &[u8], path: &std::path::Path) -> io::Result<(Vec<Vec<u8>>, usize)> {
    let mut records = Vec::new();
    let mut at = HEADER.len();
    while let Some(head) = bytes.get(at..at + RECORD_HEAD_BYTES) {
        let number = |i: usize| u32::from_le_bytes([head[i], head[i + 1], head[i + 2], head[i + 3]]);
        let (len, crc) = (number(0) as usize, number(4));
        let start = at + RECORD_HEAD_BYTES;
        let Some(record) = bytes.get(start..start + len) else { break };
        if crc32c(record) != crc {
            if start + len < bytes.len() {
                let message = format!("{} is damaged at byte {at}", path.display());
                return Err(io::Error::new(io::ErrorKind::InvalidData, message));
            }
            break;
        }
        records.push(record.to_vec());
        at = start + len;
    }
    Ok((records, at))
}
