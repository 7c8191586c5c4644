//! Compositions by brute force: each person's values as a set; and the worked example.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};
use sluice_base::Timestamp;
use sluice_insights::Context;

use crate::asking::{Common, asked};
use crate::behind::check_people;
use crate::oracle::{Row, groups, is_active, property};
use crate::world::{New, World, micros};

/// A composition question of the tests.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) base: Common,
    pub(crate) property: &'static str,
    pub(crate) of_user: bool,
    pub(crate) all: bool,
    pub(crate) groups_max: usize,
}

impl Ask {
    fn json(&self) -> Json {
        let of = if self.of_user { "user" } else { "event" };
        let own = json!({
            "property": { "property": self.property, "of": of },
            "values": if self.all { "all" } else { "most_recent" },
            "groups_max": self.groups_max,
        });
        self.base.question("composition", own)
    }
}

pub(crate) fn check(asked: &Ask, rows: &[Row], context: &Context) {
    let json = asked.json();
    let result = asked!(Composition, &json, context);
    let mut of: BTreeMap<u64, Vec<&Row>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.who != 0 && is_active(row)) {
        let is_in = asked.base.over.index(row.raw.time).is_some_and(|index| index >= 0);
        if is_in && asked.base.has(row) {
            of.entry(row.who).or_default().push(row);
        }
    }
    let mut everybody: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    let mut found: BTreeMap<String, BTreeMap<u64, Vec<String>>> = BTreeMap::new();
    for (who, rows) in of {
        let from = if asked.all { 0 } else { rows.len() - 1 };
        for row in &rows[from..] {
            let time = || vec![Timestamp::from_micros(row.raw.time).to_string()];
            everybody.entry(who).or_insert_with(time);
            for group in groups(&property(row, asked.property, asked.of_user, asked.base.latest)) {
                found.entry(group).or_default().entry(who).or_insert_with(time);
            }
        }
    }
    assert_eq!(result.people, everybody.len() as u64, "{json}");
    check_people(&json, &json!({}), &everybody, context);
    let mut sizes: Vec<(&String, u64)> =
        found.iter().map(|(value, people)| (value, people.len() as u64)).collect();
    sizes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    assert_eq!(result.groups_total, sizes.len() as u64, "{json}");
    sizes.truncate(asked.groups_max);
    let got: Vec<_> = result.groups.iter().map(|group| (&group.value, group.people)).collect();
    assert_eq!(got, sizes, "{json}");
    for group in &result.groups {
        assert_eq!(group.share, group.people as f64 / everybody.len() as f64);
        check_people(&json, &json!({ "value": group.value }), &found[&group.value], context);
    }
}

#[test]
fn the_example_gives_its_figures_by_the_last_value_and_by_all() {
    let mut world = World::new();
    let event = |person, at: &str, version: Option<&str>| New {
        time: micros(at),
        person,
        name: "Opened".to_owned(),
        props: json!({}),
        traits: version.map(|version| json!({ "version": version })),
        session: None,
    };
    let events = vec![
        event(1, "2026-03-01T10:00:00Z", Some("1.0")),
        event(1, "2026-03-02T10:00:00Z", Some("1.1")),
        event(2, "2026-03-01T10:00:00Z", Some("1.1")),
        event(3, "2026-03-01T10:00:00Z", None),
    ];
    world.write(events, Vec::new());
    world.store.flush().unwrap();
    let context = world.context("UTC", micros("2026-04-01T00:00:00Z"), 1);
    let check = |values: &str, expected: &[(&str, u64)]| {
        let query = json!({
            "kind": "composition", "values": values,
            "range": { "start": "2026-03-01", "end": "2026-03-02" },
            "property": { "property": "version", "of": "user" },
        });
        let result = asked!(Composition, &query, &context);
        let got: Vec<_> =
            result.groups.iter().map(|group| (group.value.as_str(), group.people)).collect();
        assert_eq!(got, expected, "{values}");
    };
    check("most_recent", &[("1.1", 2), ("(none)", 1)]);
    check("all", &[("1.1", 2), ("(none)", 1), ("1.0", 1)]);
}

#[test]
fn everybody_is_in_one_value_of_the_last_ones_unless_it_is_a_list() {
    let mut world = World::new();
    world.tell(&[
        (1, "2026-03-01T10:00:00Z", "A", json!({ "tags": ["a", "b"] })),
        (2, "2026-03-01T10:00:00Z", "A", json!({ "tags": "a" })),
    ]);
    let query = json!({
        "kind": "composition", "range": { "start": "2026-03-01", "end": "2026-03-01" },
        "property": { "property": "tags" },
    });
    let result =
        asked!(Composition, &query, &world.context("UTC", micros("2026-04-01T00:00:00Z"), 1));
    let values: BTreeSet<_> =
        result.groups.iter().map(|group| (group.value.as_str(), group.people)).collect();
    assert_eq!(values, BTreeSet::from([("a", 2), ("b", 1)]));
    assert_eq!(result.people, 2);
}
