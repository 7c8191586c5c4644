//! What the questions of the tests have in common, and how they are asked.

use std::sync::atomic::AtomicBool;

use serde_json::{Value as Json, json};
use sluice_insights::{Context, InsightQuery, InsightResult, answer};

use crate::calendar::Intervals;
use crate::oracle::{Cond, Row};

/// What a question of any kind says.
#[derive(Clone, Debug)]
pub(crate) struct Common {
    /// Some kinds have no intervals; then only the dates count.
    pub(crate) over: Intervals,
    /// Clauses on people; the rows are already those of these people.
    pub(crate) people: Json,
    pub(crate) segment: Vec<Cond>,
    pub(crate) latest: bool,
    /// The type of the groups that are counted; the rows are already those of these groups.
    pub(crate) count_by: Option<&'static str>,
}

impl Common {
    /// The question, with the fields of its kind.
    pub(crate) fn question(&self, kind: &str, own: Json) -> Json {
        let mut json = json!({
            "kind": kind,
            "range": { "start": self.over.start.to_string(), "end": self.over.end.to_string() },
            "people": self.people,
            "segment": self.segment.iter().map(Cond::json).collect::<Vec<_>>(),
            "traits_as_of": if self.latest { "latest" } else { "event" },
        });
        if let Some(count_by) = self.count_by {
            json["count_by"] = json!(count_by);
        }
        let Json::Object(own) = own else { panic!("fields are an object") };
        json.as_object_mut().unwrap().extend(own.into_iter().filter(|(_, value)| !value.is_null()));
        json
    }

    /// Whether a row is in the segment.
    pub(crate) fn has(&self, row: &Row) -> bool {
        self.segment.iter().all(|cond| cond.holds(row, self.latest))
    }
}

/// A property to split by, if any, and whether it is the user's.
pub(crate) type By = Option<(String, bool)>;

pub(crate) fn by(by: &By) -> Json {
    match by {
        None => Json::Null,
        Some((property, user)) => {
            json!({ "property": property, "of": if *user { "user" } else { "event" } })
        }
    }
}

/// The answer to a question that can be asked.
pub(crate) fn ask(json: &Json, context: &Context) -> InsightResult {
    let query = InsightQuery::from_json(&json.to_string()).unwrap();
    answer(&query, context, &AtomicBool::new(false)).unwrap()
}

/// The same, of the kind that was asked for.
macro_rules! asked {
    ($kind:ident, $json:expr, $context:expr) => {
        match $crate::asking::ask($json, $context) {
            sluice_insights::InsightResult::$kind(result) => result,
            other => panic!("the answer is of another kind: {other:?}"),
        }
    };
}

pub(crate) use asked;

/// The question without its kind, as it stands inside a people query.
pub(crate) fn bare(mut json: Json) -> Json {
    json.as_object_mut().unwrap().shift_remove("kind");
    json
}

pub(crate) fn close(found: Option<f64>, expected: Option<f64>) -> bool {
    match (found, expected) {
        (None, None) => true,
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * b.abs().max(1.0),
        _ => false,
    }
}
