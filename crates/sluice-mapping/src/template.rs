//! Texts with placeholders: `{{{path}}}` first, then `{{path}}`. Nothing is escaped.

use serde_json::Value;
use sluice_base::ecma;

use crate::budget::Budget;
use crate::error::ApplyError;
use crate::path::Path;

/// A template, cut into its parts if that can be done before the event is known.
#[derive(Clone, Debug)]
pub(crate) enum Template {
    Parts(Vec<Part>),
    /// With triple braces. What they give may hold further placeholders, so these are found only
    /// once it is known.
    InTwoSteps(Vec<Part>),
}

#[derive(Clone, Debug)]
pub(crate) enum Part {
    Text(String),
    Placeholder(Path),
}

impl Template {
    pub(crate) fn parse(text: &str) -> Self {
        let triple = cut(text, 3);
        let has_triple = triple.iter().any(|part| matches!(part, Part::Placeholder(_)));
        if has_triple { Self::InTwoSteps(triple) } else { Self::Parts(cut(text, 2)) }
    }

    pub(crate) fn render(
        &self,
        input: Option<&Value>,
        budget: &Budget,
    ) -> Result<String, ApplyError> {
        match self {
            Self::Parts(parts) => fill(parts, input, budget),
            Self::InTwoSteps(parts) => {
                let text = fill(parts, input, budget)?;
                budget.take_reading(&text)?;
                fill(&cut(&text, 2), input, budget)
            }
        }
    }
}

fn fill(parts: &[Part], input: Option<&Value>, budget: &Budget) -> Result<String, ApplyError> {
    let mut out = String::new();
    for part in parts {
        match part {
            Part::Text(text) => {
                budget.take(text.len())?;
                out.push_str(text);
            }
            Part::Placeholder(path) => {
                if let Some(value) = path.of(input).filter(|value| !value.is_null()) {
                    budget.take_copy(&value)?;
                    ecma::push_text(&mut out, &value);
                }
            }
        }
    }
    Ok(out)
}

/// A placeholder is `braces` opening ones, at least one character that is no `}`, and as many
/// closing ones.
fn cut(text: &str, braces: usize) -> Vec<Part> {
    let (open, close) = (&"{{{"[..braces], &"}}}"[..braces]);
    let mut parts = Vec::new();
    let (mut from, mut at, mut end) = (0, 0, 0);
    while let Some(found) = text[at..].find(open) {
        let start = at + found;
        let inside = start + braces;
        // Looked for once, however many open before it.
        if end < inside {
            let Some(length) = text[inside..].find('}') else { break };
            end = inside + length;
        }
        if end == inside || !text[end..].starts_with(close) {
            at = start + 1;
            continue;
        }
        parts.push(Part::Text(text[from..start].to_owned()));
        parts.push(Part::Placeholder(Path::parse(text[inside..end].trim())));
        (from, at) = (end + braces, end + braces);
    }
    parts.push(Part::Text(text[from..].to_owned()));
    parts
}
