//! Amplitude's formulas as formulas of a question. There `PROPSUM(A)` is about the property that the
//! event is grouped by, the first of several; here the formula names it: `PROPSUM(A, "price")`.

use serde_json::Value;

use super::failure::{Failure, Result};
use super::question::Event;

/// Functions of an event's property.
const OF_PROPERTY: [&str; 7] =
    ["PERCENTILE", "PROPAVG", "PROPCOUNT", "PROPCOUNTAVG", "PROPMAX", "PROPMIN", "PROPSUM"];

/// The formula with the property of each event where a function lacks one, and of which events
/// functions lacked one.
pub(super) fn with_properties(formula: &str, events: &[Event]) -> Result<(String, Vec<bool>)> {
    let (mut whole, mut rest, mut given) = (String::new(), formula, vec![false; events.len()]);
    while let Some((before, name, after)) = next_word(rest) {
        whole.push_str(before);
        whole.push_str(name);
        rest = after;
        if !OF_PROPERTY.contains(&name.to_ascii_uppercase().as_str()) {
            continue;
        }
        let Some((between, letter, after)) = next_word(after) else { continue };
        let is_argument = matches!(between.trim(), "(" | ",");
        let follows = after.trim_start();
        let number = follows.strip_prefix(',').map(str::trim_start);
        let lacks = follows.starts_with(')')
            || number
                .is_some_and(|text| text.starts_with(|c: char| c.is_ascii_digit() || c == '.'));
        let Some(number) = event_of(letter).filter(|_| is_argument && lacks) else { continue };
        let Some(property) = events.get(number).and_then(|event| event.group_by.first()) else {
            continue;
        };
        whole.push_str(between);
        whole.push_str(letter);
        whole.push_str(&argument(property)?);
        rest = after;
        given[number] = true;
    }
    whole.push_str(rest);
    Ok((whole, given))
}

/// What stands before the next word of letters and digits, the word, and what follows. What stands
/// in quotes is no word.
fn next_word(text: &str) -> Option<(&str, &str, &str)> {
    let mut is_quoted = false;
    let from = text.find(|c: char| {
        is_quoted ^= c == '"';
        !is_quoted && c.is_ascii_alphabetic()
    })?;
    let (before, rest) = text.split_at(from);
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
    let (word, after) = rest.split_at(end);
    Some((before, word, after))
}

/// The number of the event of a letter, which a number of a segment may follow.
fn event_of(letter: &str) -> Option<usize> {
    let mut chars = letter.chars();
    let number = (chars.next()?.to_ascii_uppercase() as usize).checked_sub('A' as usize);
    number.filter(|_| chars.all(|c| c.is_ascii_digit()))
}

fn argument(property: &Value) -> Result<String> {
    let text = |field: &str| property[field].as_str().unwrap_or_default();
    let (name, of) = (text("property"), text("of"));
    if name.contains('"') {
        return Err(Failure::invalid(format!("Invalid property: {name}: it has quotes")));
    }
    let scope = if of == "event" { String::new() } else { format!("{of}:") };
    Ok(format!(", {scope}\"{name}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(group_by: &[(&str, &str)]) -> Event {
        let group_by: Vec<Value> = group_by
            .iter()
            .map(|(kind, value)| serde_json::json!({ "type": kind, "value": value }))
            .collect();
        let given = serde_json::json!({ "event_type": "Buy", "group_by": group_by });
        Event::parse("e", &given.to_string()).unwrap()
    }

    #[test]
    fn functions_of_properties_are_about_the_first_property_of_their_event() {
        let events = [
            event(&[("event", "order total"), ("user", "platform")]),
            event(&[("user", "gp:team")]),
            event(&[]),
        ];
        let check = |formula: &str, expected: &str| {
            let (found, given) = with_properties(formula, &events).unwrap();
            assert_eq!(found, expected);
            assert_eq!(given.contains(&true), formula != expected);
        };
        check("PROPSUM(A)/TOTALS(A)", "PROPSUM(A, \"order total\")/TOTALS(A)");
        check("propavg( b1 ) * 2", "propavg( b1, user:\"team\" ) * 2");
        check("PERCENTILE(A, 0.9)", "PERCENTILE(A, \"order total\", 0.9)");
        check("PERCENTILE(A, price, .9)", "PERCENTILE(A, price, .9)");
        check("ROLLAVG(PROPSUM, A, 7)", "ROLLAVG(PROPSUM, A, \"order total\", 7)");
        check("CUMSUM(PROPMAX, B)", "CUMSUM(PROPMAX, B, user:\"team\")");
        check("PROPSUM(A, price)+PROPSUM(C)", "PROPSUM(A, price)+PROPSUM(C)");
        check("UNIQUES(A) + \"PROPSUM(A)\"", "UNIQUES(A) + \"PROPSUM(A)\"");
        check("PROPSUM(Z)", "PROPSUM(Z)");
        assert!(with_properties("PROPSUM(A)", &[event(&[("event", "a\"b")])]).is_err());
    }
}
