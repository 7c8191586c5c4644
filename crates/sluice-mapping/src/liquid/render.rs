//! What a template gives for an event.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;
use sluice_base::ecma;

use super::expr::{Expr, Filtered, Operator};
use super::{Node, RENDER_BYTES_MAX, Template, filters};
use crate::budget::{Budget, weight};
use crate::error::ApplyError;

impl Template {
    /// # Errors
    /// If a filter cannot do with what it gets, or the result grows too large.
    pub fn render(&self, event: Option<&Value>) -> Result<String, String> {
        self.render_up_to(RENDER_BYTES_MAX, event).0
    }

    /// As a part of what a mapping may put together.
    pub(crate) fn render_within(
        &self,
        event: Option<&Value>,
        budget: &Budget,
    ) -> Result<String, ApplyError> {
        let (text, used) = self.render_up_to(RENDER_BYTES_MAX.min(budget.left()), event);
        budget.take(used)?;
        text.map_err(ApplyError::new)
    }

    /// And how many bytes it took.
    fn render_up_to(&self, bytes: usize, event: Option<&Value>) -> (Result<String, String>, usize) {
        let mut context = Context {
            event: event.unwrap_or(&Value::Null),
            variables: HashMap::new(),
            counters: HashMap::new(),
            turns: HashMap::new(),
            budget: bytes,
        };
        let mut out = String::new();
        let done = context.nodes(&self.nodes, &mut out);
        (done.map(|()| out), bytes - context.budget)
    }
}

pub(super) struct Context<'a> {
    event: &'a Value,
    /// `None` is undefined, though assigned.
    variables: HashMap<&'a str, Option<Value>>,
    counters: HashMap<&'a str, f64>,
    turns: HashMap<&'a str, usize>,
    budget: usize,
}

/// What an expression gives; `None` is undefined.
type Found<'v> = Option<Cow<'v, Value>>;

impl<'a> Context<'a> {
    /// Takes what is put together from what the rendering may use.
    fn spend(&mut self, bytes: usize) -> Result<(), String> {
        self.allows(bytes)?;
        self.budget -= bytes;
        Ok(())
    }

    /// To be asked before something large is made.
    pub(super) fn allows(&self, bytes: usize) -> Result<(), String> {
        if bytes <= self.budget {
            return Ok(());
        }
        Err(format!("the template puts more than {RENDER_BYTES_MAX} bytes together"))
    }

    /// A copy of what an expression gives.
    fn copy(&mut self, expr: &'a Expr) -> Result<Option<Value>, String> {
        let found = self.expr(expr).map(|value| (weight(&value), value));
        let Some((bytes, value)) = found else { return Ok(None) };
        self.allows(bytes)?;
        let value = value.into_owned();
        self.spend(bytes)?;
        Ok(Some(value))
    }

    fn nodes(&mut self, nodes: &'a [Node], out: &mut String) -> Result<(), String> {
        for node in nodes {
            let before = out.len();
            self.node(node, out)?;
            self.spend(out.len() - before)?;
        }
        Ok(())
    }

