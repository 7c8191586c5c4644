//! What Amplitude is told of an event: a file per example of its documentation and of Segment's.
//!
//! A case is `{"title", "settings", "event" or "events"}` with `requests` (each `url` and `json` or
//! `form`), or `refused` (words of the reason), or `filtered`; and `warnings` (codes) if there are
//! any. With `delete` (user ids) in the place of the event it is about their deletion. `UPDATE_EXPECT=1` rewrites `requests`, and review reads the diff.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};
use sluice_destination_kit::DestinationKind;
use sluice_destination_kit::golden::stored_event;
use sluice_destinations::amplitude::{Config, Kind, Plan, deletion, plan};
use sluice_destinations::catalog;
use sluice_event::{PersonId, StoredEvent};

fn cases() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/amplitude/golden");
    let entries = std::fs::read_dir(dir).unwrap();
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

pub(crate) fn config(settings: &Value) -> Config {
    Config::new(&Kind::new().settings().check(settings).unwrap()).unwrap()
}

/// URL and body of every request, the body parsed.
pub(crate) fn shown(plan: &Plan, config: &Config) -> Value {
    let requests = plan.requests.iter().map(|request| {
        let body = request.body(config);
        if request.content_type() == "application/json" {
            let json: Value = serde_json::from_slice(&body).unwrap();
            return json!({"url": request.url(config), "json": json});
        }
        let mut form = Map::new();
        for (name, value) in form_urlencoded::parse(&body) {
            let value = serde_json::from_str(&value).unwrap_or_else(|_| value.as_ref().into());
            form.insert(name.into_owned(), value);
        }
        json!({"url": request.url(config), "form": form})
    });
    Value::Array(requests.collect())
}

/// An event with a person by its ids.
pub(crate) fn somebodys(json: &Value) -> StoredEvent {
    let mut event = stored_event(json);
    let id = event.event.user_id.clone().or_else(|| event.event.anonymous_id.clone());
    let number = id
        .iter()
        .flat_map(|id| id.bytes())
        .fold(1, |number: u64, byte| number.wrapping_mul(31).wrapping_add(u64::from(byte)));
    if id.is_some() {
        event.canonical = PersonId(number);
    }
    event
}

fn check(path: &Path) {
    let name = path.display();
    let mut case: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    if let Value::Array(ids) = &case["delete"] {
        return check_deletion(&name.to_string(), &case, ids);
    }
    let events: Vec<StoredEvent> = match &case["events"] {
        Value::Array(events) => events.iter().map(somebodys).collect(),
        _ => vec![somebodys(&case["event"])],
    };
    let destination = catalog().build("amplitude", &case["settings"], super::http(false)).unwrap();
    let taken: Vec<&StoredEvent> = events.iter().filter(|event| destination.takes(event)).collect();
    assert_eq!(taken.is_empty(), case["filtered"] == true, "{name}: filtered");
    let config = config(&case["settings"]);
    let plan = plan(&config, &taken);
    let reasons: Vec<&str> = plan.refused.iter().map(|(_, reason)| &*reason.message).collect();
    match case["refused"].as_str() {
        Some(words) => assert!(reasons.concat().contains(words), "{name}: {reasons:?}"),
        None => assert!(reasons.is_empty(), "{name}: {reasons:?}"),
    }
    let warnings: Vec<&str> = plan.warnings.iter().map(|(_, reason)| &*reason.code).collect();
    assert_eq!(json!(warnings), *case.get("warnings").unwrap_or(&json!([])), "{name}: warnings");
    let requests = shown(&plan, &config);
    if std::env::var_os("UPDATE_EXPECT").is_some() && requests != json!([]) {
        case["requests"] = requests;
        std::fs::write(path, serde_json::to_string_pretty(&case).unwrap() + "\n").unwrap();
        return;
    }
    let expected = case.get("requests").unwrap_or(&json!([])).clone();
    assert_eq!(amounts(&requests), amounts(&expected), "{name} (UPDATE_EXPECT=1 rewrites it)");
}

fn check_deletion(name: &str, case: &Value, ids: &[Value]) {
    let ids: Vec<String> = ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    let requests = match deletion(&config(&case["settings"]), &ids) {
        Ok(request) => {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let pair = request.headers["authorization"].to_str().unwrap();
            let pair = BASE64.decode(pair.strip_prefix("Basic ").unwrap()).unwrap();
            let pair = String::from_utf8(pair).unwrap();
            json!([{"url": request.url, "basic": pair, "json": body}])
        }
        Err(reason) => {
            let words = case["refused"].as_str().unwrap_or("none at all");
            assert!(reason.message.contains(words), "{name}: {reason}");
            json!([])
        }
    };
    assert_eq!(requests, *case.get("requests").unwrap_or(&json!([])), "{name}");
}

/// 25 and 25.0 are one amount.
fn amounts(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or(value.clone(), Value::from),
        Value::Array(list) => list.iter().map(amounts).collect(),
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.clone(), amounts(value))).collect()
        }
        _ => value.clone(),
    }
}

#[test]
fn the_requests_are_the_golden_ones() {
    let cases = cases();
    assert!(cases.len() > 50, "{} golden files", cases.len());
    let failed: Vec<String> = cases
        .iter()
        .filter_map(|path| {
            let path = path.clone();
            let checked = std::panic::catch_unwind(|| check(&path));
            checked.err().map(|panic| panic.downcast_ref::<String>().cloned().unwrap_or_default())
        })
        .collect();
    assert!(
        failed.is_empty(),
        "{} of {} differ:\n{}",
        failed.len(),
        cases.len(),
        failed.join("\n")
    );
}
