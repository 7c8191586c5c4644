//! The JSON form of conditions, read by hand so that an error says what is wrong and where.
//!
//! ```json
//! {"property": "plan", "of": "user", "op": "is", "values": ["pro", "team"]}
//! {"all": [ … ]}   {"any": [ … ]}   {"not": { … }}
//! ```
//! `of` is `event` (default) or `user`; a value is a string, a number, a boolean, or null for
//! `(none)`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value as Json, json};

use crate::condition::Operand;
use crate::{Condition, FilterError, NONE, Op, PropertyCondition, Scope};

/// Deeper JSON is refused before it is read any further.
const DEPTH_MAX: usize = 32;

fn shape(text: impl Into<String>) -> FilterError {
    FilterError::Shape(text.into())
}

impl Condition {
    /// Reads the JSON form.
    ///
    /// # Errors
    /// If the shape is not that of a condition; says where.
    pub fn from_json(json: &Json) -> Result<Self, FilterError> {
        read(json, 0)
    }

    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Self::All(list) => json!({ "all": list.iter().map(Self::to_json).collect::<Vec<_>>() }),
            Self::Any(list) => json!({ "any": list.iter().map(Self::to_json).collect::<Vec<_>>() }),
            Self::Not(inner) => json!({ "not": inner.to_json() }),
            Self::Property(leaf) => json!({
                "property": leaf.property,
                "of": match leaf.of { Scope::Event => "event", Scope::User => "user", Scope::Context => "context" },
                "op": leaf.op.name(),
                "values": leaf.values.iter().map(Operand::to_json).collect::<Vec<_>>(),
            }),
        }
    }
}

impl Operand {
    fn to_json(&self) -> Json {
        match self {
            Self::Text(text) => Json::String(text.clone()),
            Self::Number(number) => Json::Number(number.clone()),
            Self::Bool(flag) => Json::Bool(*flag),
        }
    }

    fn from_json(json: &Json) -> Result<Self, FilterError> {
        match json {
            Json::String(text) => Ok(Self::Text(text.clone())),
            Json::Number(number) => Ok(Self::Number(number.clone())),
            Json::Bool(flag) => Ok(Self::Bool(*flag)),
            Json::Null => Ok(Self::Text(NONE.to_owned())),
            _ => Err(shape("a filter value must be a string, a number, a boolean or null")),
        }
    }
}

fn read(json: &Json, depth: usize) -> Result<Condition, FilterError> {
    if depth > DEPTH_MAX {
        return Err(FilterError::TooLarge {
            what: "conditions nested",
            found: depth,
            limit: DEPTH_MAX,
        });
    }
    let object = json.as_object().ok_or_else(|| shape("a condition must be an object"))?;
    for (name, kind) in [("all", 0), ("any", 1), ("not", 2)] {
        let Some(inner) = object.get(name) else { continue };
        if object.len() != 1 {
            return Err(shape(format!("a condition with `{name}` has no other field")));
        }
        return match kind {
            0 => read_list(inner, name, depth).map(Condition::All),
            1 => read_list(inner, name, depth).map(Condition::Any),
            _ => Ok(Condition::Not(Box::new(read(inner, depth + 1)?))),
        };
    }
    read_leaf(object).map(Condition::Property)
}

fn read_list(json: &Json, name: &str, depth: usize) -> Result<Vec<Condition>, FilterError> {
    let list =
        json.as_array().ok_or_else(|| shape(format!("`{name}` must be a list of conditions")))?;
    list.iter().map(|inner| read(inner, depth + 1)).collect()
}

fn read_leaf(object: &Map<String, Json>) -> Result<PropertyCondition, FilterError> {
    if let Some(name) =
        object.keys().find(|k| !["property", "of", "op", "values"].contains(&k.as_str()))
    {
        return Err(shape(format!(
            "unknown field `{name}` in a condition; expected `property`, `of`, `op`, `values`, \
             or one of `all`, `any`, `not`"
        )));
    }
    let text = |name: &str| {
        object
            .get(name)
            .ok_or_else(|| shape(format!("a condition needs `{name}`")))?
            .as_str()
            .ok_or_else(|| shape(format!("`{name}` of a condition must be a string")))
    };
    let property = text("property")?.to_owned();
    let of = match object.get("of").map(|_| text("of")).transpose()? {
        None | Some("event") => Scope::Event,
        Some("user") => Scope::User,
        Some("context") => Scope::Context,
        Some(other) => {
            let text = format!("`of` must be `event`, `user` or `context`, not `{other}`");
            return Err(shape(text));
        }
    };
    let name = text("op")?;
    let op = Op::from_name(name).ok_or_else(|| FilterError::UnknownOperator(name.to_owned()))?;
    let values = match object.get("values") {
        Some(Json::Array(values)) => {
            values.iter().map(Operand::from_json).collect::<Result<_, _>>()?
        }
        Some(_) => return Err(shape("`values` of a condition must be a list")),
        None => return Err(shape("a condition needs `values`")),
    };
    Ok(PropertyCondition { property, of, op, values })
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        Self::from_json(&json).map_err(serde::de::Error::custom)
    }
}
