//! The rules, written a second time from their description: who is one person, what a filter
//! says, which group a value is in.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use crate::world::{Raw, Says, World};

/// A row with the person it counts as now and that person's traits as they are now.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) raw: Raw,
    pub(crate) who: u64,
    pub(crate) latest: Option<Map<String, Json>>,
    /// Whether it counts nowhere but as somebody's first event.
    pub(crate) left_out: bool,
    /// Other names that ask for it.
    pub(crate) other_names: Vec<&'static str>,
}

/// All rows by (time, seq), with merges applied.
pub(crate) fn rows(world: &World) -> Vec<Row> {
    // Spread the smallest number along live merges until nothing changes.
    let mut label: BTreeMap<u64, u64> = BTreeMap::new();
    for (_, a, b, _) in &world.merges {
        label.insert(*a, *a);
        label.insert(*b, *b);
    }
    loop {
        let mut changed = false;
        for (_, a, b, undone) in &world.merges {
            let least = label[a].min(label[b]);
            if !undone && (label[a] != least || label[b] != least) {
                label.insert(*a, least);
                label.insert(*b, least);
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    let who = |person: u64| label.get(&person).copied().unwrap_or(person);
    let mut last: BTreeMap<u64, &Raw> = BTreeMap::new();
    for raw in &world.rows {
        let entry = last.entry(who(raw.person)).or_insert(raw);
        if raw.seq > entry.seq {
            *entry = raw;
        }
    }
    let mut rows: Vec<Row> = world
        .rows
        .iter()
        .map(|raw| {
            let who = who(raw.person);
            let latest = if who == 0 { None } else { last[&who].traits.clone() };
            let mut raw = raw.clone();
            let Says { renamed, left_out, made_of } = &world.dictionary;
            let mut is_left_out = *left_out == Some(raw.name.as_str());
            let mut other_names = Vec::new();
            if let Some((name, same_as)) = renamed {
                if raw.name == *name {
                    raw.name = (*same_as).to_owned();
                }
                other_names.extend((raw.name == *same_as).then_some(*name));
            }
            is_left_out |= *left_out == Some(raw.name.as_str());
            let is_part = |part: &&str| *part == raw.name || other_names.contains(part);
            if made_of.iter().any(is_part) {
                other_names.push("ce:M");
            }
            Row { raw, who, latest, left_out: is_left_out, other_names }
        })
        .collect();
    rows.sort_by_key(|row| (row.raw.time, row.raw.seq));
    rows
}

/// Time of each person's first row ever.
pub(crate) fn first_seen(rows: &[Row]) -> BTreeMap<u64, i64> {
    let mut first = BTreeMap::new();
    for row in rows {
        first.entry(row.who).or_insert(row.raw.time);
    }
    first
}

/// A condition of the tests.
#[derive(Clone, Debug)]
pub(crate) struct Cond {
    pub(crate) property: String,
    pub(crate) user: bool,
    pub(crate) op: &'static str,
    pub(crate) values: Vec<String>,
}

impl Cond {
    pub(crate) fn json(&self) -> Json {
        let of = if self.user { "user" } else { "event" };
        json!({ "property": self.property, "of": of, "op": self.op, "values": self.values })
    }

    pub(crate) fn holds(&self, row: &Row, latest: bool) -> bool {
        let value = property(row, &self.property, self.user, latest);
        let negated: Option<&str> = match self.op {
            "is_not" => Some("is"),
            "does_not_contain" => Some("contains"),
            "glob_does_not_match" => Some("glob_match"),
            _ => None,
        };
        if let Some(stripped) = self.op.strip_prefix("set_") {
            let set: Vec<Json> = match &value {
                Json::Array(items) if !items.is_empty() => items.clone(),
                Json::Array(_) => vec![Json::Null],
                one => vec![one.clone()],
            };
            let has = |operand: &String| set.iter().any(|one| same(one, operand));
            let covered =
                set.iter().all(|one| self.values.iter().any(|operand| same(one, operand)));
            return match stripped {
                "is" => covered && self.values.iter().all(has),
                "is_not" => !(covered && self.values.iter().all(has)),
                "contains" => self.values.iter().all(has),
                "does_not_contain" => !self.values.iter().all(has),
                "contains_any" => self.values.iter().any(has),
                other => panic!("unknown operator set_{other}"),
            };
        }
        let one = |item: &Json, listed: bool| match negated {
            Some(op) => !self.values.iter().any(|operand| plain(op, item, operand, listed)),
            None => self.values.iter().any(|operand| plain(self.op, item, operand, listed)),
        };
        match &value {
            Json::Array(items) if items.is_empty() => one(&Json::Null, false),
            Json::Array(items) => items.iter().any(|item| one(item, true)),
            scalar => one(scalar, false),
        }
    }
}

pub(crate) fn property(row: &Row, name: &str, user: bool, latest: bool) -> Json {
    let map = match (user, latest) {
        (false, _) => Some(&row.raw.props),
        (true, false) => row.raw.traits.as_ref(),
        (true, true) => row.latest.as_ref(),
    };
    map.and_then(|map| map.get(name)).cloned().unwrap_or(Json::Null)
}

fn plain(op: &str, item: &Json, operand: &str, listed: bool) -> bool {
    if op == "is" {
        return same(item, operand);
    }
    if item.is_null() {
        return false;
    }
    let text = shown(item);
    match op {
        "contains" => text.to_lowercase().contains(&operand.to_lowercase()),
        "starts_with" => text.to_lowercase().starts_with(&operand.to_lowercase()),
        "glob_match" => {
            globbed(&text.chars().collect::<Vec<_>>(), &operand.chars().collect::<Vec<_>>())
        }
        "less" | "less_or_equal" | "greater" | "greater_or_equal" => {
            let number = match item {
                Json::Number(number) => number.as_f64(),
                Json::String(text) => text.parse().ok(),
                _ => None,
            };
            let order = match (number, operand.parse::<f64>().ok()) {
                (Some(left), Some(right)) => left.partial_cmp(&right).unwrap(),
                _ if listed => return false,
                _ => text.as_str().cmp(operand),
            };
            match op {
                "less" => order.is_lt(),
                "less_or_equal" => order.is_le(),
                "greater" => order.is_gt(),
                _ => order.is_ge(),
            }
        }
        other => panic!("unknown operator {other}"),
    }
}

fn globbed(text: &[char], pattern: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['*', '*', rest @ ..] => (0..=text.len()).any(|skip| globbed(&text[skip..], rest)),
        ['*', rest @ ..] => (0..=text.len())
            .take_while(|skip| !text[..*skip].contains(&'/'))
            .any(|skip| globbed(&text[skip..], rest)),
        [first, rest @ ..] => text.first() == Some(first) && globbed(&text[1..], rest),
    }
}

fn same(item: &Json, operand: &str) -> bool {
    match item {
        Json::Null => operand == "(none)",
        Json::Bool(flag) => operand.eq_ignore_ascii_case(&flag.to_string()),
        Json::Number(number) => {
            operand.parse::<f64>().is_ok_and(|operand| number.as_f64() == Some(operand))
        }
        Json::String(text) => text == operand,
        nested => *nested.to_string() == *operand,
    }
}

fn shown(item: &Json) -> String {
    match item {
        Json::Null => "(none)".to_owned(),
        Json::Number(number) => {
            let value = number.as_f64().unwrap();
            if value.fract() == 0.0 { format!("{value:.0}") } else { value.to_string() }
        }
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The groups of a value.
pub(crate) fn groups(value: &Json) -> BTreeSet<String> {
    match value {
        Json::Array(items) if !items.is_empty() => items.iter().map(shown).collect(),
        Json::Array(_) => BTreeSet::from(["(none)".to_owned()]),
        scalar => BTreeSet::from([shown(scalar)]),
    }
}

/// An event of a question: alternatives with filters, and filters on all.
#[derive(Clone, Debug)]
pub(crate) struct Pick {
    pub(crate) alternatives: Vec<(String, Vec<Cond>)>,
    pub(crate) filters: Vec<Cond>,
}

impl Pick {
    pub(crate) fn json(&self) -> Json {
        let conds = |list: &[Cond]| list.iter().map(Cond::json).collect::<Vec<_>>();
        match &self.alternatives[..] {
            [(event, own)] if own.is_empty() => {
                json!({ "event": event, "filters": conds(&self.filters) })
            }
            list => {
                let any_of: Vec<Json> = list
                    .iter()
                    .map(|(event, own)| json!({ "event": event, "filters": conds(own) }))
                    .collect();
                json!({ "any_of": any_of, "filters": conds(&self.filters) })
            }
        }
    }

    pub(crate) fn fits(&self, row: &Row, latest: bool) -> bool {
        let all = |list: &[Cond]| list.iter().all(|cond| cond.holds(row, latest));
        !row.left_out
            && all(&self.filters)
            && self.alternatives.iter().any(|(event, own)| {
                let named = match event.as_str() {
                    "_active" => is_active(row),
                    "_all" => true,
                    name => row.raw.name == name || row.other_names.contains(&name),
                };
                named && all(own)
            })
    }
}

pub(crate) fn is_active(row: &Row) -> bool {
    !row.left_out && row.raw.name != "$identify" && row.raw.name != "$group"
}