    fn node(&mut self, node: &'a Node, out: &mut String) -> Result<(), String> {
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Output(filtered) => {
                if let Some(value) = self.filtered(filtered)? {
                    push_output(out, &value);
                }
            }
            Node::Assign(name, filtered) => {
                let value = self.filtered(filtered)?;
                self.variables.insert(name, value);
            }
            Node::Capture(name, body) => {
                let mut inner = String::new();
                self.nodes(body, &mut inner)?;
                self.variables.insert(name, Some(Value::String(inner)));
            }
            Node::If(branches) => {
                for (condition, body) in branches {
                    let holds = match condition {
                        None => true,
                        Some(condition) => {
                            is_truthy(self.filtered(&condition.value)?.as_ref())
                                != condition.negated
                        }
                    };
                    if holds {
                        return self.nodes(body, out);
                    }
                }
            }
            Node::Increment(name) => {
                let number = self.counter(name);
                out.push_str(&ecma::number_text(number));
                self.counters.insert(name, number + 1.0);
            }
            Node::Decrement(name) => {
                let number = self.counter(name) - 1.0;
                out.push_str(&ecma::number_text(number));
                self.counters.insert(name, number);
            }
            Node::Cycle { group, candidates } => {
                let turn = self.turns.entry(group).or_default();
                let candidate = &candidates[*turn];
                *turn = (*turn + 1) % candidates.len();
                if let Some(value) = self.filtered(candidate)? {
                    push_output(out, &value);
                }
            }
            Node::Block(nodes) => self.nodes(nodes, out)?,
        }
        Ok(())
    }

    fn counter(&self, name: &str) -> f64 {
        let of_event = || self.event.get(name).filter(|value| value.is_number())?.as_f64();
        self.counters.get(name).copied().or_else(of_event).unwrap_or(0.0)
    }

    fn filtered(&mut self, filtered: &'a Filtered) -> Result<Option<Value>, String> {
        let mut value = self.copy(&filtered.value)?;
        for call in &filtered.filters {
            let mut arguments = Vec::with_capacity(call.arguments.len());
            for argument in &call.arguments {
                arguments.push(self.copy(argument)?.unwrap_or(Value::Null));
            }
            let mut named = Vec::with_capacity(call.named.len());
            for (name, argument) in &call.named {
                named.push((name.as_str(), self.copy(argument)?.unwrap_or(Value::Null)));
            }
            let input = filters::Input { value, arguments: &arguments, named: &named };
            value = filters::run(call.name, input, self)?;
            self.spend(value.as_ref().map_or(0, weight))?;
        }
        Ok(value)
    }

    fn expr<'s>(&'s self, expr: &'s Expr) -> Found<'s> {
        match expr {
            Expr::Literal(value) => Some(Cow::Borrowed(value)),
            Expr::Empty | Expr::Blank => Some(Cow::Owned(Value::String(String::new()))),
            Expr::Variable(name, keys) => self.variable(name, keys),
            Expr::Not(inner) => {
                Some(Cow::Owned(Value::Bool(!is_truthy(self.expr(inner).as_deref()))))
            }
            Expr::Operation(operator, sides) => {
                Some(Cow::Owned(Value::Bool(self.operation(*operator, &sides.0, &sides.1))))
            }
        }
    }

    fn variable<'s>(&'s self, name: &str, keys: &'s [Expr]) -> Found<'s> {
        let root = match (self.variables.get(name), self.counters.get(name)) {
            (Some(value), _) => Cow::Borrowed(value.as_ref()?),
            (None, Some(number)) => Cow::Owned(filters::number(*number)),
            (None, None) => Cow::Borrowed(self.event.get(name)?),
        };
        keys.iter().try_fold(root, |at, key| {
            // A walk through null stays null; one through what does not exist ends.
            if at.is_null() {
                return Some(at);
            }
            let key = self.expr(key)?;
            match at {
                Cow::Borrowed(value) => member(value, &key),
                Cow::Owned(value) => {
                    member(&value, &key).map(|found| Cow::Owned(found.into_owned()))
                }
            }
        })
    }

    fn operation(&self, operator: Operator, left: &Expr, right: &Expr) -> bool {
        match operator {
            Operator::And => {
                return is_truthy(self.expr(left).as_deref())
                    && is_truthy(self.expr(right).as_deref());
            }
            Operator::Or => {
                return is_truthy(self.expr(left).as_deref())
                    || is_truthy(self.expr(right).as_deref());
            }
            Operator::Equal => return self.equal(left, right),
            Operator::NotEqual => return !self.equal(left, right),
            _ => {}
        }
        let has_no_order =
            |expr: &Expr| matches!(expr, Expr::Literal(Value::Null) | Expr::Empty | Expr::Blank);
        let is_nothing = has_no_order(left) || has_no_order(right);
        let (left, right) = (self.expr(left), self.expr(right));
        if operator == Operator::Contains {
            return contains(left.as_deref(), right.as_deref().unwrap_or(&Value::Null));
        }
        let (Some(left), Some(right)) = (left.as_deref(), right.as_deref()) else { return false };
        let (left, right) = (&*primitive(left), &*primitive(right));
        let order = match (left, right) {
            _ if is_nothing => None,
            (Value::String(left), Value::String(right)) => {
                left.encode_utf16().partial_cmp(right.encode_utf16())
            }
            _ => filters::strict_number(left).partial_cmp(&filters::strict_number(right)),
        };
        order.is_some_and(|order| match operator {
            Operator::Less => order.is_lt(),
            Operator::LessOrEqual => order.is_le(),
            Operator::Greater => order.is_gt(),
            _ => order.is_ge(),
        })
    }

    fn equal(&self, left: &Expr, right: &Expr) -> bool {
        match (left, right) {
            (Expr::Empty, Expr::Empty)
            | (Expr::Blank, Expr::Blank)
            | (Expr::Literal(Value::Null), Expr::Empty | Expr::Blank) => false,
            (Expr::Empty, other) | (other, Expr::Empty) => is_empty(&self.expr(other)),
            (Expr::Blank, other) | (other, Expr::Blank) => match self.expr(other).as_deref() {
                None | Some(Value::Null | Value::Bool(false)) => true,
                Some(Value::String(text)) => text.trim().is_empty(),
                _ => is_empty(&self.expr(other)),
            },
            (Expr::Literal(Value::Null), other) | (other, Expr::Literal(Value::Null)) => {
                self.expr(other).is_none_or(|value| value.is_null())
            }
            // What does not exist is not null.
            _ => match (self.expr(left).as_deref(), self.expr(right).as_deref()) {
                (Some(left), Some(right)) => equal(left, right),
                (left, right) => left.is_none() && right.is_none(),
            },
        }
    }
}

