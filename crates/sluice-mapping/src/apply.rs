//! What each directive makes of an event.

use serde_json::Value;

use crate::error::ApplyError;
use crate::flatten::{flatten, merge};
use crate::node::{ArraySource, If, Node, Replace, Source};
use crate::path::Path;
use crate::template::Template;
use crate::val::Val;

type Resolved<'a> = Result<Val<'a>, ApplyError>;

impl Node {
    /// The result for an input, which may be undefined.
    pub(crate) fn resolve<'a>(&'a self, input: Option<&'a Value>) -> Resolved<'a> {
        Ok(match self {
            Self::Constant(value) => Val::Ref(value),
            Self::Nothing => Val::Undefined,
            Self::List(items) => {
                Val::List(items.iter().map(|item| item.resolve(input)).collect::<Result<_, _>>()?)
            }
            Self::Members(members) => {
                let member = |(key, node): &'a (String, Self)| match node.resolve(input) {
                    Ok(value) => Ok((key.as_str().into(), value)),
                    Err(error) => Err(error.within(key)),
                };
                Val::Members(members.iter().map(member).collect::<Result<_, _>>()?)
            }
            Self::Path(Source::Fixed(path)) => path.of(input).into(),
            Self::Path(Source::Computed(text)) => {
                let text = text.resolve(input)?;
                Path::of_directive(expect_text(&text, "@path")?).of(input).into()
            }
            Self::Template(Source::Fixed(template)) => Val::text(template.render(input)),
            Self::Template(Source::Computed(text)) => {
                let text = text.resolve(input)?;
                Val::text(Template::parse(expect_text(&text, "@template")?).render(input))
            }
            Self::If(branch) => return branch.resolve(input),
            Self::Case { upper, value } => {
                let value = value.resolve(input)?;
                match value.as_str() {
                    Some(text) if *upper => Val::text(text.to_uppercase()),
                    Some(text) => Val::text(text.to_lowercase()),
                    None => value,
                }
            }
            Self::Replace(replace) => return replace.resolve(input),
            Self::ArrayPath { source, shape } => {
                let items = match source {
                    ArraySource::Path(path) => path.of(input).into(),
                    ArraySource::Computed(node) => node.resolve(input)?,
                };
                match shape {
                    Some(shape) => return shape_items(items, shape),
                    None => items,
                }
            }
            Self::Encode(value) => {
                let mut out = String::new();
                if value.resolve(input)?.push_json(&mut out) {
                    Val::text(out)
                } else {
                    Val::Undefined
                }
            }
            Self::Decode(value) => {
                let value = value.resolve(input)?;
                let decoded = value.as_str().and_then(|text| serde_json::from_str(text).ok());
                decoded.map_or(value, Val::Own)
            }
            Self::Flatten { separator, omit_arrays, value } => {
                flatten(value.resolve(input)?, separator, *omit_arrays)
            }
            Self::Merge(objects) => {
                merge(objects.iter().map(|object| object.resolve(input)).collect::<Result<_, _>>()?)
            }
            Self::Transform { apply, mapping } => return transform(apply, mapping, input),
            Self::ExcludeWhenNull(value) => match value.resolve(input)? {
                value if value.is_null() => Val::Undefined,
                value => without_nulls(value),
            },
            Self::Liquid(template) => Val::text(template.render(input).map_err(ApplyError::new)?),
        })
    }
}

fn expect_text<'v>(value: &'v Val<'_>, directive: &str) -> Result<&'v str, ApplyError> {
    value.as_str().ok_or_else(|| {
        ApplyError::new(format!("{directive}: expected string, got {}", value.kind()))
    })
}

impl If {
    fn resolve<'a>(&'a self, input: Option<&'a Value>) -> Resolved<'a> {
        let value = self.test.resolve(input)?;
        let holds = if self.blank { !value.is_blank() } else { !value.is_nullish() };
        if holds { self.then.resolve(input) } else { self.otherwise.resolve(input) }
    }
}

impl Replace {
    fn resolve<'a>(&'a self, input: Option<&'a Value>) -> Resolved<'a> {
        let value = self.value.resolve(input)?;
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
            text = step.pattern.replacen(&text, limit, with).into_owned();
        }
        Ok(Val::text(text))
    }
}

/// The shape once per item, against the item; an object is an array of one.
fn shape_items<'a>(items: Val<'a>, shape: &'a Node) -> Resolved<'a> {
    let of_owned = |item: Val<'a>| match item {
        Val::Ref(item) => shape.resolve(Some(item)),
        other => Ok(shape.resolve(other.into_json().as_ref())?.detach()),
    };
    let shaped: Result<Vec<_>, _> = match items {
        Val::Ref(Value::Array(items)) => {
            items.iter().map(|item| shape.resolve(Some(item))).collect()
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

fn transform<'a>(apply: &'a Node, mapping: &'a Node, input: Option<&'a Value>) -> Resolved<'a> {
    if let Some(value) = input
        && !value.is_object()
    {
        return Err(ApplyError::not_an_object(crate::val::kind(value)));
    }
    let between = apply.resolve(input)?.into_json();
    Ok(mapping.resolve(between.as_ref())?.detach())
}

/// Nulls in objects become undefined, at any depth that is reached through objects alone.
fn without_nulls(value: Val<'_>) -> Val<'_> {
    if value.kind() != "object" {
        return value;
    }
    let members = value.into_members().into_iter().map(|(key, inner)| {
        let inner = if inner.is_null() { Val::Undefined } else { without_nulls(inner) };
        (key, inner)
    });
    Val::Members(members.collect())
}
