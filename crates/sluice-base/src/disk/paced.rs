//! Large files written so that the disk never has much of them to write at once.

use std::io;
use std::sync::Arc;

use super::DiskFile;

const UNSYNCED_BYTES_MAX: usize = 2 << 20;

/// A file that is synced while it is written: a log's sync, for which a sender waits, does not wait
/// behind all of a large file, neither at the disk nor in the file system's journal.
pub struct PacedFile {
    file: Arc<dyn DiskFile>,
    unsynced: usize,
}

impl PacedFile {
    pub fn new(file: Arc<dyn DiskFile>) -> Self {
        Self { file, unsynced: 0 }
    }

    /// # Errors
    /// From the disk; after that the file is good for nothing.
    pub fn write_at(&mut self, mut offset: u64, bytes: &[u8]) -> io::Result<()> {
        for bytes in bytes.chunks(UNSYNCED_BYTES_MAX) {
            self.file.write_at(offset, bytes)?;
            offset += bytes.len() as u64;
            self.unsynced += bytes.len();
            if self.unsynced >= UNSYNCED_BYTES_MAX {
                self.sync()?;
            }
        }
        Ok(())
    }

    /// # Errors
    /// From the disk; after that the file is good for nothing.
    pub fn sync(&mut self) -> io::Result<()> {
        self.unsynced = 0;
        self.file.sync()
    }
}
