//! Counts a shop from the bodies of its requests: identity by union and find over the ids on the
//! events, funnels by trying every path.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;
use sluice_base::Timestamp;
use sluice_demo::{FunnelTruth, ShopCall, ShopTruth};

pub(crate) fn recount(calls: &[ShopCall]) -> ShopTruth {
    let mut good: Vec<Value> = Vec::new();
    let (mut sent, mut duplicates) = (0, 0);
    let mut refused: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for call in calls {
        for event in events_of(call) {
            sent += 1;
            match refusal(&event) {
                Some(code) => *refused.entry(code).or_default() += 1,
                None if seen.insert(event["messageId"].to_string()) => good.push(event),
                None => duplicates += 1,
            }
        }
    }
    good.sort_by_key(|event| event["timestamp"].to_string());
    let people = people_of(&good);
    let completed: Vec<&Value> =
        good.iter().filter(|event| event["event"] == "Order Completed").collect();
    let revenue: f64 =
        completed.iter().map(|event| event["properties"]["revenue"].as_f64().unwrap()).sum();
    let mut names: BTreeMap<String, u64> = BTreeMap::new();
    for event in &good {
        *names.entry(name_of(event)).or_default() += 1;
    }
    ShopTruth {
        first_at: time_of(good.first().unwrap()),
        last_at: time_of(good.last().unwrap()),
        sent,
        accepted: good.len() as u64,
        duplicates,
        refused,
        people: people.len() as u64,
        events: names,
        signup: funnel(&people, sluice_demo::SIGNUP_FUNNEL, "signup_method"),
        purchase: funnel(&people, sluice_demo::PURCHASE_FUNNEL, ""),
        experiment: funnel(&people, sluice_demo::EXPERIMENT_FUNNEL, "variation_name"),
        orders: completed.len() as u64,
        revenue_cents: format!("{:.0}", revenue * 100.0).parse().unwrap(),
    }
}

fn events_of(call: &ShopCall) -> Vec<Value> {
    let mut body: Value = serde_json::from_str(&call.body).unwrap();
    let events = match body["batch"].take() {
        Value::Array(batch) => batch,
        _ => vec![body],
    };
    assert_eq!(events.len() as u64, call.events);
    events
}

fn refusal(event: &Value) -> Option<&'static str> {
    if event.to_string().len() > 32_768 {
        return Some("message_too_large");
    }
    if !["track", "identify", "page", "screen", "group"].iter().any(|known| event["type"] == *known)
    {
        return Some("unknown_type");
    }
    if !(event["userId"].is_string() || event["userId"].is_null()) {
        return Some("id_not_string");
    }
    if event["userId"].is_null() && event["anonymousId"].is_null() {
        return Some("no_user_anon_id");
    }
    if event["type"] == "track" {
        match &event["event"] {
            Value::Null => return Some("event_not_defined"),
            Value::String(name) if name.len() > 255 => return Some("event_name_too_long"),
            Value::String(_) => {}
            _ => return Some("event_not_string"),
        }
        match event["properties"].as_object() {
            None => return Some("properties_not_object"),
            Some(map) if map.keys().any(|key| key.len() > 255) => {
                return Some("property_name_too_long");
            }
            Some(_) => {}
        }
    }
    None
}

fn name_of(event: &Value) -> String {
    match event["type"].as_str().unwrap() {
        "track" => event["event"].as_str().unwrap().to_owned(),
        "page" => "Page Viewed".to_owned(),
        "screen" => "Screen Viewed".to_owned(),
        other => format!("${other}"),
    }
}

fn time_of(event: &Value) -> Timestamp {
    let text = event["timestamp"].as_str().unwrap();
    Timestamp::from_millis(millis_of(text))
}

/// `YYYY-MM-DDTHH:MM:SS.mmmZ` by days-from-civil arithmetic.
fn millis_of(text: &str) -> i64 {
    let number = |from: usize, to: usize| text[from..to].parse::<i64>().unwrap();
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
    ((days * 24 + number(11, 13)) * 60 + number(14, 16)) * 60_000
        + number(17, 19) * 1_000
        + number(20, 23)
}

/// The events of each person, in order of time.
fn people_of(good: &[Value]) -> Vec<Vec<&Value>> {
    let mut parent: HashMap<String, String> = HashMap::new();
    for event in good {
        let ids = ids_of(event);
        let root = find(&mut parent, &ids[0]);
        for id in &ids[1..] {
            let other = find(&mut parent, id);
            parent.insert(other, root.clone());
        }
    }
    let mut people: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for event in good {
        let root = find(&mut parent, &ids_of(event)[0]);
        people.entry(root).or_default().push(event);
    }
    people.into_values().collect()
}

fn ids_of(event: &Value) -> Vec<String> {
    ["userId", "anonymousId"]
        .iter()
        .filter_map(|key| event[key].as_str().map(|id| format!("{key}:{id}")))
        .collect()
}

fn find(parent: &mut HashMap<String, String>, id: &str) -> String {
    match parent.get(id).cloned() {
        Some(up) if up != id => {
            let root = find(parent, &up);
            parent.insert(id.to_owned(), root.clone());
            root
        }
        Some(up) => up,
        None => {
            parent.insert(id.to_owned(), id.to_owned());
            id.to_owned()
        }
    }
}

fn funnel(
    people: &[Vec<&Value>],
    steps: &'static [&'static str],
    breakdown: &'static str,
) -> FunnelTruth {
    let window = sluice_demo::FUNNEL_WINDOW;
    let mut counts = vec![0; steps.len()];
    let mut groups: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for events in people {
        let paths = events
            .iter()
            .filter(|event| name_of(event) == steps[0])
            .map(|entry| (reached(events, entry, steps, window.as_secs()), *entry));
        // The first of the deepest: `max_by_key` would give the last.
        let Some((depth, entry)) = paths.rev().max_by_key(|(depth, _)| *depth) else { continue };
        let step_in = |counts: &mut Vec<u64>| counts.iter_mut().take(depth).for_each(|n| *n += 1);
        step_in(&mut counts);
        if let Some(value) = entry["properties"][breakdown].as_str() {
            step_in(groups.entry(value.to_owned()).or_insert_with(|| vec![0; steps.len()]));
        }
    }
    FunnelTruth { steps, window, counts, breakdown, groups }
}

/// Tries every later event for the next step and takes the deepest outcome.
fn reached(events: &[&Value], entry: &Value, steps: &[&str], window_secs: u64) -> usize {
    fn go(events: &[&Value], steps: &[&str], after: i64, until: i64) -> usize {
        let Some((step, rest)) = steps.split_first() else { return 0 };
        events
            .iter()
            .filter(|event| name_of(event) == *step)
            .map(|event| time_of(event).as_secs())
            .filter(|second| *second > after && *second <= until)
            .map(|second| 1 + go(events, rest, second, until))
            .max()
            .unwrap_or(0)
    }
    let start = time_of(entry).as_secs();
    1 + go(events, &steps[1..], start, start + i64::try_from(window_secs).unwrap())
}
