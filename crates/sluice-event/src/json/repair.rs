//! JSON that is valid by the letter but that few readers take.

use super::Scanner;

/// Makes valid JSON readable for every reader: half surrogate pairs become `\ufffd`, numbers
/// beyond a double become strings of their text. Anything else stays byte for byte.
#[must_use]
pub fn repair(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len() + 16);
    let (mut copied, mut at) = (0, 0);
    while let Some(&byte) = bytes.get(at) {
        let mut scanner = Scanner { at, ..Scanner::new(text) };
        match byte {
            b'"' => {
                scanner.at += 1;
                if scanner.string_rest().is_err() {
                    break;
                }
                if scanner.lone_surrogates {
                    out.push_str(text.get(copied..at).unwrap_or_default());
                    push_repaired(text.get(at..scanner.at).unwrap_or_default(), &mut out);
                    copied = scanner.at;
                }
            }
            b'-' | b'0'..=b'9' => {
                if scanner.number().is_err() {
                    break;
                }
                if scanner.huge_numbers {
                    out.push_str(text.get(copied..at).unwrap_or_default());
                    out.push('"');
                    out.push_str(text.get(at..scanner.at).unwrap_or_default());
                    out.push('"');
                    copied = scanner.at;
                }
            }
            _ => scanner.at += 1,
        }
        at = scanner.at;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    out
}

fn push_repaired(literal: &str, out: &mut String) {
    let mut at = 0;
    while let Some(found) = literal.get(at..).and_then(|rest| rest.find('\\')) {
        let start = at + found;
        let mut scanner = Scanner { at: start, ..Scanner::new(literal) };
        if scanner.escape().is_err() {
            break;
        }
        out.push_str(literal.get(at..start).unwrap_or_default());
        let escape = literal.get(start..scanner.at).unwrap_or_default();
        out.push_str(if scanner.lone_surrogates { "\\ufffd" } else { escape });
        at = scanner.at;
    }
    out.push_str(literal.get(at..).unwrap_or_default());
}
