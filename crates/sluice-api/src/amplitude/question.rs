//! Amplitude's events, filters and segments as parts of questions, in the JSON form that questions
//! have when they are stored and served.

use serde::Deserialize;
use serde_json::{Value, json};

use super::failure::{Failure, Result};
use super::params::Params;

/// An event as a request names it.
pub(super) struct Event {
    /// For a question.
    pub(super) selector: Value,
    pub(super) name: String,
    /// Properties, for a question.
    pub(super) group_by: Vec<Value>,
}

/// People side by side: conditions for a question.
pub(super) struct Segment {
    pub(super) label: String,
    pub(super) conditions: Vec<Value>,
}

#[derive(Deserialize)]
struct Given {
    event_type: String,
    #[serde(default)]
    filters: Vec<Filter>,
    #[serde(default)]
    group_by: Vec<GroupBy>,
}

#[derive(Deserialize)]
struct Filter {
    subprop_type: String,
    subprop_key: String,
    subprop_op: String,
    subprop_value: Values,
}

#[derive(Deserialize)]
struct GroupBy {
    #[serde(rename = "type")]
    kind: String,
    value: String,
}

#[derive(Deserialize)]
struct Condition {
    prop: Option<String>,
    op: String,
    #[serde(default)]
    values: Option<Values>,
}

/// One value or a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Values {
    List(Vec<Value>),
    One(Value),
}

/// Amplitude's own names for what its SDKs send, and the pseudo-events.
const EVENTS: &[(&str, &str)] = &[
    ("_new_user", "_new"),
    ("revenue_amount", "[Amplitude] Revenue"),
    ("session_start", "[Amplitude] Start Session"),
    ("session_end", "[Amplitude] End Session"),
];

/// Amplitude's built-in user properties, which here stand in the context of each event.
const BUILT_IN: &[(&str, &str)] = &[
    ("version", "app.version"),
    ("country", "country"),
    ("city", "location.city"),
    ("region", "location.region"),
    ("DMA", "amplitude.dma"),
    ("language", "locale"),
    ("platform", "platform"),
    ("os", "os"),
    ("device", "device.model"),
    ("device_type", "device_type"),
    ("start_version", "amplitude.start_version"),
    ("paying", "amplitude.paying"),
    ("library", "library.name"),
    ("carrier", "network.carrier"),
];

const OPERATORS: &[(&str, &str)] = &[
    ("is", "is"),
    ("is not", "is_not"),
    ("contains", "contains"),
    ("does not contain", "does_not_contain"),
    ("less", "less"),
    ("less or equal", "less_or_equal"),
    ("greater", "greater"),
    ("greater or equal", "greater_or_equal"),
    ("set is", "set_is"),
    ("set is not", "set_is_not"),
    ("set contains", "set_contains"),
    ("set does not contain", "set_does_not_contain"),
    ("set contains any", "set_contains_any"),
    ("glob match", "glob_match"),
    ("glob does not match", "glob_does_not_match"),
];

impl Event {
    pub(super) fn parse(parameter: &str, json: &str) -> Result<Self> {
        let given: Given = serde_json::from_str(json)
            .map_err(|error| Failure::parameter(parameter, format!("it is no event: {error}")))?;
        let wanted = given.event_type.as_str();
        if wanted.starts_with("ce:") || wanted.ends_with("verified_revenue") {
            return Err(Failure::invalid(format!("Invalid event: {wanted}: it is not available")));
        }
        let name = EVENTS.iter().find(|(theirs, _)| *theirs == wanted).map_or(wanted, |(_, o)| o);
        let filters =
            given.filters.into_iter().map(Filter::condition).collect::<Result<Vec<_>>>()?;
        let group_by = given.group_by.iter().map(GroupBy::property).collect::<Result<Vec<_>>>()?;
        let selector = json!({ "event": name, "filters": filters });
        Ok(Self { selector, name: name.to_owned(), group_by })
    }

    /// The events of a repeated parameter.
    pub(super) fn all(params: &Params, name: &str) -> Result<Vec<Self>> {
        params.all(name).map(|json| Self::parse(name, json)).collect()
    }
}

impl Filter {
    fn condition(self) -> Result<Value> {
        let property = property(&self.subprop_type, &self.subprop_key)?;
        condition(property, &self.subprop_op, self.subprop_value)
    }
}

impl GroupBy {
    fn property(&self) -> Result<Value> {
        property(&self.kind, &self.value)
    }
}

fn property(kind: &str, name: &str) -> Result<Value> {
    match kind {
        "event" => Ok(json!({ "property": name, "of": "event" })),
        "user" => user_property(name),
        other => {
            Err(Failure::invalid(format!("Invalid property type: {other}: use `event` or `user`")))
        }
    }
}

/// A user property by Amplitude's name: built in, or one's own as `gp:name`.
pub(super) fn user_property(name: &str) -> Result<Value> {
    if let Some(own) = name.strip_prefix("gp:") {
        return Ok(json!({ "property": own, "of": "user" }));
    }
    let found = BUILT_IN.iter().find(|(theirs, _)| *theirs == name);
    let (_, ours) = found.ok_or_else(|| {
        let names: Vec<_> = BUILT_IN.iter().map(|(name, _)| *name).collect();
        let names = names.join(", ");
        Failure::invalid(format!(
            "Invalid property: {name}: one's own are `gp:{name}`, those built in are {names}"
        ))
    })?;
    Ok(json!({ "property": ours, "of": "context" }))
}

