//! What each directive makes of an event.

use serde_json::Value;

use crate::budget::{Budget, STEP};
use crate::error::ApplyError;
use crate::flatten::{flatten, merge};
use crate::node::{ArraySource, If, Node, Replace, Source};
use crate::path::Path;
use crate::template::Template;
use crate::val::Val;

type Resolved<'a> = Result<Val<'a>, ApplyError>;

impl Node {
    /// The result for an input, which may be undefined.
    pub(crate) fn resolve<'a>(&'a self, input: Option<&'a Value>, budget: &Budget) -> Resolved<'a> {
        budget.take(STEP)?;
        Ok(match self {
            Self::Constant(value) => Val::Ref(value),
            Self::Nothing => Val::Undefined,
            Self::List(items) => {
                let items = items.iter().map(|item| item.resolve(input, budget));
                Val::List(items.collect::<Result<_, _>>()?)
            }
            Self::Members(members) => {
                let member = |(key, node): &'a (String, Self)| match node.resolve(input, budget) {
                    Ok(value) => Ok((key.as_str().into(), value)),
                    Err(error) => Err(error.within(key)),
                };
                Val::Members(members.iter().map(member).collect::<Result<_, _>>()?)
            }
            Self::Path(Source::Fixed(path)) => path.of(input).into(),
            Self::Path(Source::Computed(text)) => {
                let text = computed(text.resolve(input, budget)?, "@path", budget)?;
                Path::of_directive(&text).of(input).into()
            }
            Self::Template(Source::Fixed(template)) => Val::text(template.render(input, budget)?),
            Self::Template(Source::Computed(text)) => {
                let text = computed(text.resolve(input, budget)?, "@template", budget)?;
                Val::text(Template::parse(&text).render(input, budget)?)
            }
            Self::If(branch) => return branch.resolve(input, budget),
            Self::Case { upper, value } => {
                return in_case(*upper, value.resolve(input, budget)?, budget);
            }
            Self::Replace(replace) => return replace.resolve(input, budget),
            Self::ArrayPath { source, shape } => {
                let items = match source {
                    ArraySource::Path(path) => path.of(input).into(),
                    ArraySource::Computed(node) => node.resolve(input, budget)?,
                };
                match shape {
                    Some(shape) => return shape_items(items, shape, budget),
                    None => items,
                }
            }
            Self::Encode(value) => return encode(&value.resolve(input, budget)?, budget),
            Self::Decode(value) => return decode(value.resolve(input, budget)?, budget),
            Self::Flatten { separator, omit_arrays, value } => {
                return flatten(value.resolve(input, budget)?, separator, *omit_arrays, budget);
            }
            Self::Merge(objects) => {
                let objects = objects.iter().map(|object| object.resolve(input, budget));
                return merge(objects.collect::<Result<_, _>>()?, budget);
            }
            Self::Transform { apply, mapping } => return transform(apply, mapping, input, budget),
            Self::ExcludeWhenNull(value) => match value.resolve(input, budget)? {
                value if value.is_null() => Val::Undefined,
                value => return without_nulls(value, budget),
            },
            Self::Liquid(template) => Val::text(template.render_within(input, budget)?),
        })
    }
}

/// The text of a directive that another one gave, about to be read.
fn computed(text: Val<'_>, directive: &str, budget: &Budget) -> Result<String, ApplyError> {
    let kind = text.kind();
    let Some(Value::String(text)) = text.into_json(budget)? else {
        return Err(ApplyError::new(format!("{directive}: expected string, got {kind}")));
    };
    budget.take_reading(&text)?;
    Ok(text)
}

fn in_case<'a>(upper: bool, value: Val<'a>, budget: &Budget) -> Resolved<'a> {
    let Some(text) = value.as_str() else { return Ok(value) };
    budget.take(text.len())?;
    Ok(Val::text(if upper { text.to_uppercase() } else { text.to_lowercase() }))
}

fn encode(value: &Val<'_>, budget: &Budget) -> Resolved<'static> {
    let mut out = String::new();
    Ok(if value.push_json(&mut out, budget)? { Val::text(out) } else { Val::Undefined })
}

/// What is no JSON stays as it is.
fn decode<'a>(value: Val<'a>, budget: &Budget) -> Resolved<'a> {
    let Some(text) = value.as_str() else { return Ok(value) };
    budget.take_reading(text)?;
    Ok(serde_json::from_str(text).ok().map_or(value, Val::Own))
}

impl If {
    fn resolve<'a>(&'a self, input: Option<&'a Value>, budget: &Budget) -> Resolved<'a> {
        let value = self.test.resolve(input, budget)?;
        let holds = if self.blank { !value.is_blank() } else { !value.is_nullish() };
        let branch = if holds { &self.then } else { &self.otherwise };
        branch.resolve(input, budget)
    }
}

impl Replace {
    fn resolve<'a>(&'a self, input: Option<&'a Value>, budget: &Budget) -> Resolved<'a> {
        let value = self.value.resolve(input, budget)?;
        let mut text = String::new();
        match value.as_json() {
            Some(value @ (Value::String(_) | Value::Number(_) | Value::Bool(_))) => {
                sluice_base::ecma::push_text(&mut text, value);
            }
            _ => return Ok(Val::text("")),
        }
        for step in &self.steps {
            let limit = usize::from(!self.global);
            let with = regex::NoExpand(&step.replacement);
            let places = if self.global { step.pattern.find_iter(&text).count() } else { 1 };
            budget.take(text.len() + places.saturating_mul(step.replacement.len()))?;
            text = step.pattern.replacen(&text, limit, with).into_owned();
        }
        Ok(Val::text(text))
    }
}

/// The shape once per item, against the item; an object is an array of one.
fn shape_items<'a>(items: Val<'a>, shape: &'a Node, budget: &Budget) -> Resolved<'a> {
    let of_owned = |item: Val<'a>| match item {
        Val::Ref(item) => shape.resolve(Some(item), budget),
        other => shape.resolve(other.into_json(budget)?.as_ref(), budget)?.detach(budget),
    };
    let shaped: Result<Vec<_>, _> = match items {
        Val::Ref(Value::Array(items)) => {
            items.iter().map(|item| shape.resolve(Some(item), budget)).collect()
        }
        Val::Own(Value::Array(items)) => {
            items.into_iter().map(|item| of_owned(Val::Own(item))).collect()
        }
        Val::List(items) => items.into_iter().map(of_owned).collect(),
        object @ (Val::Ref(Value::Object(_)) | Val::Own(Value::Object(_)) | Val::Members(_)) => {
            of_owned(object).map(|shaped| vec![shaped])
        }
        other => return Ok(other),
    };
    shaped.map(Val::List)
}

fn transform<'a>(
    apply: &'a Node,
    mapping: &'a Node,
    input: Option<&'a Value>,
    budget: &Budget,
) -> Resolved<'a> {
    if let Some(value) = input
        && !value.is_object()
    {
        return Err(ApplyError::not_an_object(crate::val::kind(value)));
    }
    let between = apply.resolve(input, budget)?.into_json(budget)?;
    mapping.resolve(between.as_ref(), budget)?.detach(budget)
}

/// Nulls in objects become undefined, at any depth that is reached through objects alone.
fn without_nulls<'a>(value: Val<'a>, budget: &Budget) -> Resolved<'a> {
    if value.kind() != "object" {
        return Ok(value);
    }
    let members = value.into_members(budget)?.into_iter().map(|(key, inner)| {
        let inner = if inner.is_null() { Val::Undefined } else { without_nulls(inner, budget)? };
        Ok((key, inner))
    });
    members.collect::<Result<_, _>>().map(Val::Members)
}
