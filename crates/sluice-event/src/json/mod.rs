//! A scanner over JSON text: checks the syntax and gives slices, building nothing.
//!
//! It never recurses, so no nesting can overflow the stack, and it accepts exactly what RFC 8259
//! calls JSON (a differential test holds it against `serde_json`). Numbers and strings stay text.
//! Not here: what the keys of an event mean; see `wire`.

mod repair;
mod text;

use std::ops::Range;

pub use repair::repair;
use text::hex4;
pub use text::{RawText, put_string};

/// The text is not JSON, or not of the shape asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed JSON at byte {at}")]
pub struct Malformed {
    pub at: usize,
}

/// Which containers are open, one bit each (set: an object).
#[derive(Default)]
struct Open {
    depth: usize,
    top: u64,
    below: Vec<u64>,
}

impl Open {
    fn push(&mut self, object: bool) {
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.below.push(self.top);
        }
        self.top = self.top << 1 | u64::from(object);
        self.depth += 1;
    }

    fn pop(&mut self) {
        self.depth -= 1;
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.top = self.below.pop().unwrap_or_default();
        } else {
            self.top >>= 1;
        }
    }

    const fn in_object(&self) -> Option<bool> {
        if self.depth == 0 { None } else { Some(self.top & 1 == 1) }
    }
}

/// Walks JSON text from the front. Every method leaves the place behind what it read.
pub struct Scanner<'a> {
    text: &'a str,
    at: usize,
    deepest: usize,
    lone_surrogates: bool,
    escaped_keys: bool,
    huge_numbers: bool,
    longest_key: usize,
}

