//! How much one application of a mapping may put together: a small mapping could otherwise make
//! gigabytes of a small event, by doubling what it made before. What is borrowed costs nothing.

use std::cell::Cell;

use serde_json::Value;

use crate::error::ApplyError;

/// What one application may put together in memory, intermediate values included.
pub const APPLY_BYTES_MAX: usize = 8 << 20;
/// A step of the mapping takes time even if it makes nothing.
pub(crate) const STEP: usize = 16;
/// A value in memory, beside its text.
const VALUE: usize = 32;
/// A key in memory, beside its text.
const KEY: usize = 32;
/// What reading a text makes of each of its bytes, at worst: `[0,0` are two for a value.
const READ_FACTOR: usize = 16;

#[derive(Debug)]
pub(crate) struct Budget(Cell<usize>);

impl Budget {
    pub(crate) const fn new() -> Self {
        Self(Cell::new(APPLY_BYTES_MAX))
    }

    pub(crate) const fn left(&self) -> usize {
        self.0.get()
    }

    /// To be asked before the bytes are made.
    pub(crate) fn take(&self, bytes: usize) -> Result<(), ApplyError> {
        let Some(left) = self.0.get().checked_sub(bytes) else {
            self.0.set(0);
            return Err(ApplyError::new(format!(
                "the mapping makes more than {APPLY_BYTES_MAX} bytes of this event"
            )));
        };
        self.0.set(left);
        Ok(())
    }

    /// For a copy of a value.
    pub(crate) fn take_copy(&self, value: &Value) -> Result<(), ApplyError> {
        self.take(weight(value))
    }

    /// For a value with a key of its own.
    pub(crate) fn take_member(&self, key_bytes: usize) -> Result<(), ApplyError> {
        self.take(KEY + VALUE + key_bytes)
    }

    /// For what is read from a text.
    pub(crate) fn take_reading(&self, text: &str) -> Result<(), ApplyError> {
        self.take(text.len().saturating_mul(READ_FACTOR))
    }
}

/// About what a value takes in memory.
pub(crate) fn weight(value: &Value) -> usize {
    VALUE
        + match value {
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(weight).sum(),
            Value::Object(map) => {
                map.iter().map(|(key, value)| KEY + key.len() + weight(value)).sum()
            }
            _ => 0,
        }
}
