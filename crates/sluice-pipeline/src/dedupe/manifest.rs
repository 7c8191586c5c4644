//! What stands in the index's state file: the key of the hash, the slices, how far they reach, and
//! the ledger at that point.

use std::io;

use sluice_base::Timestamp;
use sluice_event::Offset;
use sluice_event::codec::{self, CodecError, Reader};

const VERSION: u8 = 1;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub(crate) hash_key: [u64; 2],
    /// The slices hold all events below this offset of `events` that are within the window.
    pub(crate) applied_to: Offset,
    /// Numbers of the slice files, the oldest first.
    pub(crate) slices: Vec<u64>,
    pub(crate) next_number: u64,
    /// What was accepted up to here is forgotten for want of disk.
    pub(crate) forgotten_to: Timestamp,
    /// The owner's own state at `applied_to`.
    pub(crate) extra: Vec<u8>,
}

impl Manifest {
    pub(crate) const fn new(hash_key: [u64; 2]) -> Self {
        Self {
            hash_key,
            applied_to: Offset(0),
            slices: Vec::new(),
            next_number: 1,
            forgotten_to: Timestamp::MIN,
            extra: Vec::new(),
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        codec::put_u64(&mut out, self.hash_key[0]);
        codec::put_u64(&mut out, self.hash_key[1]);
        codec::put_u64(&mut out, self.applied_to.0);
        codec::put_u64(&mut out, self.slices.len() as u64);
        for number in &self.slices {
            codec::put_u64(&mut out, *number);
        }
        codec::put_u64(&mut out, self.next_number);
        codec::put_i64(&mut out, self.forgotten_to.as_micros());
        codec::put_bytes(&mut out, &self.extra);
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> io::Result<Self> {
        Self::read(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    fn read(bytes: &[u8]) -> Result<Self, CodecError> {
        let r = &mut Reader::new(bytes);
        let version = r.u8("version")?;
        if version != VERSION {
            return Err(CodecError::Version { what: "the deduplication index", found: version });
        }
        let mut manifest = Self::new([r.u64("hash key")?, r.u64("hash key")?]);
        manifest.applied_to = Offset(r.u64("applied offset")?);
        for _ in 0..r.count("slices")? {
            manifest.slices.push(r.u64("slice")?);
        }
        manifest.next_number = r.u64("next slice")?;
        manifest.forgotten_to = r.time("forgotten time")?;
        manifest.extra = r.bytes("state")?.to_vec();
        Ok(manifest)
    }
}