fn condition(mut property: Value, operator: &str, values: Values) -> Result<Value> {
    let found = OPERATORS.iter().find(|(theirs, _)| *theirs == operator);
    let (_, ours) =
        found.ok_or_else(|| Failure::invalid(format!("Invalid operator: {operator}")))?;
    let values = match values {
        Values::List(list) => list,
        Values::One(one) => vec![one],
    };
    property["op"] = (*ours).into();
    property["values"] = values.into();
    Ok(property)
}

impl Segment {
    /// The segments of a request: `s`, repeated or numbered. Everybody if there is none.
    pub(super) fn all(params: &Params) -> Result<Vec<Self>> {
        let mut given: Vec<&str> = params.all("s").collect();
        given.extend((1..).map_while(|number| params.get(&format!("s{number}"))));
        let is_one = given.len() < 2;
        let segment = |(index, json): (usize, &&str)| -> Result<Self> {
            let list: Vec<Condition> = serde_json::from_str(json)
                .map_err(|error| Failure::parameter("s", format!("it is no segment: {error}")))?;
            let conditions = list.into_iter().map(Condition::into_json).collect::<Result<_>>()?;
            let label =
                if is_one { "Segment".to_owned() } else { format!("Segment {}", index + 1) };
            Ok(Self { label, conditions })
        };
        if given.is_empty() {
            return Ok(vec![Self { label: "All Users".to_owned(), conditions: Vec::new() }]);
        }
        given.iter().enumerate().map(segment).collect()
    }

    /// The segments, and the property by which the only one of them is to be split.
    pub(super) fn with_breakdown(params: &Params) -> Result<(Vec<Self>, Option<Value>)> {
        let segments = Self::all(params)?;
        let breakdown = params.get("g").map(user_property).transpose()?;
        if breakdown.is_some() && segments.len() > 1 {
            return Err(Failure::parameter("g", "it goes with a single segment"));
        }
        Ok((segments, breakdown))
    }
}

impl Condition {
    fn into_json(self) -> Result<Value> {
        let name = self.prop.ok_or_else(|| {
            Failure::parameter("s", "conditions on what was performed are not available here")
        })?;
        if name.starts_with("userdata_") {
            return Err(Failure::parameter("s", format!("{name} is not available here")));
        }
        let values = self.values.unwrap_or(Values::List(Vec::new()));
        condition(user_property(&name)?, &self.op, values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_keeps_its_filters_and_its_grouping() {
        let event = Event::parse(
            "e",
            r#"{"event_type":"CompletedProfile","filters":[
                {"subprop_type":"event","subprop_key":"EmailVerified","subprop_op":"is","subprop_value":["true"]},
                {"subprop_type":"user","subprop_key":"gp:SignUpDate","subprop_op":"is not","subprop_value":["2021-08-18"]}],
               "group_by":[{"type":"user","value":"platform"}]}"#,
        )
        .unwrap();
        let expected = json!({ "event": "CompletedProfile", "filters": [
            { "property": "EmailVerified", "of": "event", "op": "is", "values": ["true"] },
            { "property": "SignUpDate", "of": "user", "op": "is_not", "values": ["2021-08-18"] },
        ] });
        assert_eq!(event.selector, expected);
        assert_eq!(event.group_by, [json!({ "property": "platform", "of": "context" })]);
        for bad in [
            "{",
            r#"{"event_type":"ce:Mine"}"#,
            r#"{"event_type":"A","filters":[{"subprop_type":"group","subprop_key":"a","subprop_op":"is","subprop_value":["b"]}]}"#,
            r#"{"event_type":"A","filters":[{"subprop_type":"event","subprop_key":"a","subprop_op":"resembles","subprop_value":["b"]}]}"#,
            r#"{"event_type":"A","group_by":[{"type":"user","value":"shoe_size"}]}"#,
        ] {
            assert!(Event::parse("e", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn segments_come_repeated_or_numbered() {
        let one = r#"[{"prop":"version","op":"contains","values":["1.0","2.0"]},{"prop":"gp:gender","op":"is","values":["female"]}]"#;
        let two: String = form_urlencoded::byte_serialize(one.as_bytes()).collect();
        let segments = Segment::all(&Params::of_query(&format!("s={two}&s1={two}"))).unwrap();
        assert_eq!(segments.len(), 2);
        assert_eq!(segments[1].label, "Segment 2");
        let first = json!({ "property": "app.version", "of": "context", "op": "contains", "values": ["1.0", "2.0"] });
        assert_eq!(segments[0].conditions[0], first);
        let both = Params::of_query(&format!("s={two}&s={two}&g=country"));
        assert!(Segment::with_breakdown(&both).is_err());
        let performed = r#"[{"op":">=","type":"event","event_type":"signup","value":1}]"#;
        let performed: String = form_urlencoded::byte_serialize(performed.as_bytes()).collect();
        assert!(Segment::all(&Params::of_query(&format!("s={performed}"))).is_err());
    }
}
