//! The groups that an event names, up to Amplitude's limits: what is over them is dropped, the event
//! is kept.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::check::id;
use super::request::ordered;

/// Types of groups on one event.
const TYPES_MAX: usize = 5;
/// Groups of one type on one event.
const VALUES_MAX: usize = 10;

/// Types with their groups, in the order given.
pub(super) fn of(raw: &RawValue) -> Vec<(Cow<'_, str>, Vec<String>)> {
    let given = ordered(raw.get()).unwrap_or_default().into_iter();
    given.take(TYPES_MAX).map(|(kind, raw)| (kind, values(raw))).collect()
}

/// A group's name or names.
pub(super) fn values(raw: &RawValue) -> Vec<String> {
    let list: Result<Vec<&RawValue>, _> = serde_json::from_str(raw.get());
    let list = list.unwrap_or_else(|_| vec![raw]);
    let names = list.into_iter().filter_map(id).filter(|id| !id.is_empty()).map(Cow::into_owned);
    names.take(VALUES_MAX).collect()
}

/// The same as JSON; as it came if it is within the limits.
pub(super) fn limited(raw: &RawValue) -> Cow<'_, str> {
    let given = ordered(raw.get()).unwrap_or_default();
    let over = |raw: &RawValue| {
        let list: Result<Vec<&RawValue>, _> = serde_json::from_str(raw.get());
        list.is_ok_and(|list| list.len() > VALUES_MAX)
    };
    if given.len() <= TYPES_MAX && !given.iter().any(|(_, raw)| over(raw)) {
        return Cow::Borrowed(raw.get());
    }
    let kept = of(raw).into_iter().map(|(kind, values)| (kind.into_owned(), values.into()));
    Cow::Owned(serde_json::Value::Object(kept.collect()).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_types_and_ten_groups_of_each_are_kept() {
        let many: Vec<String> = (0..12).map(|n| format!("\"g{n}\"")).collect();
        let json = format!(r#"{{"z":[{}],"y":1,"x":"a","w":"b","v":"c","u":"d"}}"#, many.join(","));
        let raw: &RawValue = serde_json::from_str(&json).unwrap();
        let kept: serde_json::Value = serde_json::from_str(&limited(raw)).unwrap();
        assert_eq!(kept["z"].as_array().unwrap().len(), 10);
        assert_eq!(kept["v"], serde_json::json!(["c"]));
        assert!(kept.get("u").is_none());
        let small: &RawValue = serde_json::from_str(r#"{"org":"15"}"#).unwrap();
        assert_eq!(limited(small), r#"{"org":"15"}"#);
    }
}