impl<'a> Scanner<'a> {
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            deepest: 0,
            lone_surrogates: false,
            escaped_keys: false,
            huge_numbers: false,
            longest_key: 0,
        }
    }

    /// Depth of the deepest value skipped so far: 0 for a scalar, 1 for `{}`.
    #[must_use]
    pub const fn deepest(&self) -> usize {
        self.deepest
    }

    /// Whether a string passed so far has half a surrogate pair in it, which most readers refuse.
    #[must_use]
    pub const fn has_lone_surrogates(&self) -> bool {
        self.lone_surrogates
    }

    /// Whether a key passed so far was written with escapes.
    #[must_use]
    pub const fn has_escaped_keys(&self) -> bool {
        self.escaped_keys
    }

    /// Bytes of the longest key passed so far, as written; at least its characters.
    #[must_use]
    pub const fn longest_key(&self) -> usize {
        self.longest_key
    }

    /// Whether a number passed so far is beyond what a double can hold, which most readers refuse.
    #[must_use]
    pub const fn has_huge_numbers(&self) -> bool {
        self.huge_numbers
    }

    /// Enters an object; false if it is empty (and then already left).
    ///
    /// # Errors
    /// If no object stands here.
    pub fn enter_object(&mut self) -> Result<bool, Malformed> {
        self.enter(b'{', b'}')
    }

    /// Enters an array; false if it is empty (and then already left).
    ///
    /// # Errors
    /// If no array stands here.
    pub fn enter_array(&mut self) -> Result<bool, Malformed> {
        self.enter(b'[', b']')
    }

    /// After a member: true if another follows, false if the object ended.
    ///
    /// # Errors
    /// If neither a comma nor a closing brace stands here.
    pub fn next_member(&mut self) -> Result<bool, Malformed> {
        self.next(b'}')
    }

    /// After an element: true if another follows, false if the array ended.
    ///
    /// # Errors
    /// If neither a comma nor a closing bracket stands here.
    pub fn next_element(&mut self) -> Result<bool, Malformed> {
        self.next(b']')
    }

    /// Reads a member's key and the colon.
    ///
    /// # Errors
    /// If none stands here.
    pub fn key(&mut self) -> Result<RawText<'a>, Malformed> {
        self.space();
        self.expect(b'"')?;
        let start = self.at;
        let escaped = self.string_rest()?;
        self.escaped_keys |= escaped;
        let raw = self.text.get(start..self.at - 1).unwrap_or_default();
        self.longest_key = self.longest_key.max(raw.len());
        self.space();
        self.expect(b':')?;
        Ok(RawText { raw, escaped })
    }

    /// First byte of the value that stands here.
    ///
    /// # Errors
    /// At the end of the text.
    pub fn peek(&mut self) -> Result<u8, Malformed> {
        self.space();
        self.byte().ok_or(self.wrong())
    }

    /// Passes over one value of any kind and gives its place in the text.
    ///
    /// # Errors
    /// If the text is not JSON.
    pub fn value(&mut self) -> Result<Range<usize>, Malformed> {
        self.space();
        let start = self.at;
        match self.byte() {
            Some(b'"') => {
                self.at += 1;
                self.string_rest()?;
            }
            Some(b'{' | b'[') => self.container()?,
            _ => self.scalar()?,
        }
        Ok(start..self.at)
    }

    /// # Errors
    /// If anything but white space is left.
    pub fn end(&mut self) -> Result<(), Malformed> {
        self.space();
        if self.at == self.text.len() { Ok(()) } else { Err(self.wrong()) }
    }

    /// The place reached.
    #[must_use]
    pub const fn at(&self) -> usize {
        self.at
    }

    fn container(&mut self) -> Result<(), Malformed> {
        let mut open = Open::default();
        loop {
            match self.byte() {
                Some(byte @ (b'{' | b'[')) => {
                    self.at += 1;
                    self.space();
                    let object = byte == b'{';
                    let close = if object { b'}' } else { b']' };
                    self.deepest = self.deepest.max(open.depth + 1);
                    if self.byte() == Some(close) {
                        self.at += 1;
                    } else {
                        open.push(object);
                        if object {
                            self.key()?;
                            self.space();
                        }
                        continue;
                    }
                }
                Some(b'"') => {
                    self.at += 1;
                    self.string_rest()?;
                }
                _ => self.scalar()?,
            }
            loop {
                let Some(object) = open.in_object() else { return Ok(()) };
                self.space();
                match self.byte() {
                    Some(b',') => {
                        self.at += 1;
                        if object {
                            self.key()?;
                        }
                        self.space();
                        break;
                    }
                    Some(b'}') if object => self.at += 1,
                    Some(b']') if !object => self.at += 1,
                    _ => return Err(self.wrong()),
                }
                open.pop();
            }
        }
    }

    fn enter(&mut self, open: u8, close: u8) -> Result<bool, Malformed> {
        self.space();
        self.expect(open)?;
        self.space();
        if self.byte() == Some(close) {
            self.at += 1;
            return Ok(false);
        }
        Ok(true)
    }

    fn next(&mut self, close: u8) -> Result<bool, Malformed> {
        self.space();
        match self.byte() {
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            Some(byte) if byte == close => {
                self.at += 1;
                Ok(false)
            }
            _ => Err(self.wrong()),
        }
    }

    fn scalar(&mut self) -> Result<(), Malformed> {
        let literal = match self.byte() {
            Some(b't') => "true",
            Some(b'f') => "false",
            Some(b'n') => "null",
            Some(b'-' | b'0'..=b'9') => return self.number(),
            _ => return Err(self.wrong()),
        };
        if self.text.as_bytes()[self.at..].starts_with(literal.as_bytes()) {
            self.at += literal.len();
            Ok(())
        } else {
            Err(self.wrong())
        }
    }

    fn number(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        if self.byte() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        let mut exponent = false;
        if matches!(self.byte(), Some(b'e' | b'E')) {
            exponent = true;
            self.at += 1;
            if matches!(self.byte(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        if exponent || self.at - start > 300 {
            let value = self.text.get(start..self.at).and_then(|number| number.parse::<f64>().ok());
            self.huge_numbers |= !value.is_some_and(f64::is_finite);
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        while matches!(self.byte(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(self.wrong()) } else { Ok(()) }
    }

    /// Behind the opening quote; leaves the place behind the closing one. True if escapes were met.
    #[inline]
    fn string_rest(&mut self) -> Result<bool, Malformed> {
        let bytes = self.text.as_bytes();
        let mut escaped = false;
        loop {
            while let Some(&word) = bytes.get(self.at..).and_then(<[u8]>::first_chunk::<8>) {
                let marks = special_bytes(u64::from_le_bytes(word));
                if marks == 0 {
                    self.at += 8;
                } else {
                    self.at += (marks.trailing_zeros() / 8) as usize;
                    break;
                }
            }
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(escaped);
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(0x20..) => self.at += 1,
                _ => return Err(self.wrong()),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Malformed> {
        self.at += 1;
        match self.byte() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                Ok(())
            }
            Some(b'u') => {
                self.at += 1;
                let high = self.hex()?;
                if (0xdc00..0xe000).contains(&high) {
                    self.lone_surrogates = true;
                } else if (0xd800..0xdc00).contains(&high) {
                    let next = self.text.get(self.at..).and_then(|rest| rest.strip_prefix("\\u"));
                    match next.and_then(hex4) {
                        Some((0xdc00..0xe000, _)) => self.at += 6,
                        _ => self.lone_surrogates = true,
                    }
                }
                Ok(())
            }
            _ => Err(self.wrong()),
        }
    }

    fn hex(&mut self) -> Result<u32, Malformed> {
        let (code, _) = self.text.get(self.at..).and_then(hex4).ok_or(self.wrong())?;
        self.at += 4;
        Ok(code)
    }

    #[inline]
    fn space(&mut self) {
        // Most JSON has no white space, and every mark of JSON comes after it in ASCII.
        while let Some(byte) = self.byte().filter(|byte| *byte <= b' ') {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                break;
            }
            self.at += 1;
        }
    }

    #[inline]
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        if self.byte() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.wrong())
        }
    }

    const fn wrong(&self) -> Malformed {
        Malformed { at: self.at }
    }
}

/// Marks (in the high bit) the bytes that end a run of plain string text: `"`, `\` and control
/// characters. Marks above the lowest may be false, since borrows run upward.
const fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let quote = word ^ (ONES * b'"' as u64);
    let slash = word ^ (ONES * b'\\' as u64);
    let found = (quote.wrapping_sub(ONES) & !quote)
        | (slash.wrapping_sub(ONES) & !slash)
        | (word.wrapping_sub(ONES * 0x20) & !word);
    found & HIGH
}
