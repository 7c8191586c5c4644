//! The parameters that all requests share: dates, intervals, limits.

use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::failure::{Failure, Result};

/// Groups of a breakdown, unless asked otherwise, and at most.
const GROUPS_DEFAULT: usize = 100;
const GROUPS_MAX: usize = 1_000;
/// Where each interval is a question of its own.
const INTERVALS_MAX: usize = 92;

/// A query string's parameters, in their order.
pub(super) struct Params(Vec<(String, String)>);

/// How long a point of a series is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Every {
    FiveMinutes,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
}

impl Every {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::FiveMinutes => "5_minutes",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
        }
    }
}

/// Whole days, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Days {
    pub(super) start: Date,
    pub(super) end: Date,
}

impl Days {
    pub(super) fn to_json(self) -> Value {
        json!({ "start": self.start.to_string(), "end": self.end.to_string() })
    }

    /// Whole days, weeks from Monday or months, cut at the range's ends.
    pub(super) fn intervals(self, every: Every) -> Result<Vec<Self>> {
        let mut list = Vec::new();
        let mut start = self.start;
        while start <= self.end {
            if list.len() == INTERVALS_MAX {
                let message =
                    format!("at most {INTERVALS_MAX} intervals: take a larger one by `i`");
                return Err(Failure::parameter("end", message));
            }
            let last = match every {
                Every::Week => {
                    let left = 7 - i64::from(start.weekday().to_monday_one_offset());
                    start.checked_add(left.days())
                }
                Every::Month => Ok(start.last_of_month()),
                _ => Ok(start),
            };
            let end = last.map_or(self.end, |last| last.min(self.end));
            list.push(Self { start, end });
            let Ok(next) = end.tomorrow() else { break };
            start = next;
        }
        Ok(list)
    }
}

impl Params {
    pub(super) fn of_query(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes());
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// The first of this name that is not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let named = |(held, value): &&(String, String)| held == name && !value.is_empty();
        self.0.iter().find(named).map(|(_, value)| value.as_str())
    }

    /// All of this name, in their order.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = move |(held, value): &'a (String, String)| {
            (held == name && !value.is_empty()).then_some(value.as_str())
        };
        self.0.iter().filter_map(named)
    }

    pub(super) fn required(&self, name: &str) -> Result<&str> {
        self.get(name).ok_or_else(|| Failure::invalid(format!("Missing parameter: {name}")))
    }

    /// One of `choices` by its name; the first if it is absent.
    pub(super) fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<T> {
        let Some(given) = self.get(name) else { return Ok(choices[0].1) };
        let found = choices.iter().find(|(known, _)| *known == given).map(|(_, value)| *value);
        found.ok_or_else(|| {
            let names: Vec<_> = choices.iter().map(|(name, _)| format!("`{name}`")).collect();
            Failure::parameter(name, format!("`{given}` is not one of {}", names.join(", ")))
        })
    }

    pub(super) fn number<T: std::str::FromStr>(&self, name: &str, default: T) -> Result<T> {
        let Some(given) = self.get(name) else { return Ok(default) };
        given.parse().map_err(|_| Failure::parameter(name, "it is not a whole number"))
    }

    /// `start` and `end`, both included, in the workspace's time zone.
    pub(super) fn days(&self) -> Result<Days> {
        let [start, end] = ["start", "end"].map(|name| {
            let text = self.required(name)?;
            Date::strptime("%Y%m%d", text)
                .map_err(|_| Failure::parameter(name, "a day is written YYYYMMDD"))
        });
        Ok(Days { start: start?, end: end? })
    }

    /// `i`; `choices` by their names in Amplitude's API.
    pub(super) fn every(&self, choices: &[(&str, Every)]) -> Result<Every> {
        self.choice("i", choices)
    }

    /// `n`: whom to count.
    pub(super) fn people(&self, default: &'static str) -> Result<&'static str> {
        let others = ["any", "active", "new"].into_iter().filter(|name| *name != default);
        let choices: Vec<_> =
            std::iter::once(default).chain(others).map(|name| (name, name)).collect();
        self.choice("n", &choices)
    }

    pub(super) fn limit(&self) -> Result<usize> {
        let limit = self.number("limit", GROUPS_DEFAULT)?;
        if (1..=GROUPS_MAX).contains(&limit) {
            return Ok(limit);
        }
        Err(Failure::parameter("limit", format!("it must be from 1 to {GROUPS_MAX}")))
    }

    /// Parameters that ask for something that cannot be had are refused rather than ignored.
    pub(super) fn refuse(&self, names: &[&str]) -> Result<()> {
        match names.iter().find(|name| self.get(name).is_some()) {
            Some(name) => Err(Failure::parameter(name, "it is not available here")),
            None => Ok(()),
        }
    }
}

/// `Aug 14`.
pub(super) fn month_day(date: Date) -> String {
    date.strftime("%b %-d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_with_its_plus_signs_quotes_and_repeats() {
        let params = Params::of_query(
            "e=%7B%22a%22%3A%22b+c%22%7D&e=d%20%C3%A6&limit=&start=20260301&end=20260331",
        );
        assert_eq!(params.all("e").collect::<Vec<_>>(), [r#"{"a":"b c"}"#, "d æ"]);
        assert_eq!(params.limit().unwrap(), 100);
        let days = params.days().unwrap();
        assert_eq!(days.to_json(), json!({ "start": "2026-03-01", "end": "2026-03-31" }));
        assert_eq!(month_day(days.start), "Mar 1");
        assert!(Params::of_query("start=2026-03-01&end=20260331").days().is_err());
        assert!(Params::of_query("limit=0").limit().is_err());
    }

    fn cut(start: &str, end: &str, every: Every) -> Vec<String> {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let days = Days { start: day(start), end: day(end) };
        let list = days.intervals(every).unwrap().into_iter();
        list.map(|one| format!("{}..{}", one.start, one.end)).collect()
    }

    #[test]
    fn a_range_is_cut_into_days_weeks_or_months() {
        let days = ["2026-02-28..2026-02-28", "2026-03-01..2026-03-01"];
        assert_eq!(cut("2026-02-28", "2026-03-01", Every::Day), days);
        let weeks = ["2026-03-04..2026-03-08", "2026-03-09..2026-03-15", "2026-03-16..2026-03-16"];
        assert_eq!(cut("2026-03-04", "2026-03-16", Every::Week), weeks);
        let months = ["2026-01-31..2026-01-31", "2026-02-01..2026-02-28", "2026-03-01..2026-03-02"];
        assert_eq!(cut("2026-01-31", "2026-03-02", Every::Month), months);
    }
}
