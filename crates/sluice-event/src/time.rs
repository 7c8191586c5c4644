//! Timestamps as clients write them, the corrected event time, and how timestamps leave Sluice.
//!
//! Read leniently, because SDKs differ: RFC 3339 with any number of fraction digits, `Z`, an offset
//! or nothing (UTC), a space for the `T`, a date alone, fields without leading zeros (Segment's own
//! documentation shows `2015-2-02T…`), and milliseconds since 1970 as number or text.

use sluice_base::Timestamp;

use crate::json::RawText;

const MICROS_PER_DAY: i64 = 86_400_000_000;
/// 0000-01-01T00:00:00Z to 9999-12-30T22:00:00Z: what four digits of a year can say in every time
/// zone, and the calendar library holds.
const YEARS: std::ops::Range<i64> = -62_167_219_200_000_000..253_402_207_200_000_000;
/// Fewer digits than this in a text are not taken for milliseconds: `2015` or `20150202`.
const EPOCH_DIGITS_MIN: usize = 11;

/// Reads a timestamp's text. `None` if it is none, or outside the years 0000 to 9999 (the last day excepted).
#[must_use]
pub fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.len() >= EPOCH_DIGITS_MIN && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return from_millis(text);
    }
    let at = Fields { rest: text.as_bytes() }.read()?;
    YEARS.contains(&at).then(|| Timestamp::from_micros(at))
}

/// Reads the raw JSON of a timestamp field: a string, or milliseconds as a number.
#[must_use]
pub fn parse_json(raw: &str) -> Option<Timestamp> {
    match RawText::of_literal(raw) {
        Some(text) => parse(&text.decode()),
        None => from_millis(raw),
    }
}

fn from_millis(number: &str) -> Option<Timestamp> {
    let micros = match number.parse::<i64>() {
        Ok(millis) => millis.checked_mul(1_000)?,
        #[expect(
            clippy::cast_possible_truncation,
            reason = "checked against the range of years first"
        )]
        Err(_) => {
            let micros = number.parse::<f64>().ok()? * 1_000.0;
            if !(YEARS.start as f64..YEARS.end as f64).contains(&micros) {
                return None;
            }
            micros.round() as i64
        }
    };
    YEARS.contains(&micros).then(|| Timestamp::from_micros(micros))
}

struct Fields<'a> {
    rest: &'a [u8],
}

impl Fields<'_> {
    /// Microseconds since 1970.
    fn read(mut self) -> Option<i64> {
        let year = self.number(4, 4)?;
        self.take(b'-')?;
        let month = self.number(1, 2)?;
        self.take(b'-')?;
        let day = self.number(1, 2)?;
        if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
            return None;
        }
        let days = days_from_civil(year, month, day) * MICROS_PER_DAY;
        if self.rest.is_empty() {
            return Some(days);
        }
        self.take_any(b"Tt ")?;
        let hour = self.number(1, 2)?;
        self.take(b':')?;
        let minute = self.number(1, 2)?;
        let (mut second, mut micros) = (0, 0);
        if self.take(b':').is_some() {
            second = self.number(1, 2)?;
            if self.take_any(b".,").is_some() {
                micros = self.fraction()?;
            }
        }
        // A leap second is the first of the next minute.
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let offset = self.offset()?;
        Some(days + ((hour * 60 + minute - offset) * 60 + second) * 1_000_000 + micros)
    }

    /// Minutes east of Greenwich; no zone means UTC.
    fn offset(&mut self) -> Option<i64> {
        while self.take(b' ').is_some() {}
        let sign = match self.rest.first() {
            None => return Some(0),
            Some(b'Z' | b'z') if self.rest.len() == 1 => return Some(0),
            Some(b'+') => 1,
            Some(b'-') => -1,
            Some(_) => return None,
        };
        self.rest = &self.rest[1..];
        let hours = self.number(1, 2)?;
        let minutes = if self.rest.is_empty() {
            0
        } else {
            let _ = self.take(b':');
            self.number(2, 2)?
        };
        (self.rest.is_empty() && hours <= 23 && minutes <= 59)
            .then_some(sign * (hours * 60 + minutes))
    }

    /// Microseconds; what is finer is cut.
    fn fraction(&mut self) -> Option<i64> {
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut micros = 0;
        for place in 0..6 {
            let digit = if place < digits { i64::from(self.rest[place] - b'0') } else { 0 };
            micros = micros * 10 + digit;
        }
        self.rest = &self.rest[digits..];
        Some(micros)
    }

    fn number(&mut self, digits_min: usize, digits_max: usize) -> Option<i64> {
        let digits =
            self.rest.iter().take(digits_max).take_while(|byte| byte.is_ascii_digit()).count();
        let (number, rest) = self.rest.split_at(digits);
        self.rest = rest;
        let value = number.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
        (digits >= digits_min).then_some(value)
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        self.take_any(&[byte])
    }

    fn take_any(&mut self, bytes: &[u8]) -> Option<()> {
        let (first, rest) = self.rest.split_first()?;
        bytes.contains(first).then(|| self.rest = rest)
    }
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar. Years are counted from March, so that
/// the leap day is a year's last.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Undoes [`days_from_civil`].
const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

/// The event time with the client's clock error cancelled: `received − (sent − original)`.
///
/// Without `original` it is the time of receipt; without `sent` the original stands. It is never
/// clamped, but a correction that leaves the years 0000 to 9999 is not applied.
#[must_use]
pub fn corrected(
    original: Option<Timestamp>,
    sent: Option<Timestamp>,
    received: Timestamp,
) -> Timestamp {
    let Some(original) = original else { return received };
    let Some(sent) = sent else { return original };
    let at = received.as_micros() - (sent.as_micros() - original.as_micros());
    if YEARS.contains(&at) { Timestamp::from_micros(at) } else { original }
}

/// Writes `YYYY-MM-DDTHH:MM:SS.mmmZ`, as `Timestamp`'s own printing does, only faster.
pub fn put(out: &mut String, at: Timestamp) {
    if !YEARS.contains(&at.as_micros()) {
        out.push_str(&at.to_string());
        return;
    }
    let (days, in_day) = (
        at.as_micros().div_euclid(MICROS_PER_DAY),
        at.as_micros().rem_euclid(MICROS_PER_DAY) / 1_000,
    );
    let (year, month, day) = civil_from_days(days);
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let seconds = in_day / 1_000;
    let fields = [
        (3, year),
        (6, month),
        (9, day),
        (12, seconds / 3_600),
        (15, seconds / 60 % 60),
        (18, seconds % 60),
        (22, in_day % 1_000),
    ];
    for (last_digit, mut value) in fields {
        let mut digit = last_digit;
        while value > 0 {
            text[digit] = b'0' + u8::try_from(value % 10).unwrap_or_default();
            value /= 10;
            digit = digit.wrapping_sub(1);
        }
    }
    out.push_str(std::str::from_utf8(&text).unwrap_or_default());
}
