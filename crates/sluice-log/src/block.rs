//! The block: one group commit as it stands on disk. Encoding and decoding, no file.
//!
//! A header of 64 bytes, little endian, then the stored body:
//!
//! | at | field |
//! |---|---|
//! | 0 | magic `SLBK` |
//! | 4 | CRC-32C of bytes 8..64 |
//! | 8 | mark of the segment (u64): a block of another file, or one in a payload, is no block here |
//! | 16 | base offset (u64) |
//! | 24 | number of offsets (u64) |
//! | 32 | written at, microseconds (i64) |
//! | 40 | bytes of the stored body (u32) |
//! | 44 | bytes of the body (u32) |
//! | 48 | entries (u32) |
//! | 52 | CRC-32C of the stored body (u32) |
//! | 56 | codec: 0 as it is, 1 zstd; then zeros |
//!
//! The body is entries: kind (u8), offsets (LEB128), length of the payload (LEB128), payload.

use std::cell::RefCell;

use bytes::Bytes;
use sluice_base::Timestamp;
use sluice_base::state_file::crc32c;

use crate::Entry;

pub(crate) const HEADER_BYTES: usize = 64;
/// Largest payload of one entry.
pub(crate) const PAYLOAD_BYTES_MAX: usize = 32 << 20;
/// Largest group; with one more entry it still makes a body that the decoder takes.
pub(crate) const GROUP_BYTES_MAX: usize = 16 << 20;
/// What the decoder allocates at most for one block, whatever its header says.
pub(crate) const BODY_BYTES_MAX: usize = 64 << 20;
const _: () = assert!(PAYLOAD_BYTES_MAX + GROUP_BYTES_MAX + 64 < BODY_BYTES_MAX);

pub(crate) const MAGIC: [u8; 4] = *b"SLBK";

const CODEC_PLAIN: u8 = 0;
const CODEC_ZSTD: u8 = 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) mark: u64,
    pub(crate) base: u64,
    pub(crate) offsets: u64,
    pub(crate) written_at: Timestamp,
    pub(crate) stored_len: u32,
    pub(crate) body_len: u32,
    pub(crate) entries: u32,
    pub(crate) stored_crc: u32,
    pub(crate) codec: u8,
}

impl Header {
    pub(crate) const fn end(&self) -> u64 {
        self.base + self.offsets
    }

    /// Header and body on disk.
    pub(crate) const fn block_bytes(&self) -> u64 {
        HEADER_BYTES as u64 + self.stored_len as u64
    }

    pub(crate) fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut out = [0; HEADER_BYTES];
        out[..4].copy_from_slice(&MAGIC);
        out[8..16].copy_from_slice(&self.mark.to_le_bytes());
        out[16..24].copy_from_slice(&self.base.to_le_bytes());
        out[24..32].copy_from_slice(&self.offsets.to_le_bytes());
        out[32..40].copy_from_slice(&self.written_at.as_micros().to_le_bytes());
        out[40..44].copy_from_slice(&self.stored_len.to_le_bytes());
        out[44..48].copy_from_slice(&self.body_len.to_le_bytes());
        out[48..52].copy_from_slice(&self.entries.to_le_bytes());
        out[52..56].copy_from_slice(&self.stored_crc.to_le_bytes());
        out[56] = self.codec;
        let crc = crc32c(&out[8..]);
        out[4..8].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// `None` if these bytes do not start with an intact header.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; HEADER_BYTES] = bytes.get(..HEADER_BYTES)?.try_into().ok()?;
        if bytes[..4] != MAGIC || u32_at(bytes, 4) != crc32c(&bytes[8..]) {
            return None;
        }
        let header = Self {
            mark: u64_at(bytes, 8),
            base: u64_at(bytes, 16),
            offsets: u64_at(bytes, 24),
            written_at: Timestamp::from_micros(u64_at(bytes, 32).cast_signed()),
            stored_len: u32_at(bytes, 40),
            body_len: u32_at(bytes, 44),
            entries: u32_at(bytes, 48),
            stored_crc: u32_at(bytes, 52),
            codec: bytes[56],
        };
        header.base.checked_add(header.offsets)?;
        Some(header)
    }
}

/// Makes blocks; keeps the compressor and its buffer.
pub(crate) struct Encoder {
    zstd: Option<zstd::bulk::Compressor<'static>>,
    out: Vec<u8>,
}

impl Encoder {
    pub(crate) fn new(level: i32) -> std::io::Result<Self> {
        let zstd = if level == 0 { None } else { Some(zstd::bulk::Compressor::new(level)?) };
        Ok(Self { zstd, out: Vec::new() })
    }

