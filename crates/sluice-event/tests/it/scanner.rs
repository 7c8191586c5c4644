//! The scanner against `serde_json`: the same texts are JSON to both.

use proptest::prelude::*;
use serde_json::value::RawValue;
use sluice_event::json::{RawText, Scanner, put_string, repair};

fn is_json(text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    scanner.value().is_ok() && scanner.end().is_ok()
}

fn check(text: &str) {
    // Raw: serde_json checks the syntax alone, as the scanner does.
    let expected = serde_json::from_str::<&RawValue>(text).is_ok();
    assert_eq!(is_json(text), expected, "{text:?}");
}

#[test]
fn it_takes_what_is_json_and_nothing_else() {
    for text in [
        "",
        " ",
        "{}",
        "[]",
        "[1,]",
        "[,1]",
        "{\"a\":1,}",
        "{\"a\"}",
        "{a:1}",
        "{\"a\" : [ ] }",
        "01",
        "-",
        "-0",
        "1.",
        ".5",
        "1e",
        "1e+",
        "1E-7",
        "+1",
        "NaN",
        "tru",
        "true",
        "nulll",
        "\"",
        "\"a",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\ud800\"",
        "\"\\ud83d\\ude00\"",
        "\"\t\"",
        "\"\u{7f}\"",
        "[1 2]",
        "[1]]",
        "[[1]",
        "{\"a\":1]",
        "[\"a\"}",
        "\u{feff}{}",
        "{\"a\":{\"b\":[{}]}} ",
        "\"é\u{1f600}\"",
        "1 2",
        "\"\\u+123\"",
    ] {
        check(text);
    }
}

#[test]
fn containers_of_many_levels_close_in_their_own_order() {
    for depth in [1, 63, 64, 65, 127, 128, 129, 200, 1_000] {
        let mut kinds =
            (0..depth).map(|level| (level * 7 + level / 3) % 2 == 0).collect::<Vec<_>>();
        let mut text: String =
            kinds.iter().map(|object| if *object { "{\"a\":" } else { "[" }).collect();
        text.push('1');
        let body = text.len();
        text.extend(kinds.iter().rev().map(|object| if *object { '}' } else { ']' }));
        let mut scanner = Scanner::new(&text);
        assert!(scanner.value().is_ok(), "{depth}");
        assert_eq!(scanner.deepest(), depth);
        kinds[depth / 2] = !kinds[depth / 2];
        text.truncate(body);
        text.extend(kinds.iter().rev().map(|object| if *object { '}' } else { ']' }));
        assert!(!is_json(&text), "{depth}");
    }
}

fn jsonish() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        4 => prop::sample::select(vec!["{", "}", "[", "]", ",", ":", " ", "\"a\"", "\"\\n\"", "1", "-0.5e3", "true", "null"])
            .prop_map(str::to_owned),
        1 => "[ -~]{0,3}",
        1 => "\"[a-zé\\\\u0-9d]{0,12}\"",
    ];
    prop::collection::vec(token, 0..12).prop_map(|tokens| tokens.concat())
}

proptest! {
    #![proptest_config(crate::cases())]

    #[test]
    fn it_agrees_with_serde_json_on_nearly_json(text in jsonish(), junk in ".{0,30}") {
        check(&text);
        check(&junk);
    }

    #[test]
    fn a_written_string_reads_back(text in any::<String>()) {
        let mut literal = String::new();
        put_string(&mut literal, &text);
        prop_assert!(is_json(&literal));
        prop_assert_eq!(&*RawText::of_literal(&literal).unwrap().decode(), &text);
        prop_assert_eq!(serde_json::from_str::<String>(&literal).unwrap(), text);
    }

    #[test]
    fn escapes_decode_as_serde_json_decodes_them(raw in "([a-zé]|\\\\n|\\\\\"|\\\\u00[0-9a-f]{2}|\\\\ud83d\\\\ude0[0-9]){0,12}") {
        let literal = format!("\"{raw}\"");
        let expected = serde_json::from_str::<String>(&literal).unwrap();
        prop_assert_eq!(&*RawText::of_literal(&literal).unwrap().decode(), expected);
    }

    #[test]
    fn repaired_json_is_readable_and_sound_json_unchanged(
        raw in "([a-z \\[\\]{}:,]|\\\\\"|\\\\\\\\|\\\\ud[89a-f][0-9]{2}|\\\\u00e9){0,12}",
        number in prop::sample::select(vec!["1e999", "-2E+5000", "1.5", "12345678901234567890123"]),
    ) {
        let text = format!("{{\"k{raw}\":[\"{raw}\",{number}],\"n\":{number}}}");
        prop_assert!(is_json(&text));
        let repaired = repair(&text);
        let read = serde_json::from_str::<serde_json::Value>(&repaired);
        prop_assert!(read.is_ok(), "{}", repaired);
        if serde_json::from_str::<serde_json::Value>(&text).is_ok() {
            prop_assert_eq!(repaired, text);
        }
    }
}
