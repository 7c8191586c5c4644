//! From text to a template.

use super::expr::Reader;
use super::{Condition, Node, TEMPLATE_CHARS_MAX, Template};

const DISABLED_TAGS: [&str; 6] = ["case", "for", "include", "layout", "render", "tablerow"];
const NESTING_MAX: usize = 32;

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Says what is wrong and where, by line and column.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.encode_utf16().count() > TEMPLATE_CHARS_MAX {
            return Err(format!(
                "liquid template values are limited to {TEMPLATE_CHARS_MAX} characters"
            ));
        }
        let pieces = pieces(text)?;
        let mut parser = Parser { pieces: &pieces, at: 0, depth: 0 };
        let nodes = parser.body(&[])?.0;
        Ok(Self { nodes })
    }
}

#[derive(Debug)]
struct Piece<'t> {
    kind: Kind<'t>,
    /// ", line:1, col:1"
    place: String,
}

#[derive(Debug)]
enum Kind<'t> {
    Text(&'t str),
    Output(&'t str),
    Tag(&'t str, &'t str),
}

fn place(text: &str, at: usize) -> String {
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    format!(", line:{line}, col:{}", before[line_start..].chars().count() + 1)
}

/// Text, outputs and tags, with raw parts and comments done.
fn pieces(text: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut pieces = Vec::new();
    let (mut at, mut trims) = (0, false);
    while at < text.len() {
        let next = text[at..].find("{{").into_iter().chain(text[at..].find("{%")).min();
        let start = next.map_or(text.len(), |found| at + found);
        let mut plain = &text[at..start];
        if trims {
            plain = plain.trim_start();
        }
        trims = false;
        if text[start..].starts_with("{{-") || text[start..].starts_with("{%-") {
            plain = plain.trim_end();
        }
        pieces.push(Piece { kind: Kind::Text(plain), place: place(text, start) });
        if start == text.len() {
            break;
        }
        let close = if text[start..].starts_with("{{") { "}}" } else { "%}" };
        let Some(length) = text[start + 2..].find(close) else {
            return Err(format!(
                "`{}` is not closed{}",
                &text[start..start + 2],
                place(text, start)
            ));
        };
        let mut inside = &text[start + 2..start + 2 + length];
        at = start + 2 + length + 2;
        inside = inside.strip_prefix('-').unwrap_or(inside);
        if let Some(before) = inside.strip_suffix('-') {
            inside = before;
            trims = true;
        }
        let inside = inside.trim();
        let place = place(text, start);
        if close == "}}" {
            pieces.push(Piece { kind: Kind::Output(inside), place });
            continue;
        }
        let (name, arguments) = split_tag(inside);
        match name {
            "raw" => {
                let (raw, after) = until_end(text, at, "endraw")
                    .ok_or_else(|| format!("tag \"raw\" is not closed{place}"))?;
                pieces.push(Piece { kind: Kind::Text(raw), place });
                at = after;
            }
            "comment" => {
                at = until_end(text, at, "endcomment")
                    .ok_or_else(|| format!("tag \"comment\" is not closed{place}"))?
                    .1;
            }
            _ => pieces.push(Piece { kind: Kind::Tag(name, arguments), place }),
        }
    }
    Ok(pieces)
}

fn split_tag(inside: &str) -> (&str, &str) {
    if inside.starts_with('#') {
        return ("#", "");
    }
    let end = inside.find(|c: char| c.is_whitespace()).unwrap_or(inside.len());
    (&inside[..end], inside[end..].trim_start())
}

/// What stands before the tag `{% end %}`, and where it ends.
fn until_end<'t>(text: &'t str, from: usize, end: &str) -> Option<(&'t str, usize)> {
    let mut at = from;
    loop {
        let start = at + text[at..].find("{%")?;
        let length = text[start..].find("%}")?;
        let inside = text[start + 2..start + length].trim_matches('-').trim();
        if inside == end {
            return Some((&text[from..start], start + length + 2));
        }
        at = start + 2;
    }
}

struct Parser<'p, 't> {
    pieces: &'p [Piece<'t>],
    at: usize,
    depth: usize,
}

/// The tag that ended a body, with its arguments.
type Ending<'t> = Option<(&'t str, &'t str)>;

