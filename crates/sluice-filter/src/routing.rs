//! What holds events back from a destination, its filters and those that change events, as rules for
//! Segment's browser SDK: for destinations that pages send to themselves.
//!
//! The SDK's language is smaller than FQL and its rules see what earlier rules left of the event. So
//! only filters that hold there exactly as here are translated: comparisons of a path with a literal,
//! `in`, `contains`, `match`, `lowercase`, and their combinations; and at most one filter that changes
//! events. For anything else there are no rules, and the caller must not let pages send.
//!
//! Consent and schema switches become rules of the same kind. The SDK's own tracking plan (`plan`)
//! would not do: it switches only tracks that it names, over the sender's explicit wish, and marks the
//! event itself, so that no other connection of the kind would get it either.

use serde_json::{Value as Json, json};
use sluice_event::EventType;
use sluice_event::wire::CONSENT_EVENT;
use sluice_model::{DestinationFilter, FilterAction, Routing, SchemaSwitches};

use crate::fql::{Comparison, Expr, Function, Query};

/// The rules for the destination of this name; `None` if something cannot be translated.
#[must_use]
pub fn routing_rules(
    filters: &[DestinationFilter],
    routing: &Routing,
    destination: &str,
) -> Option<Vec<Json>> {
    let refused = without_consent(&routing.consent_categories)?;
    let off = switched_off(&routing.switches, destination)?;
    let held = |condition: Json| {
        let ir = condition.to_string();
        let matcher = json!({ "type": "fql", "ir": ir, "config": { "expr": "" } });
        rule(&matcher, &[transformer(&FilterAction::Drop)], destination)
    };
    let mut holding: Vec<Json> = refused.into_iter().chain(off).map(held).collect();
    let mut editing = Vec::new();
    for filter in filters.iter().filter(|filter| filter.enabled) {
        let matcher = matcher(&Query::parse(&filter.condition).ok()?)?;
        let transformers = |wanted: fn(&FilterAction) -> Option<u8>| {
            let mut found: Vec<_> = (filter.actions.iter())
                .filter_map(|action| Some((wanted(action)?, transformer(action))))
                .collect();
            found.sort_by_key(|(order, _)| *order);
            found.into_iter().map(|(_, transformer)| transformer).collect::<Vec<_>>()
        };
        for (rules, wanted) in [(&mut holding, holds as fn(&_) -> _), (&mut editing, edits)] {
            let transformers = transformers(wanted);
            if !transformers.is_empty() {
                rules.push(rule(&matcher, &transformers, destination));
            }
        }
    }
    if editing.len() > 1 {
        return None;
    }
    // What holds events back goes first: its conditions are about the event as it came.
    holding.append(&mut editing);
    Some(holding)
}

/// Somebody did not agree to all of the categories: no condition if none are asked for, `None` if the
/// SDK has no word for one.
fn without_consent(categories: &[String]) -> Option<Vec<Json>> {
    if categories.is_empty() {
        return Some(Vec::new());
    }
    let of = |last: Option<&String>| {
        let mut segments: Vec<String> =
            ["context", "consent", "categoryPreferences"].map(str::to_owned).to_vec();
        segments.extend(last.cloned());
        segments
    };
    let agreed = |category| {
        let agreed = Expr::Path(of(Some(category)));
        compared(Comparison::Equal, &agreed, &Expr::Bool(true))
    };
    let all = all_of("and", categories.iter().map(agreed).collect::<Option<Vec<_>>>()?);
    let report =
        json!(["and", is("type", &[EventType::Track.name()]), is("event", &[CONSENT_EVENT])]);
    Some(vec![json!(["and", ["!", nothing(&of(None))?], ["!", all], ["!", report]])])
}

