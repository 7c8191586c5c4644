//! A small file that is always either its old or its new content, never half of one.
//!
//! Layout: magic `SLST`, version byte 1, CRC-32C of the content (u32 LE), content. Written as
//! `<name>.tmp`, synced, renamed over the old one, directory synced.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::Disk;

const HEADER: &[u8; 5] = b"SLST\x01";
const HEADER_BYTES: usize = HEADER.len() + 4;

/// One atomic, checksummed file.
pub struct StateFile {
    disk: Arc<dyn Disk>,
    path: PathBuf,
}

impl StateFile {
    pub fn new(disk: Arc<dyn Disk>, path: impl Into<PathBuf>) -> Self {
        Self { disk, path: path.into() }
    }

    /// The content of the last [`StateFile::store`] that returned, or `None` before the first.
    ///
    /// # Errors
    /// From the disk; kind `InvalidData` if the file is damaged or of an unknown version.
    pub fn load(&self) -> io::Result<Option<Vec<u8>>> {
        let file = match self.disk.open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let len = usize::try_from(file.len()?).map_err(io::Error::other)?;
        let mut bytes = vec![0; len];
        let read = file.read_at(0, &mut bytes)?;
        bytes.truncate(read);
        let damaged = |what: &str| {
            let message = format!("{} {what}", self.path.display());
            io::Error::new(io::ErrorKind::InvalidData, message)
        };
        if bytes.len() < HEADER_BYTES || bytes[..4] != HEADER[..4] {
            return Err(damaged("is not a Sluice state file"));
        }
        if bytes[4] != HEADER[4] {
            return Err(damaged("has an unknown version; was it written by a newer Sluice?"));
        }
        let content = bytes.split_off(HEADER_BYTES);
        if crc32c(&content).to_le_bytes() != bytes[HEADER.len()..] {
            return Err(damaged("is damaged: its checksum does not hold"));
        }
        Ok(Some(content))
    }

    /// Replaces the content; durable when this returns.
    ///
    /// # Errors
    /// From the disk. The old content stands unless this returned `Ok`.
    pub fn store(&self, content: &[u8]) -> io::Result<()> {
        let temporary = self.path.with_extension("tmp");
        match self.disk.remove(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut bytes = Vec::with_capacity(HEADER_BYTES + content.len());
        bytes.extend_from_slice(HEADER);
        bytes.extend_from_slice(&crc32c(content).to_le_bytes());
        bytes.extend_from_slice(content);
        let file = self.disk.create(&temporary)?;
        file.write_at(0, &bytes)?;
        file.sync()?;
        self.disk.rename(&temporary, &self.path)?;
        match self.path.parent() {
            Some(dir) => self.disk.sync_dir(dir),
            None => Ok(()),
        }
    }
}

/// CRC-32C (Castagnoli), as every Sluice file uses it.
#[must_use]
pub fn crc32c(bytes: &[u8]) -> u32 {
    u32::try_from(crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32Iscsi, bytes)).unwrap_or(u32::MAX)
}
