//! A small file that is always either its old or its new content, never half of one.
//!
//! Layout: magic `SLST`, version byte 1, CRC-32C of the content (u32 LE), content. Written as
//! `<name>.tmp`, synced, renamed over the old one, directory synced.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::{Disk, DiskFile};

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

    /// The content of the last [`StateFile::store`], or `None` before the first. It is durable: a
    /// rename that a killed process did not sync is synced here.
    ///
    /// # Errors
    /// From the disk; kind `InvalidData` if the file is damaged or of an unknown version.
    pub fn load(&self) -> io::Result<Option<Vec<u8>>> {
        let file = match self.disk.open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = read_all(&*file)?;
        if bytes.len() < HEADER_BYTES || bytes[..4] != HEADER[..4] {
            return Err(invalid(&self.path, "is not a Sluice state file"));
        }
        if bytes[4] != HEADER[4] {
            return Err(invalid(
                &self.path,
                "has an unknown version; was it written by a newer Sluice?",
            ));
        }
        let content = bytes.split_off(HEADER_BYTES);
        if crc32c(&content).to_le_bytes() != bytes[HEADER.len()..] {
            return Err(invalid(&self.path, "is damaged: its checksum does not hold"));
        }
        sync_parent(&*self.disk, &self.path)?;
        Ok(Some(content))
    }

    /// Replaces the content; durable when this returns.
    ///
    /// # Errors
    /// From the disk. Then the file has the old or the new content: load it anew.
    pub fn store(&self, content: &[u8]) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + content.len());
        bytes.extend_from_slice(HEADER);
        bytes.extend_from_slice(&crc32c(content).to_le_bytes());
        bytes.extend_from_slice(content);
        replace(&*self.disk, &self.path, &bytes).map(drop)
    }
}

/// CRC-32C (Castagnoli), as every Sluice file uses it.
#[must_use]
pub fn crc32c(bytes: &[u8]) -> u32 {
    u32::try_from(crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32Iscsi, bytes)).unwrap_or(u32::MAX)
}

/// Writes a whole file, synced, in place of the old one.
pub(crate) fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<Arc<dyn DiskFile>> {
    let temporary = path.with_added_extension("tmp");
    match disk.remove(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = disk.create(&temporary)?;
    file.write_at(0, bytes)?;
    file.sync()?;
    disk.rename(&temporary, path)?;
    sync_parent(disk, path)?;
    Ok(file)
}

pub(crate) fn sync_parent(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |dir| disk.sync_dir(dir))
}

pub(crate) fn read_all(file: &dyn DiskFile) -> io::Result<Vec<u8>> {
    let len = usize::try_from(file.len()?).map_err(io::Error::other)?;
    let mut bytes = vec![0; len];
    let read = file.read_at(0, &mut bytes)?;
    bytes.truncate(read);
    Ok(bytes)
}

pub(crate) fn invalid(path: &Path, what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{} {what}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CrashDisk;

    fn path() -> &'static Path {
        Path::new("/d/state.json")
    }

    fn new_disk(seed: u64) -> CrashDisk {
        let disk = CrashDisk::new(seed);
        disk.create_dir_all(Path::new("/d")).unwrap();
        disk
    }

    fn state(disk: &CrashDisk) -> StateFile {
        StateFile::new(Arc::new(disk.clone()), path())
    }

    fn content(i: u8) -> Vec<u8> {
        vec![i; [0, 40, 511, 3000][usize::from(i) % 4]]
    }

    #[test]
    fn after_a_crash_at_any_step_the_file_has_its_old_or_its_new_content() {
        let whole = new_disk(0);
        let before = whole.operations();
        (0..6).for_each(|i| state(&whole).store(&content(i)).unwrap());
        for step in 0..whole.operations() - before {
            for seed in 0..24 {
                let disk = new_disk(seed);
                if seed % 3 == 0 {
                    disk.fail_after(step)
                } else {
                    disk.crash_after(step)
                }
                let stored =
                    (0..6).take_while(|i| state(&disk).store(&content(*i)).is_ok()).count();
                let disk = if seed % 4 == 1 { disk.kill() } else { disk.crash(seed) };
                let found = state(&disk).load().unwrap();
                let stored = u8::try_from(stored).unwrap();
                let old = stored.checked_sub(1).map(content);
                assert!(found == old || found == Some(content(stored)), "step {step} seed {seed}");
                let again = state(&disk.crash(seed)).load().unwrap();
                assert_eq!(again, found, "step {step} seed {seed}: what was loaded once is lost");
            }
        }
    }

    #[test]
    fn a_flipped_bit_anywhere_is_an_error() {
        let disk = new_disk(0);
        state(&disk).store(b"some content").unwrap();
        for at in 0..disk.map(path()).unwrap().len() as u64 {
            disk.corrupt(path(), at, 1);
            let error = state(&disk).load().unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "byte {at}");
            disk.corrupt(path(), at, 1);
        }
        assert_eq!(state(&disk).load().unwrap().unwrap(), b"some content");
    }

    #[test]
    fn two_files_that_differ_in_extension_do_not_share_their_temporary_file() {
        let disk = new_disk(0);
        let other = StateFile::new(Arc::new(disk.clone()), "/d/state.toml");
        disk.fail_after(2);
        assert!(state(&disk).store(b"json").is_err(), "the sync was to fail");
        other.store(b"toml").unwrap();
        assert!(disk.list(Path::new("/d")).unwrap().contains(&"state.json.tmp".to_owned()));
    }
}
