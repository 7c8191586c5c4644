//! Texts with placeholders: `{{{path}}}` first, then `{{path}}`. Nothing is escaped.

use serde_json::Value;
use sluice_base::ecma;

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

    pub(crate) fn render(&self, input: Option<&Value>) -> String {
        match self {
            Self::Parts(parts) => fill(parts, input),
            Self::InTwoSteps(parts) => fill(&cut(&fill(parts, input), 2), input),
        }
    }
}

fn fill(parts: &[Part], input: Option<&Value>) -> String {
    let mut out = String::new();
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Placeholder(path) => {
                if let Some(value) = path.of(input).filter(|value| !value.is_null()) {
                    ecma::push_text(&mut out, &value);
                }
            }
        }
    }
    out
}

/// A placeholder is `braces` opening ones, at least one character that is no `}`, and as many
/// closing ones.
fn cut(text: &str, braces: usize) -> Vec<Part> {
    let (open, close) = (&"{{{"[..braces], &"}}}"[..braces]);
    let mut parts = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(found) = text[at..].find(open) {
        let start = at + found;
        let inside = start + braces;
        let length = text[inside..].find('}').unwrap_or(0);
        let end = inside + length;
        if length == 0 || !text[end..].starts_with(close) {
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