/// What JavaScript compares in a value's place.
fn primitive(value: &Value) -> Cow<'_, Value> {
    match value {
        Value::Array(_) | Value::Object(_) => {
            let mut text = String::new();
            ecma::push_text(&mut text, value);
            Cow::Owned(Value::String(text))
        }
        other => Cow::Borrowed(other),
    }
}

fn contains(left: Option<&Value>, right: &Value) -> bool {
    match left {
        Some(Value::Array(items)) => items.iter().any(|item| equal(item, right)),
        Some(Value::String(text)) => {
            let mut part = String::new();
            ecma::push_text(&mut part, right);
            text.contains(&part)
        }
        _ => false,
    }
}

fn is_empty(value: &Found<'_>) -> bool {
    match value.as_deref() {
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(map)) => map.is_empty(),
        _ => false,
    }
}

/// Objects are equal only if they are the same object.
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(l, r)| equal(l, r))
        }
        (Value::Object(_), _) | (_, Value::Object(_)) => std::ptr::eq(left, right),
        _ => left == right,
    }
}

fn member<'v>(value: &'v Value, key: &Value) -> Found<'v> {
    let key = filters::text(key);
    match value {
        Value::Object(map) => match map.get(&key) {
            Some(found) => Some(Cow::Borrowed(found)),
            None => (key == "size").then(|| Cow::Owned(map.len().into())),
        },
        Value::Array(items) => match key.as_str() {
            "size" => Some(Cow::Owned(items.len().into())),
            "first" => items.first().map(Cow::Borrowed),
            "last" => items.last().map(Cow::Borrowed),
            _ => {
                let index: i64 = key.parse().ok()?;
                let at = if index < 0 { index + i64::try_from(items.len()).ok()? } else { index };
                items.get(usize::try_from(at).ok()?).map(Cow::Borrowed)
            }
        },
        Value::String(text) if key == "size" => {
            Some(Cow::Owned(text.encode_utf16().count().into()))
        }
        Value::String(_) => ecma::member(value, &key),
        _ => None,
    }
}

fn is_truthy(value: Option<&Value>) -> bool {
    !matches!(value, None | Some(Value::Null | Value::Bool(false)))
}

fn push_output(out: &mut String, value: &Value) {
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter().for_each(|item| push_output(out, item)),
        other => ecma::push_text(out, other),
    }
}
