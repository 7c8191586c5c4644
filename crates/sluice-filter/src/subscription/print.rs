//! The canonical text of a trigger: what it prints parses to the same trigger.

use std::fmt::{self, Display, Formatter, Write as _};

use super::{Field, Group, Item, Literal, Match, Subscription, Test};

impl Display for Subscription {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_group(f, &self.root)
    }
}

fn write_group(f: &mut Formatter<'_>, group: &Group) -> fmt::Result {
    let between = if group.any { " or " } else { " and " };
    for (position, item) in group.items.iter().enumerate() {
        if position > 0 {
            f.write_str(between)?;
        }
        match item {
            Item::Nothing => f.write_str("()")?,
            Item::Group(inner) => {
                f.write_char('(')?;
                write_group(f, inner)?;
                f.write_char(')')?;
            }
            Item::Condition(field, test) => write_condition(f, field, test)?,
        }
    }
    Ok(())
}

fn write_condition(f: &mut Formatter<'_>, field: &Field, test: &Test) -> fmt::Result {
    let field = FieldText(field);
    match test {
        Test::Is(text) => write!(f, "{field} = {}", TextText(text)),
        Test::IsNot(text) => write!(f, "{field} != {}", TextText(text)),
        Test::Number(comparison, Literal::Number(number)) => {
            write!(f, "{field} {} {number}", comparison.symbol())
        }
        Test::Number(comparison, Literal::Text(text)) => {
            write!(f, "{field} {} {}", comparison.symbol(), TextText(text))
        }
        Test::Exists => write!(f, "{field} != null"),
        Test::DoesNotExist => write!(f, "{field} = null"),
        Test::IsBool(flag) => write!(f, "{field} = {flag}"),
        Test::Text { how, text, negated } => {
            if *negated {
                f.write_char('!')?;
            }
            match how {
                Match::Contains => write!(f, "contains({field}, {})", TextText(text)),
                Match::StartsWith => write!(f, "match({field}, \"{text}*\")"),
                // A star alone would be a prefix.
                Match::EndsWith if text.is_empty() => write!(f, "match({field}, \"\")"),
                Match::EndsWith if text.ends_with('*') => {
                    write!(f, "match({field}, ")?;
                    write_escaped(f, &format!("*{text}"))?;
                    f.write_char(')')
                }
                Match::EndsWith => write!(f, "match({field}, {})", TextText(&format!("*{text}"))),
            }
        }
    }
}

struct FieldText<'a>(&'a Field);

impl Display for FieldText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Field::Type => f.write_str("type"),
            Field::Event => f.write_str("event"),
            Field::Name => f.write_str("name"),
            Field::UserId => f.write_str("userId"),
            Field::In(part, path) => {
                write!(f, "{}.", part.name())?;
                write_path(f, &path.text)
            }
        }
    }
}

/// A path may hold any character, points included; those that would not read back get a backslash.
fn write_path(f: &mut Formatter<'_>, path: &str) -> fmt::Result {
    let mut starts = true;
    for (at, c) in path.char_indices() {
        let rest = &path[at..];
        if c == '.' && !starts && rest.len() > 1 {
            f.write_char('.')?;
            starts = true;
            continue;
        }
        let is_reserved =
            starts && ["and", "or", "null"].contains(&rest.split('.').next().unwrap_or_default());
        let is_plain =
            c.is_ascii_alphabetic() || c == '_' || (!starts && (c.is_ascii_digit() || c == '-'));
        if !is_plain || is_reserved {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
        starts = false;
    }
    Ok(())
}

/// In double quotes if that can be; else as the single-quoted text or the escaped name it was.
struct TextText<'a>(&'a str);

impl Display for TextText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let text = self.0;
        if !text.contains('"') {
            return write!(f, "\"{text}\"");
        }
        let inside = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
        if inside.is_some_and(|inside| !inside.contains('\'')) {
            return f.write_str(text);
        }
        write_escaped(f, text)
    }
}

fn write_escaped(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    text.chars().try_for_each(|c| write!(f, "\\{c}"))
}