/// A call or a track is switched off and the sender does not name the destination all the same: no
/// condition if all are on, `None` if the SDK has no word for the destination.
fn switched_off(switches: &SchemaSwitches, destination: &str) -> Option<Vec<Json>> {
    let names = |on: bool| -> Vec<&str> {
        let of = switches.events.iter().filter(|(_, is_on)| **is_on == on);
        of.map(|(name, _)| name.as_str()).collect()
    };
    let track = || is("type", &[EventType::Track.name()]);
    let mut off = Vec::new();
    for call in &switches.calls_off {
        off.push(match (call, names(true).as_slice()) {
            (EventType::Track, named @ [_, ..]) => {
                json!(["and", track(), ["!", is("event", named)]])
            }
            (call, _) => is("type", &[call.name()]),
        });
    }
    if let named @ [_, ..] = names(false).as_slice() {
        off.push(json!(["and", track(), is("event", named)]));
    }
    if off.is_empty() {
        return Some(Vec::new());
    }
    let wished = path(&["integrations".to_owned(), destination.to_owned()])?;
    let wish = json!([
        "or",
        ["=", wished, { "value": true }],
        ["and", ["=", ["typeof", wished], { "value": "object" }], ["!=", wished, { "value": null }]],
    ]);
    Some(vec![json!(["and", all_of("or", off), ["!", wish]])])
}

fn is(field: &str, any_of: &[&str]) -> Json {
    let values: Vec<Json> = any_of.iter().map(|text| json!({ "value": text })).collect();
    match values.as_slice() {
        [one] => json!(["=", field, one]),
        values => json!(["in", field, values]),
    }
}

/// Joined by `and` or `or`, which take two or more.
fn all_of(name: &str, mut list: Vec<Json>) -> Json {
    if list.len() == 1 {
        return list.remove(0);
    }
    list.insert(0, json!(name));
    Json::Array(list)
}

/// The order of actions that hold events back.
const fn holds(action: &FilterAction) -> Option<u8> {
    match action {
        FilterAction::Sample { .. } => Some(0),
        FilterAction::Drop => Some(1),
        _ => None,
    }
}

/// The order of actions that change events.
const fn edits(action: &FilterAction) -> Option<u8> {
    match action {
        FilterAction::DropProperties { .. } => Some(0),
        FilterAction::AllowProperties { .. } => Some(1),
        _ => None,
    }
}

fn rule(matcher: &Json, transformers: &[Json], destination: &str) -> Json {
    json!({
        "scope": "destinations",
        "target_type": "workspace::project::destination::config",
        "destinationName": destination,
        "matchers": [matcher],
        "transformers": [transformers],
    })
}

fn transformer(action: &FilterAction) -> Json {
    match action {
        FilterAction::Drop => json!({ "type": "drop" }),
        FilterAction::Sample { percent, path } => {
            let mut sample = json!({ "percent": percent });
            if let Some(path) = path {
                sample["path"] = json!(path);
            }
            json!({ "type": "sample_event", "config": { "sample": sample } })
        }
        FilterAction::DropProperties { fields } => {
            json!({ "type": "drop_properties", "config": { "drop": fields } })
        }
        FilterAction::AllowProperties { fields } => {
            json!({ "type": "allow_properties", "config": { "allow": fields } })
        }
    }
}

fn matcher(query: &Query) -> Option<Json> {
    Some(match query {
        Query::All => json!({ "type": "all" }),
        Query::Expr(expr) => {
            let ir = condition(expr)?.to_string();
            json!({ "type": "fql", "ir": ir, "config": { "expr": query.to_string() } })
        }
    })
}

