//! Whether an event fulfils a trigger.

use std::borrow::Cow;

use serde_json::Value as Json;
use sluice_base::ecma;

use super::{Field, Group, Item, Literal, Match, Subscription, Test};
use crate::fql::Comparison;

impl Subscription {
    #[must_use]
    pub fn matches(&self, event: &Json) -> bool {
        self.root.holds(event) == Some(true)
    }
}

impl Group {
    /// `None` ends the evaluation.
    fn holds(&self, event: &Json) -> Option<bool> {
        for item in &self.items {
            let holds = match item {
                Item::Nothing => return None,
                Item::Group(group) => group.holds(event)?,
                Item::Condition(field, test) => test.holds(field.of(event).as_deref()),
            };
            if holds == self.any {
                return Some(holds);
            }
        }
        Some(!self.any)
    }
}

impl Field {
    fn of<'e>(&self, event: &'e Json) -> Option<Cow<'e, Json>> {
        match self {
            Self::Type => event.get("type").map(Cow::Borrowed),
            Self::Event => event.get("event").map(Cow::Borrowed),
            Self::Name => event.get("name").map(Cow::Borrowed),
            Self::UserId => event.get("userId").map(Cow::Borrowed),
            Self::In(part, path) => {
                ecma::walk(event.get(part.name())?, path.keys.iter().map(String::as_str))
            }
        }
    }
}

impl Test {
    fn holds(&self, value: Option<&Json>) -> bool {
        let text = value.and_then(Json::as_str);
        match self {
            Self::Is(expected) => text == Some(expected),
            Self::IsNot(expected) => text != Some(expected),
            Self::Number(comparison, literal) => {
                let Some(Json::Number(number)) = value else { return false };
                compare(*comparison, number.as_f64().unwrap_or(f64::NAN), literal.number())
            }
            Self::Text { how, text: expected, negated } => text.is_some_and(|text| {
                let holds = match how {
                    Match::Contains => text.contains(expected.as_str()),
                    Match::StartsWith => text.starts_with(expected.as_str()),
                    Match::EndsWith => text.ends_with(expected.as_str()),
                };
                holds != *negated
            }),
            Self::Exists => value.is_some_and(|value| !value.is_null()),
            Self::DoesNotExist => value.is_none_or(Json::is_null),
            Self::IsBool(expected) => value.and_then(Json::as_bool) == Some(*expected),
        }
    }
}

#[expect(clippy::float_cmp, reason = "the language's equality is exact")]
fn compare(comparison: Comparison, left: f64, right: f64) -> bool {
    match comparison {
        Comparison::Equal => left == right,
        Comparison::NotEqual => left != right,
        Comparison::Less => left < right,
        Comparison::LessOrEqual => left <= right,
        Comparison::Greater => left > right,
        Comparison::GreaterOrEqual => left >= right,
        Comparison::In => false,
    }
}

impl Literal {
    fn number(&self) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Text(text) => ecma::number_of(text),
        }
    }
}