impl<'t> Parser<'_, 't> {
    /// Up to one of the tags in `ends`; to the end of the text if there are none.
    fn body(&mut self, ends: &[&str]) -> Result<(Vec<Node>, Ending<'t>), String> {
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.get(self.at) {
            self.at += 1;
            let placed = |message: String| format!("{message}{}", piece.place);
            match piece.kind {
                Kind::Text("") => {}
                Kind::Text(text) => nodes.push(Node::Text(text.to_owned())),
                Kind::Output(inside) => nodes.push(Node::Output(all(inside).map_err(placed)?)),
                Kind::Tag(name, arguments) if ends.contains(&name) => {
                    return Ok((nodes, Some((name, arguments))));
                }
                Kind::Tag(name, arguments) => {
                    nodes.extend(self.tag(name, arguments).map_err(|message| {
                        if message.contains(", line:") { message } else { placed(message) }
                    })?);
                }
            }
        }
        match ends.last() {
            Some(end) => Err(format!("tag \"{end}\" is missing")),
            None => Ok((nodes, None)),
        }
    }

    fn tag(&mut self, name: &str, arguments: &str) -> Result<Option<Node>, String> {
        let mut reader = Reader::new(arguments);
        Ok(Some(match name {
            "#" | "" => return Ok(None),
            "if" | "unless" => self.nested(|parser| parser.branches(name, arguments))?,
            "capture" => {
                let name = match reader.value()? {
                    super::expr::Expr::Literal(serde_json::Value::String(name)) => name,
                    super::expr::Expr::Variable(name, keys) if keys.is_empty() => name,
                    _ => return Err("invalid capture name".to_owned()),
                };
                reader.end()?;
                Node::Capture(name, self.nested(|parser| parser.body(&["endcapture"]))?.0)
            }
            "assign" => {
                let name = reader.name().ok_or("expected a variable name")?;
                if !reader.take("=") {
                    return Err("expected `=`".to_owned());
                }
                Node::Assign(name, all(reader.rest())?)
            }
            "echo" => Node::Output(all(arguments)?),
            "increment" | "decrement" => {
                let variable = reader.name().ok_or("expected a variable name")?;
                if name == "increment" {
                    Node::Increment(variable)
                } else {
                    Node::Decrement(variable)
                }
            }
            "cycle" => cycle(arguments)?,
            "liquid" => Node::Block(self.nested(|_| lines(arguments))?),
            name if DISABLED_TAGS.contains(&name) => {
                return Err(format!("tag \"{name}\" is disabled"));
            }
            name => return Err(format!("tag \"{name}\" not found")),
        }))
    }

    fn nested<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, String>,
    ) -> Result<T, String> {
        if self.depth == NESTING_MAX {
            return Err("tags are nested too deep".to_owned());
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn branches(&mut self, name: &str, arguments: &str) -> Result<Node, String> {
        let end = if name == "if" { "endif" } else { "endunless" };
        let mut condition = Some(Condition { value: all(arguments)?, negated: name == "unless" });
        let mut branches = Vec::new();
        loop {
            let (body, ending) = self.body(&["elsif", "else", end])?;
            branches.push((condition, body));
            condition = match ending {
                Some(("elsif", arguments)) => {
                    Some(Condition { value: all(arguments)?, negated: false })
                }
                Some(("else", _)) => None,
                _ => return Ok(Node::If(branches)),
            };
        }
    }
}

/// The whole text as one expression with filters.
fn all(text: &str) -> Result<super::expr::Filtered, String> {
    let mut reader = Reader::new(text);
    let filtered = reader.filtered()?;
    reader.end()?;
    Ok(filtered)
}

fn cycle(arguments: &str) -> Result<Node, String> {
    let mut reader = Reader::new(arguments);
    let mut group = String::new();
    let mut ahead = Reader::new(arguments);
    if ahead.value().is_ok() && ahead.take(":") {
        group = arguments[..arguments.len() - ahead.rest().len()].to_owned();
        reader = ahead;
    }
    let mut candidates = Vec::new();
    group += reader.rest();
    loop {
        candidates.push(reader.filtered()?);
        if !reader.take(",") {
            reader.end()?;
            return Ok(Node::Cycle { group, candidates });
        }
    }
}

/// A tag per line.
fn lines(text: &str) -> Result<Vec<Node>, String> {
    let tags = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| {
        let (name, arguments) = split_tag(line);
        Piece { kind: Kind::Tag(name, arguments), place: String::new() }
    });
    let pieces: Vec<Piece<'_>> = tags.collect();
    let mut parser = Parser { pieces: &pieces, at: 0, depth: NESTING_MAX / 2 };
    Ok(parser.body(&[])?.0)
}
