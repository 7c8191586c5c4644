//! The little binary encoding of both log formats: LEB128 numbers, length-prefixed bytes.
//!
//! Formats carry a version byte of their own (see `received` and `batch`); this is only the alphabet.
//! Public, because derived stores (the identity map) use the same one.

use std::sync::Arc;

use sluice_base::Timestamp;

/// Bytes in a log that do not read as the format says; the log's checksum held, so this is a fault
/// of the writer or a newer version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    #[error("log record ends in the middle of {0}")]
    Short(&'static str),
    #[error("log record has an invalid {0}")]
    Invalid(&'static str),
    #[error("log record version {found} of {what} is not known; was it written by a newer Sluice?")]
    Version { what: &'static str, found: u8 },
}

pub fn put_u64(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value as u8) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Zigzag, so that small negative numbers stay small.
pub fn put_i64(out: &mut Vec<u8>, value: i64) {
    put_u64(out, ((value << 1) ^ (value >> 63)).cast_unsigned());
}

pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_u64(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Length plus one, so that zero says "absent".
pub fn put_opt(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        None => out.push(0),
        Some(text) => {
            put_u64(out, text.len() as u64 + 1);
            out.extend_from_slice(text.as_bytes());
        }
    }
}

pub fn put_opt_time(out: &mut Vec<u8>, at: Option<Timestamp>) {
    match at {
        None => out.push(0),
        Some(at) => {
            out.push(1);
            put_i64(out, at.as_micros());
        }
    }
}

pub struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub fn u8(&mut self, what: &'static str) -> Result<u8, CodecError> {
        let (first, rest) = self.bytes.split_first().ok_or(CodecError::Short(what))?;
        self.bytes = rest;
        Ok(*first)
    }

    pub fn u64(&mut self, what: &'static str) -> Result<u64, CodecError> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8(what)?;
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                return Err(CodecError::Invalid(what));
            }
            value |= part << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(CodecError::Invalid(what))
    }

    pub fn u32(&mut self, what: &'static str) -> Result<u32, CodecError> {
        u32::try_from(self.u64(what)?).map_err(|_| CodecError::Invalid(what))
    }

    /// A number of things to follow. Each takes at least one byte, so a count beyond the bytes left
    /// is invalid; this keeps a corrupt count from asking for memory.
    pub fn count(&mut self, what: &'static str) -> Result<usize, CodecError> {
        let count = usize::try_from(self.u64(what)?).map_err(|_| CodecError::Invalid(what))?;
        if count > self.bytes.len() { Err(CodecError::Invalid(what)) } else { Ok(count) }
    }

    pub fn i64(&mut self, what: &'static str) -> Result<i64, CodecError> {
        let raw = self.u64(what)?;
        Ok((raw >> 1).cast_signed() ^ -((raw & 1).cast_signed()))
    }

    pub fn time(&mut self, what: &'static str) -> Result<Timestamp, CodecError> {
        self.i64(what).map(Timestamp::from_micros)
    }

    pub fn opt_time(&mut self, what: &'static str) -> Result<Option<Timestamp>, CodecError> {
        Ok(if self.u8(what)? == 0 { None } else { Some(self.time(what)?) })
    }

    pub fn bytes(&mut self, what: &'static str) -> Result<&'a [u8], CodecError> {
        let len = self.count(what)?;
        let (taken, rest) = self.bytes.split_at(len);
        self.bytes = rest;
        Ok(taken)
    }

    pub fn str(&mut self, what: &'static str) -> Result<&'a str, CodecError> {
        std::str::from_utf8(self.bytes(what)?).map_err(|_| CodecError::Invalid(what))
    }

    pub fn arc(&mut self, what: &'static str) -> Result<Arc<str>, CodecError> {
        self.str(what).map(Arc::from)
    }

    pub fn opt(&mut self, what: &'static str) -> Result<Option<&'a str>, CodecError> {
        let Some(len) = self.u64(what)?.checked_sub(1) else { return Ok(None) };
        let len = usize::try_from(len).map_err(|_| CodecError::Invalid(what))?;
        if len > self.bytes.len() {
            return Err(CodecError::Short(what));
        }
        let (taken, rest) = self.bytes.split_at(len);
        self.bytes = rest;
        std::str::from_utf8(taken).map(Some).map_err(|_| CodecError::Invalid(what))
    }

    pub fn opt_arc(&mut self, what: &'static str) -> Result<Option<Arc<str>>, CodecError> {
        Ok(self.opt(what)?.map(Arc::from))
    }
}