    /// Completes `header` (lengths, checksum, codec) and gives the bytes to write. `block` has
    /// [`HEADER_BYTES`] of room in front of the body, so that an uncompressed one is not copied.
    pub(crate) fn encode<'a>(&'a mut self, header: &mut Header, block: &'a mut [u8]) -> &'a [u8] {
        let body_len = block.len() - HEADER_BYTES;
        header.body_len = length(body_len);
        if let Some(stored) = self.compressed(&block[HEADER_BYTES..]) {
            header.codec = CODEC_ZSTD;
            header.stored_len = length(stored);
            header.stored_crc = crc32c(&self.out[HEADER_BYTES..HEADER_BYTES + stored]);
            self.out[..HEADER_BYTES].copy_from_slice(&header.encode());
            return &self.out[..HEADER_BYTES + stored];
        }
        header.codec = CODEC_PLAIN;
        header.stored_len = header.body_len;
        header.stored_crc = crc32c(&block[HEADER_BYTES..]);
        block[..HEADER_BYTES].copy_from_slice(&header.encode());
        block
    }

    fn compressed(&mut self, body: &[u8]) -> Option<usize> {
        let zstd = self.zstd.as_mut()?;
        let room = HEADER_BYTES + zstd::zstd_safe::compress_bound(body.len());
        if self.out.len() < room {
            self.out.resize(room, 0);
        }
        let stored = zstd.compress_to_buffer(body, &mut self.out[HEADER_BYTES..]).ok()?;
        (stored < body.len()).then_some(stored)
    }
}

fn length(n: usize) -> u32 {
    debug_assert!(n <= BODY_BYTES_MAX);
    u32::try_from(n).unwrap_or(u32::MAX)
}

pub(crate) fn put_entry(out: &mut Vec<u8>, kind: u8, offsets: u64, payload: &[u8]) {
    out.push(kind);
    put_varint(out, offsets);
    put_varint(out, payload.len() as u64);
    out.extend_from_slice(payload);
}

fn put_varint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n.to_le_bytes()[0] | 0x80);
        n >>= 7;
    }
    out.push(n.to_le_bytes()[0]);
}

/// A committed group in memory, shared by its readers.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) base: u64,
    pub(crate) end: u64,
    pub(crate) written_at: Timestamp,
    pub(crate) entries: u32,
    pub(crate) body: Bytes,
    /// What it takes in memory.
    pub(crate) memory: usize,
}

impl Block {
    /// Checks and unpacks a stored body.
    pub(crate) fn decode(header: &Header, stored: &[u8]) -> Result<Self, &'static str> {
        let body_len = header.body_len as usize;
        if body_len > BODY_BYTES_MAX {
            return Err("the block says it is larger than any");
        }
        if stored.len() != header.stored_len as usize || crc32c(stored) != header.stored_crc {
            return Err("the checksum of the block does not hold");
        }
        let body = match header.codec {
            CODEC_PLAIN => Bytes::copy_from_slice(stored),
            CODEC_ZSTD => unpack(stored, body_len).ok_or("the body does not decompress")?.into(),
            _ => return Err("the codec is unknown; was it written by a newer Sluice?"),
        };
        if body.len() != body_len {
            return Err("the body has another length than its header says");
        }
        Ok(Self {
            base: header.base,
            end: header.end(),
            written_at: header.written_at,
            entries: header.entries,
            memory: body.len(),
            body,
        })
    }
}

fn unpack(stored: &[u8], body_len: usize) -> Option<Vec<u8>> {
    thread_local! {
        static ZSTD: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
    }
    ZSTD.with_borrow_mut(|zstd| {
        if zstd.is_none() {
            *zstd = Some(zstd::bulk::Decompressor::new().ok()?);
        }
        zstd.as_mut()?.decompress(stored, body_len).ok()
    })
}

/// Walks the entries of a block.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    at: usize,
    offset: u64,
    given: u32,
}

impl Entries {
    pub(crate) const fn of(block: &Block) -> Self {
        Self { at: 0, offset: block.base, given: 0 }
    }

    /// The next entry, `None` at the end of the block.
    pub(crate) fn next(&mut self, block: &Block) -> Result<Option<Entry>, &'static str> {
        if self.at == block.body.len() {
            let whole = self.given == block.entries && self.offset == block.end;
            return if whole {
                Ok(None)
            } else {
                Err("the block has other entries than its header says")
            };
        }
        let broken = "an entry runs over the end of its block";
        let kind = block.body[self.at];
        let mut at = self.at + 1;
        let offsets = varint(&block.body, &mut at).ok_or(broken)?;
        let len =
            varint(&block.body, &mut at).and_then(|n| usize::try_from(n).ok()).ok_or(broken)?;
        let end = at.checked_add(len).filter(|end| *end <= block.body.len()).ok_or(broken)?;
        let next =
            self.offset.checked_add(offsets).filter(|next| *next <= block.end).ok_or(broken)?;
        let (base, written_at) = (self.offset, block.written_at);
        (self.at, self.offset, self.given) = (end, next, self.given.saturating_add(1));
        Ok(Some(Entry { base, offsets, kind, written_at, payload: block.body.slice(at..end) }))
    }
}

fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut n = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        let bits = u64::from(byte & 0x7F);
        if bits << shift >> shift != bits {
            return None;
        }
        n |= bits << shift;
        if byte < 0x80 {
            return Some(n);
        }
    }
    None
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(number)
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut number = [0; 4];
    number.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(number)
}

#[cfg(test)]
mod tests;