/// An expression that gives true or false.
fn condition(expr: &Expr) -> Option<Json> {
    match expr {
        Expr::Bool(_) => literal(expr),
        Expr::Path(segments) => path(segments),
        Expr::Not(inner) => Some(json!(["!", condition(inner)?])),
        Expr::And(list) => combined("and", list),
        Expr::Or(list) => combined("or", list),
        Expr::Compare(comparison, sides) => compared(*comparison, &sides.0, &sides.1),
        Expr::Call(function @ (Function::Contains | Function::Match), arguments) => {
            match arguments.as_slice() {
                [Expr::Path(segments), text @ Expr::Text(_)] => {
                    Some(json!([function.name(), path(segments)?, literal(text)?]))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn combined(name: &str, list: &[Expr]) -> Option<Json> {
    let mut all = vec![json!(name)];
    for inner in list {
        all.push(condition(inner)?);
    }
    Some(Json::Array(all))
}

fn compared(comparison: Comparison, left: &Expr, right: &Expr) -> Option<Json> {
    let symbol = comparison.symbol();
    match (comparison, left, right) {
        (Comparison::In, Expr::Path(segments), Expr::List(items)) => {
            let items = items.iter().map(literal).collect::<Option<Vec<_>>>()?;
            Some(json!([symbol, path(segments)?, items]))
        }
        (Comparison::In, ..) => None,
        // A path that is not there is null in FQL; there it is nothing at all.
        (Comparison::Equal, Expr::Path(segments), Expr::Null) => nothing(segments),
        (Comparison::NotEqual, Expr::Path(segments), Expr::Null) => {
            Some(json!(["!", nothing(segments)?]))
        }
        (_, Expr::Path(segments), right) => Some(json!([symbol, path(segments)?, literal(right)?])),
        (Comparison::Equal | Comparison::NotEqual, Expr::Call(Function::Lowercase, of), right) => {
            match of.as_slice() {
                [Expr::Path(segments)] => {
                    Some(json!([symbol, ["lowercase", path(segments)?], literal(right)?]))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn nothing(segments: &[String]) -> Option<Json> {
    let path = path(segments)?;
    Some(json!([
        "or",
        ["=", ["typeof", path], { "value": "undefined" }],
        ["=", path, { "value": null }],
    ]))
}

fn path(segments: &[String]) -> Option<Json> {
    let is_plain = |segment: &String| !segment.contains(['.', '\\']);
    segments.iter().all(is_plain).then(|| Json::String(segments.join(".")))
}

fn literal(expr: &Expr) -> Option<Json> {
    match expr {
        Expr::Bool(flag) => Some(json!({ "value": flag })),
        Expr::Number(number) => Some(json!({ "value": number })),
        Expr::Text(text) => Some(json!({ "value": text })),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use sluice_base::Timestamp;
    use sluice_model::FilterId;

    use super::*;

    fn filter(condition: &str, actions: Json) -> DestinationFilter {
        DestinationFilter {
            id: FilterId::new("f".to_owned()),
            source_id: None,
            title: "t".to_owned(),
            description: String::new(),
            enabled: true,
            condition: condition.to_owned(),
            actions: serde_json::from_value(actions).unwrap(),
            created_at: Timestamp::from_secs(0),
            updated_at: Timestamp::from_secs(0),
        }
    }

    fn of(filters: &[DestinationFilter]) -> Option<Vec<Json>> {
        routing_rules(filters, &Routing::default(), "Amplitude")
    }

    fn ir(condition: &str) -> Option<String> {
        let rules = of(&[filter(condition, json!([{ "type": "DROP" }]))])?;
        Some(rules[0]["matchers"][0]["ir"].as_str().unwrap_or("all").to_owned())
    }

    #[test]
    fn what_the_browser_can_say_exactly_is_said_and_nothing_else() {
        for (condition, expected) in [
            ("all", "all"),
            (
                "event = 'Paid' and !contains(userId, '@')",
                r#"["and",["=","event",{"value":"Paid"}],["!",["contains","userId",{"value":"@"}]]]"#,
            ),
            (
                "event in ['A', 'B'] or properties.total >= 5",
                r#"["or",["in","event",[{"value":"A"},{"value":"B"}]],[">=","properties.total",{"value":5.0}]]"#,
            ),
            (
                "lowercase(properties.plan) != 'pro'",
                r#"["!=",["lowercase","properties.plan"],{"value":"pro"}]"#,
            ),
            (
                "userId = null",
                r#"["or",["=",["typeof","userId"],{"value":"undefined"}],["=","userId",{"value":null}]]"#,
            ),
            ("context.ok", r#""context.ok""#),
        ] {
            assert_eq!(ir(condition).as_deref(), Some(expected), "{condition}");
        }
        for unsayable in [
            "length(userId) = 3",
            "userId = anonymousId",
            "uppercase(event) = 'A'",
            "contains(lowercase(event), 'a')",
            "event = ",
        ] {
            assert_eq!(ir(unsayable), None, "{unsayable}");
        }
    }

    #[test]
    fn what_holds_back_goes_before_what_changes_and_two_that_change_are_too_many() {
        let both = filter(
            "event = 'A'",
            json!([
                { "type": "ALLOW_PROPERTIES", "fields": { "properties": ["a"] } },
                { "type": "DROP_PROPERTIES", "fields": { "context": ["ip"] } },
                { "type": "SAMPLE", "percent": 0.5, "path": "userId" },
            ]),
        );
        let drop = filter("event = 'B'", json!([{ "type": "DROP" }]));
        let mut off = drop.clone();
        off.enabled = false;
        let rules = of(&[both.clone(), drop, off]).unwrap();
        let kinds: Vec<Vec<&str>> = (rules.iter())
            .map(|rule| {
                assert_eq!(rule["destinationName"], "Amplitude");
                let list = rule["transformers"][0].as_array().unwrap();
                list.iter().map(|one| one["type"].as_str().unwrap()).collect()
            })
            .collect();
        assert_eq!(
            kinds,
            [vec!["sample_event"], vec!["drop"], vec!["drop_properties", "allow_properties"]]
        );
        assert_eq!(of(&[both.clone(), both]), None);
        assert_eq!(of(&[]), Some(Vec::new()));
    }
    /// What keeps events back from a destination of this name.
    fn held(routing: &Routing, destination: &str) -> Option<Vec<Json>> {
        let rules = routing_rules(&[], routing, destination)?;
        let held = rules.iter().map(|rule| {
            assert_eq!(rule["transformers"], json!([[{ "type": "drop" }]]));
            serde_json::from_str(rule["matchers"][0]["ir"].as_str().unwrap()).unwrap()
        });
        Some(held.collect())
    }

    #[test]
    fn consent_is_asked_of_events_that_carry_preferences_except_of_the_report_itself() {
        let asking = |categories: &[&str]| Routing {
            consent_categories: categories.iter().map(|one| (*one).to_owned()).collect(),
            ..Routing::default()
        };
        let of = "context.consent.categoryPreferences";
        let nothing = json!(["or", ["=", ["typeof", of], { "value": "undefined" }], ["=", of, { "value": null }]]);
        let report = json!([
            "and",
            ["=", "type", { "value": "track" }],
            ["=", "event", { "value": "Segment Consent Preference Updated" }],
        ]);
        let agreed = |category: &str| json!(["=", format!("{of}.{category}"), { "value": true }]);
        let expected =
            |all: Json| json!(["and", ["!", nothing.clone()], ["!", all], ["!", report.clone()]]);
        assert_eq!(held(&asking(&["Ads"]), "A"), Some(vec![expected(agreed("Ads"))]));
        let both = json!(["and", agreed("Ads"), agreed("C0002")]);
        assert_eq!(held(&asking(&["Ads", "C0002"]), "A"), Some(vec![expected(both)]));
        assert_eq!(held(&asking(&["Ads", "a.b"]), "A"), None, "a dot is a step of a path");
    }

    #[test]
    fn switches_hold_unless_the_sender_names_the_destination() {
        let switched = |calls: &[EventType], events: &[(&str, bool)]| Routing {
            switches: SchemaSwitches {
                calls_off: calls.iter().copied().collect(),
                events: events.iter().map(|(name, on)| ((*name).to_owned(), *on)).collect(),
            },
            ..Routing::default()
        };
        let off = |routing: &Routing| {
            held(routing, "Amplitude").map(|rules| {
                assert_eq!(rules.len(), 1);
                let wish = json!([
                    "or",
                    ["=", "integrations.Amplitude", { "value": true }],
                    ["and",
                        ["=", ["typeof", "integrations.Amplitude"], { "value": "object" }],
                        ["!=", "integrations.Amplitude", { "value": null }]],
                ]);
                assert_eq!(rules[0][2], json!(["!", wish]));
                rules[0][1].clone()
            })
        };
        let track = json!(["=", "type", { "value": "track" }]);
        let named = |name: &str| json!(["=", "event", { "value": name }]);
        assert_eq!(
            off(&switched(&[EventType::Alias], &[("Scrolled", false)])),
            Some(
                json!(["or", ["=", "type", { "value": "alias" }], ["and", track, named("Scrolled")]])
            )
        );
        assert_eq!(
            off(&switched(&[EventType::Track], &[("Paid", true)])),
            Some(json!(["and", track, ["!", named("Paid")]]))
        );
        assert_eq!(held(&switched(&[], &[("Paid", true)]), "Amplitude"), Some(Vec::new()));
        assert_eq!(held(&switched(&[EventType::Page], &[]), "Customer.io"), None);
    }
}
