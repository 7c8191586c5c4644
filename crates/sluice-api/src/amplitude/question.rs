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
    /// Conditions on the people themselves, for a question.
    pub(super) people: Vec<Value>,
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
    /// Of a condition on what was performed.
    #[serde(default)]
    event_type: Option<String>,
    #[serde(default)]
    filters: Vec<Filter>,
    #[serde(default)]
    value: Option<f64>,
    #[serde(default)]
    time_type: Option<String>,
}

/// Comparisons of conditions on what was performed.
const COMPARISONS: &[(&str, &str)] = &[
    (">=", "greater_or_equal"),
    (">", "greater"),
    ("=", "is"),
    ("==", "is"),
    ("<=", "less_or_equal"),
    ("<", "less"),
];

/// One value or a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Values {
    List(Vec<Value>),
    One(Value),
}

impl Values {
    fn into_list(self) -> Vec<Value> {
        match self {
            Self::List(list) => list,
            Self::One(one) => vec![one],
        }
    }
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
        if wanted.ends_with("verified_revenue") {
            return Err(Failure::invalid(format!("Invalid event: {wanted}: it is not available")));
        }
        let name = event_name(wanted);
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

fn event_name(wanted: &str) -> &str {
    EVENTS.iter().find(|(theirs, _)| *theirs == wanted).map_or(wanted, |(_, ours)| ours)
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
    property["op"] = (*ours).into();
    property["values"] = values.into_list().into();
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
            let label =
                if is_one { "Segment".to_owned() } else { format!("Segment {}", index + 1) };
            let mut segment = Self { label, conditions: Vec::new(), people: Vec::new() };
            list.into_iter().try_for_each(|one| one.put_into(&mut segment))?;
            Ok(segment)
        };
        if given.is_empty() {
            let label = "All Users".to_owned();
            return Ok(vec![Self { label, conditions: Vec::new(), people: Vec::new() }]);
        }
        given.iter().enumerate().map(segment).collect()
    }

    /// Asks a question about this segment only.
    pub(super) fn narrow(&self, question: &mut Value) {
        question["segment"] = self.conditions.clone().into();
        question["people"] = self.people.clone().into();
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
    fn put_into(self, segment: &mut Segment) -> Result<()> {
        let Some(name) = &self.prop else {
            segment.people.push(self.performed()?);
            return Ok(());
        };
        let values = self.values.unwrap_or(Values::List(Vec::new()));
        if name == COHORT {
            segment.people.push(in_cohorts(&self.op, values)?);
        } else if name.starts_with("userdata_") {
            return Err(Failure::parameter("s", format!("{name} is not available here")));
        } else {
            segment.conditions.push(condition(user_property(name)?, &self.op, values)?);
        }
        Ok(())
    }

    /// A clause about people who had an event so many times, ever.
    fn performed(self) -> Result<Value> {
        let wrong = |why: &str| Err(Failure::parameter("s", why));
        let Some(event) = self.event_type else {
            return wrong("a condition has a `prop`, or an `event_type` that was performed");
        };
        if self.time_type.as_deref().is_some_and(|time| time != "allTime") {
            return wrong(
                "what was performed is counted over all time here: `time_type` `allTime`",
            );
        }
        let op = COMPARISONS.iter().find(|(theirs, _)| *theirs == self.op);
        let Some((_, op)) = op else { return wrong("`op` is one of >=, >, =, <=, <") };
        let count = self.value.unwrap_or(1.0);
        if count.fract() != 0.0 || !(0.0..=f64::from(u32::MAX)).contains(&count) {
            return wrong("`value` is a whole number of times");
        }
        let filters =
            self.filters.into_iter().map(Filter::condition).collect::<Result<Vec<_>>>()?;
        let event = json!({ "event": event_name(&event), "filters": filters });
        // "At least zero times" is sent for "performed it".
        let count = if *op == "greater_or_equal" { (count as u32).max(1) } else { count as u32 };
        let performed = json!({ "kind": "performed", "event": event, "op": op, "count": count });
        Ok(json!({ "any_of": [performed] }))
    }
}

/// What a segment calls membership of a saved cohort.
const COHORT: &str = "userdata_cohort";

fn in_cohorts(operator: &str, values: Values) -> Result<Value> {
    let not = match operator {
        "is" => false,
        "is not" => true,
        _ => return Err(Failure::parameter("s", "a cohort goes with `is` and `is not`")),
    };
    let ids = values.into_list().into_iter().filter_map(|id| id.as_str().map(str::to_owned));
    let any_of: Vec<_> = ids.map(|id| json!({ "kind": "in_cohort", "cohort": id })).collect();
    if any_of.is_empty() {
        return Err(Failure::parameter("s", "a cohort is named by its id in `values`"));
    }
    Ok(json!({ "not": not, "any_of": any_of }))
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
            r#"{"event_type":"unverified_revenue"}"#,
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
    }

    fn segment(json: &str) -> Result<Segment> {
        let coded: String = form_urlencoded::byte_serialize(json.as_bytes()).collect();
        Segment::all(&Params::of_query(&format!("s={coded}"))).map(|mut all| all.remove(0))
    }

    #[test]
    fn a_segment_may_be_a_cohort_or_who_performed_an_event() {
        let cohorts =
            segment(r#"[{"prop":"userdata_cohort","op":"is","values":["a1","b2"]}]"#).unwrap();
        let in_cohort = |id: &str| json!({ "kind": "in_cohort", "cohort": id });
        let any_of = [in_cohort("a1"), in_cohort("b2")];
        assert_eq!(cohorts.people, [json!({ "not": false, "any_of": any_of })]);
        assert!(cohorts.conditions.is_empty());
        let performed =
            segment(r#"[{"op":">=","type":"event","event_type":"signup","value":0}]"#).unwrap();
        let event = json!({ "event": "signup", "filters": [] });
        let once =
            json!({ "kind": "performed", "event": event, "op": "greater_or_equal", "count": 1 });
        assert_eq!(performed.people, [json!({ "any_of": [once] })]);
        for bad in [
            r#"[{"prop":"userdata_cohort","op":"contains","values":["a1"]}]"#,
            r#"[{"prop":"userdata_cohort","op":"is","values":[]}]"#,
            r#"[{"op":">=","event_type":"signup","value":1.5}]"#,
            r#"[{"op":">=","event_type":"signup","value":1,"time_type":"forEachInterval"}]"#,
            r#"[{"op":"like","event_type":"signup","value":1}]"#,
            r#"[{"op":">=","value":1}]"#,
        ] {
            assert!(segment(bad).is_err(), "{bad}");
        }
    }
}
