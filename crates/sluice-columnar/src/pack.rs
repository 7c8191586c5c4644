//! The file of a part: named entries, each 64-byte aligned and checksummed, a directory at the end.
//!
//! One file and not a folder: a part of 30 columns would need 60 creations and syncs, which at one
//! flush a second is what a slow disk can do at all; one file is one sync, one map, one removal.
//! Each entry is a complete Apache Arrow IPC file, so any tool can read what it cuts out.
//!
//! Layout: magic `SLPT`, version byte, zeros to byte 64; entries; the directory (JSON); 16 bytes of
//! trailer: length of the directory (u64 LE), its CRC-32C (u32 LE), magic `TPLS`.

use std::path::{Path, PathBuf};

use arrow_buffer::Buffer;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use sluice_base::state_file::crc32c;
use sluice_base::{Disk, FileBytes, PacedFile};

use crate::ColumnarError;

const MAGIC: &[u8; 4] = b"SLPT";
const END_MAGIC: &[u8; 4] = b"TPLS";
const VERSION: u8 = 1;
const ALIGN: u64 = 64;
const TRAILER_BYTES: usize = 16;
const EDGE_BYTES: usize = 4096;

#[derive(Serialize, Deserialize, Clone, Debug)]
struct Entry {
    name: String,
    at: u64,
    len: u64,
    crc: u32,
    /// Of the first and last bytes alone: see [`edges_crc`].
    edges: u32,
}

/// Checksum of both ends of an entry, where an IPC file keeps its metadata: Arrow's decoder panics
/// on damaged offsets, so they are checked at each opening; the body only by [`Pack::verify`].
fn edges_crc(bytes: &[u8]) -> u32 {
    let len = bytes.len().min(EDGE_BYTES);
    crc32c(&bytes[..len]) ^ crc32c(&bytes[bytes.len() - len..]).rotate_left(1)
}

#[derive(Serialize, Deserialize)]
struct Directory<H> {
    header: H,
    entries: Vec<Entry>,
}

pub(crate) struct PackWriter {
    path: PathBuf,
    file: PacedFile,
    at: u64,
    entries: Vec<Entry>,
}

impl PackWriter {
    pub(crate) fn create(disk: &dyn Disk, path: &Path) -> Result<Self, ColumnarError> {
        let file = disk.create(path).map_err(ColumnarError::io("create", path))?;
        let mut head = vec![0; ALIGN as usize];
        head[..4].copy_from_slice(MAGIC);
        head[4] = VERSION;
        let file = PacedFile::new(file);
        let mut pack = Self { path: path.to_owned(), file, at: 0, entries: Vec::new() };
        pack.write(&head)?;
        Ok(pack)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), ColumnarError> {
        self.file.write_at(self.at, bytes).map_err(ColumnarError::io("write", &self.path))?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    pub(crate) fn put(
        &mut self,
        name: impl Into<String>,
        bytes: &[u8],
    ) -> Result<(), ColumnarError> {
        let padding = self.at.next_multiple_of(ALIGN) - self.at;
        self.write(&[0; ALIGN as usize][..padding as usize])?;
        let (at, len, crc) = (self.at, bytes.len() as u64, crc32c(bytes));
        let edges = edges_crc(bytes);
        self.entries.push(Entry { name: name.into(), at, len, crc, edges });
        self.write(bytes)
    }

    /// Writes the directory and syncs. Gives the size of the file.
    pub(crate) fn finish<H: Serialize>(mut self, header: H) -> Result<u64, ColumnarError> {
        let directory = Directory { header, entries: std::mem::take(&mut self.entries) };
        let json = serde_json::to_vec(&directory)
            .map_err(|error| ColumnarError::damaged(&self.path, error.to_string()))?;
        let mut end = json;
        let (len, crc) = (end.len() as u64, crc32c(&end));
        end.extend_from_slice(&len.to_le_bytes());
        end.extend_from_slice(&crc.to_le_bytes());
        end.extend_from_slice(END_MAGIC);
        self.write(&end)?;
        self.file.sync().map_err(ColumnarError::io("sync", &self.path))?;
        Ok(self.at)
    }
}

/// An open pack: the whole file mapped, entries cut out without copying.
#[derive(Debug)]
pub(crate) struct Pack {
    path: PathBuf,
    bytes: Buffer,
    entries: HashMap<String, Entry>,
}

struct Owner(FileBytes);

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Pack {
    pub(crate) fn open<H: for<'de> Deserialize<'de>>(
        disk: &dyn Disk,
        path: &Path,
    ) -> Result<(Self, H), ColumnarError> {
        let mapped = disk.map(path).map_err(ColumnarError::io("map", path))?;
        let bytes = Buffer::from(bytes::Bytes::from_owner(Owner(mapped)));
        let damaged = |what: &str| ColumnarError::damaged(path, what);
        if bytes.len() < ALIGN as usize + TRAILER_BYTES || bytes[..4] != *MAGIC {
            return Err(damaged("not a part"));
        }
        if bytes[4] != VERSION {
            return Err(ColumnarError::Version {
                path: path.to_owned(),
                found: bytes[4],
                known: VERSION,
            });
        }
        let (body, trailer) = bytes.split_at(bytes.len() - TRAILER_BYTES);
        let (len, rest) = trailer.split_at(8);
        let len = u64::from_le_bytes(len.try_into().map_err(|_| damaged("trailer"))?) as usize;
        if rest[4..] != *END_MAGIC || len > body.len() {
            return Err(damaged("no directory at its end"));
        }
        let json = &body[body.len() - len..];
        if crc32c(json).to_le_bytes() != rest[..4] {
            return Err(damaged("the directory's checksum does not hold"));
        }
        let directory: Directory<H> = serde_json::from_slice(json)
            .map_err(|error| damaged(&format!("directory: {error}")))?;
        let end = (body.len() - len) as u64;
        let mut entries = HashMap::with_capacity(directory.entries.len());
        for entry in directory.entries {
            if entry.at.checked_add(entry.len).is_none_or(|to| to > end) {
                return Err(damaged("an entry lies outside the file"));
            }
            entries.insert(entry.name.clone(), entry);
        }
        Ok((Self { path: path.to_owned(), bytes, entries }, directory.header))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn entry(&self, name: &str) -> Result<Option<Buffer>, ColumnarError> {
        let Some(entry) = self.entries.get(name) else { return Ok(None) };
        let bytes = self.bytes.slice_with_length(entry.at as usize, entry.len as usize);
        if edges_crc(&bytes) != entry.edges {
            let what = format!("the checksum of `{name}` does not hold");
            return Err(ColumnarError::damaged(&self.path, what));
        }
        Ok(Some(bytes))
    }

    /// Reads every byte and compares the checksums.
    pub(crate) fn verify(&self) -> Result<(), ColumnarError> {
        for entry in self.entries.values() {
            let bytes = &self.bytes[entry.at as usize..(entry.at + entry.len) as usize];
            if crc32c(bytes) != entry.crc {
                let what = format!("the checksum of `{}` does not hold", entry.name);
                return Err(ColumnarError::damaged(&self.path, what));
            }
        }
        Ok(())
    }
}
