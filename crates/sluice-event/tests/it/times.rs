//! Timestamps as clients write them, and the table of the corrected event time.

use proptest::prelude::*;
use sluice_base::Timestamp;
use sluice_event::time;

use crate::normalize::{Given, normalized};

fn check(text: &str, expected: &str) {
    let read = time::parse(text).map_or_else(|| "none".to_owned(), |at| at.to_string());
    assert_eq!(read, expected, "{text}");
}

#[test]
fn lenient_forms_are_read() {
    for (text, expected) in [
        ("2015-02-23T22:28:55Z", "2015-02-23T22:28:55.000Z"),
        ("2015-02-23T22:28:55.1Z", "2015-02-23T22:28:55.100Z"),
        ("2015-02-23T22:28:55.111Z", "2015-02-23T22:28:55.111Z"),
        ("2015-02-23T22:28:55.123456789Z", "2015-02-23T22:28:55.123Z"),
        ("2015-02-23T22:28:55.387+00:00", "2015-02-23T22:28:55.387Z"),
        ("2015-02-23T22:28:55.387+0530", "2015-02-23T16:58:55.387Z"),
        ("2015-02-23T22:28:55-08", "2015-02-24T06:28:55.000Z"),
        ("2015-02-23 22:28:55", "2015-02-23T22:28:55.000Z"),
        ("2015-02-23 22:28:55 +01:00", "2015-02-23T21:28:55.000Z"),
        ("2015-02-23t22:28z", "2015-02-23T22:28:00.000Z"),
        ("2015-2-02T2:8:5Z", "2015-02-02T02:08:05.000Z"),
        ("2015-02-23", "2015-02-23T00:00:00.000Z"),
        ("2016-02-29", "2016-02-29T00:00:00.000Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
        (" 2015-02-23T22:28:55Z ", "2015-02-23T22:28:55.000Z"),
        ("1424730535123", "2015-02-23T22:28:55.123Z"),
        ("9999-12-30T21:59:59.999Z", "9999-12-30T21:59:59.999Z"),
        ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"),
    ] {
        check(text, expected);
    }
}

#[test]
fn what_is_no_timestamp_is_none() {
    for text in [
        "",
        "now",
        "2015",
        "20150223",
        "2015-13-01",
        "2015-02-29",
        "2015-00-10",
        "2015-02-23T25:00:00Z",
        "2015-02-23T22:61:00Z",
        "2015-02-23T22:28:55ZZ",
        "2015-02-23T22:28:55+25:00",
        "2015-02-23T",
        "2015-02-23T22",
        "15-02-23",
        "2015-02-23T22:28:55 PM",
        "0000-01-01T00:00:00+01:00",
        "99999999999999999999999999",
        "-99999999999999999",
        "9999-12-31",
        "２０１５-02-23",
    ] {
        check(text, "none");
    }
}

#[test]
fn numbers_are_milliseconds() {
    let read = |raw| time::parse_json(raw).map(Timestamp::as_micros);
    assert_eq!(read("1424730535123"), Some(1_424_730_535_123_000));
    assert_eq!(read("1424730535123.5"), Some(1_424_730_535_123_500));
    assert_eq!(read("1.424730535123e12"), Some(1_424_730_535_123_000));
    assert_eq!(read("0"), Some(0));
    assert_eq!(read("-1000"), Some(-1_000_000));
    for raw in ["1e300", "true", "null", "{}", "9223372036854775807"] {
        assert_eq!(read(raw), None, "{raw}");
    }
}

proptest! {
    #![proptest_config(crate::cases())]

    #[test]
    fn a_written_timestamp_reads_back(millis in -62_167_219_200_000i64..253_402_207_200_000) {
        let at = Timestamp::from_millis(millis);
        let mut text = String::new();
        time::put(&mut text, at);
        prop_assert_eq!(&text, &at.to_string());
        prop_assert_eq!(time::parse(&text), Some(at));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in ".{0,40}", dated in "[0-9TtZz:+., -]{0,40}") {
        let _ = (time::parse(&text), time::parse_json(&text), time::parse(&dated));
    }
}

/// Segment's table: `timestamp = receivedAt − (sentAt − originalTimestamp)`, row by row. All events
/// are received at 2026-03-01T12:00:00.000Z.
#[test]
fn the_event_time_follows_the_table() {
    let rows: [(&str, &str, &str, &str, &str); 10] = [
        (
            "all three present",
            r#""2026-03-01T10:00:00Z""#,
            r#""2026-03-01T10:00:05Z""#,
            "2026-03-01T11:59:55.000Z",
            r#""2026-03-01T10:00:00Z""#,
        ),
        ("no timestamp", "null", r#""2026-03-01T10:00:05Z""#, "2026-03-01T12:00:00.000Z", "absent"),
        ("sentAt absent", r#""2020-01-01""#, "null", "2020-01-01T00:00:00.000Z", r#""2020-01-01""#),
        ("sentAt empty", r#""2020-01-01""#, r#""""#, "2020-01-01T00:00:00.000Z", r#""2020-01-01""#),
        (
            "sentAt unparseable",
            r#""2020-01-01""#,
            r#""soon""#,
            "2020-01-01T00:00:00.000Z",
            r#""2020-01-01""#,
        ),
        (
            "sentAt equal",
            r#""2020-01-01""#,
            r#""2020-01-01""#,
            "2026-03-01T12:00:00.000Z",
            r#""2020-01-01""#,
        ),
        (
            "timestamp unparseable",
            r#""yesterday""#,
            r#""2026-03-01T10:00:05Z""#,
            "2026-03-01T12:00:00.000Z",
            r#""yesterday""#,
        ),
        (
            "in the future after correction",
            r#""2030-01-01T00:00:00Z""#,
            "null",
            "2030-01-01T00:00:00.000Z",
            r#""2030-01-01T00:00:00Z""#,
        ),
        (
            "original after sent",
            r#""2026-03-01T10:00:05Z""#,
            r#""2026-03-01T10:00:00Z""#,
            "2026-03-01T12:00:05.000Z",
            r#""2026-03-01T10:00:05Z""#,
        ),
        (
            "milliseconds as number",
            "1772359200000",
            "1772359205000",
            "2026-03-01T11:59:55.000Z",
            "1772359200000",
        ),
    ];
    for (row, timestamp, sent_at, expected, original) in rows {
        let item =
            format!(r#"{{"userId":"u","event":"e","timestamp":{timestamp},"sentAt":{sent_at}}}"#);
        let event = normalized(&Given::track(&item)).unwrap();
        assert_eq!(event.timestamp.to_string(), expected, "{row}");
        let json: serde_json::Value = serde_json::from_str(&event.json).unwrap();
        assert_eq!(json["timestamp"], expected, "{row}");
        let kept =
            json.get("originalTimestamp").map_or_else(|| "absent".to_owned(), ToString::to_string);
        assert_eq!(kept, original, "{row}");
    }
}

#[test]
fn the_batch_sent_at_applies_to_items_without_their_own() {
    let with = |item| Given { sent_at: Some(r#""2026-03-01T10:00:05Z""#), ..Given::track(item) };
    let at = |given: &Given<'_>| normalized(given).unwrap().timestamp.to_string();
    let item = r#"{"userId":"u","event":"e","timestamp":"2026-03-01T10:00:00Z"}"#;
    assert_eq!(at(&with(item)), "2026-03-01T11:59:55.000Z");
    let own = r#"{"userId":"u","event":"e","timestamp":"2026-03-01T10:00:00Z","sentAt":""}"#;
    assert_eq!(at(&with(own)), "2026-03-01T10:00:00.000Z");
}

#[test]
fn a_correction_out_of_all_years_is_not_applied() {
    let item = r#"{"userId":"u","event":"e","timestamp":"9999-12-01","sentAt":"0001-01-01"}"#;
    let event = normalized(&Given::track(item)).unwrap();
    assert_eq!(event.timestamp.to_string(), "9999-12-01T00:00:00.000Z");
}
