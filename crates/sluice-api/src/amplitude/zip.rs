//! A zip archive of files that are stored as they are: what is put in is compressed already. Written
//! piece by piece, so that an archive is never held in memory; each file's size is known before its
//! head, since not every reader copes with sizes that come after.

use flate2::Crc;

/// Largest archive without the 64-bit extension, which not every reader has.
pub(super) const BYTES_MAX: u64 = u32::MAX as u64;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// Version 2.0, names in UTF-8.
const VERSION: u16 = 20;
const UTF8: u16 = 1 << 11;
/// The first of January 1980: the files carry their hour in their names.
const DATE: u16 = (1 << 5) | 1;

#[derive(Default)]
pub(super) struct Zip {
    /// The directory at the end, as far as files were put in.
    directory: Vec<u8>,
    files: u16,
    /// Bytes given out.
    written: u64,
}

impl Zip {
    /// The bytes of one file, to be written next. `None` if the archive would become too large.
    pub(super) fn file(&mut self, name: &str, content: &[u8]) -> Option<Vec<u8>> {
        let at = u32::try_from(self.written).ok()?;
        let mut about = Vec::with_capacity(26 + name.len());
        let mut crc = Crc::new();
        crc.update(content);
        let (size, name_size) =
            (u32::try_from(content.len()).ok()?, u16::try_from(name.len()).ok()?);
        for short in [VERSION, UTF8, 0, 0, DATE] {
            about.extend(short.to_le_bytes());
        }
        for long in [crc.sum(), size, size] {
            about.extend(long.to_le_bytes());
        }
        for short in [name_size, 0] {
            about.extend(short.to_le_bytes());
        }
        let mut out = Vec::with_capacity(30 + name.len() + content.len());
        out.extend(LOCAL.to_le_bytes());
        out.extend(&about);
        out.extend(name.as_bytes());
        out.extend(content);
        self.written += out.len() as u64;
        self.files = self.files.checked_add(1)?;
        self.directory.extend(CENTRAL.to_le_bytes());
        self.directory.extend(VERSION.to_le_bytes());
        self.directory.extend(&about);
        // Comment, disk and attributes.
        self.directory.extend([0; 10]);
        self.directory.extend(at.to_le_bytes());
        self.directory.extend(name.as_bytes());
        (self.written + self.directory.len() as u64 <= BYTES_MAX).then_some(out)
    }

    /// The end of the archive.
    pub(super) fn end(self) -> Vec<u8> {
        let size = self.directory.len() as u32;
        let mut out = self.directory;
        out.extend(END.to_le_bytes());
        for short in [0, 0, self.files, self.files] {
            out.extend(short.to_le_bytes());
        }
        out.extend(size.to_le_bytes());
        out.extend((self.written as u32).to_le_bytes());
        out.extend(0_u16.to_le_bytes());
        out
    }
}
