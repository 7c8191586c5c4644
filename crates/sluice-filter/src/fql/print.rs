//! The canonical text of a query: what it prints parses to the same query.

use std::fmt::{self, Display, Formatter, Write as _};

use super::{Expr, Query};

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Expr(expr) => Display::fmt(expr, f),
        }
    }
}

/// How tightly an expression holds together; a looser one inside a tighter one needs parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Or,
    And,
    Comparison,
    Not,
    Primary,
}

impl Expr {
    const fn binding(&self) -> Binding {
        match self {
            Self::Or(_) => Binding::Or,
            Self::And(_) => Binding::And,
            Self::Compare(..) => Binding::Comparison,
            Self::Not(_) => Binding::Not,
            _ => Binding::Primary,
        }
    }

    fn write(&self, f: &mut Formatter<'_>, at_least: Binding) -> fmt::Result {
        if self.binding() < at_least {
            f.write_char('(')?;
            self.write(f, Binding::Or)?;
            return f.write_char(')');
        }
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(flag) => write!(f, "{flag}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write_text(f, text),
            Self::List(items) => {
                f.write_char('[')?;
                write_list(f, items, ", ", Binding::Primary)?;
                f.write_char(']')
            }
            Self::Path(segments) => write_path(f, segments),
            Self::Call(function, arguments) => {
                write!(f, "{}(", function.name())?;
                write_list(f, arguments, ", ", Binding::Or)?;
                f.write_char(')')
            }
            Self::Not(inner) => {
                f.write_char('!')?;
                inner.write(f, Binding::Not)
            }
            Self::Compare(comparison, sides) => {
                sides.0.write(f, Binding::Not)?;
                write!(f, " {} ", comparison.symbol())?;
                sides.1.write(f, Binding::Not)
            }
            Self::And(list) => write_list(f, list, " and ", Binding::Comparison),
            Self::Or(list) => write_list(f, list, " or ", Binding::And),
        }
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.write(f, Binding::Or)
    }
}

fn write_list(
    f: &mut Formatter<'_>,
    list: &[Expr],
    between: &str,
    at_least: Binding,
) -> fmt::Result {
    for (position, item) in list.iter().enumerate() {
        if position > 0 {
            f.write_str(between)?;
        }
        item.write(f, at_least)?;
    }
    Ok(())
}

/// A text cannot hold both quotes, as there are no escapes.
pub(crate) fn write_text(f: &mut impl fmt::Write, text: &str) -> fmt::Result {
    let quote = if text.contains('"') { '\'' } else { '"' };
    write!(f, "{quote}{text}{quote}")
}

fn write_path(f: &mut Formatter<'_>, segments: &[String]) -> fmt::Result {
    // `all` alone would be the query that matches everything.
    const RESERVED: [&str; 7] = ["and", "or", "in", "true", "false", "null", "all"];
    for (position, segment) in segments.iter().enumerate() {
        if position > 0 {
            f.write_char('.')?;
        }
        let is_reserved = RESERVED.contains(&segment.as_str());
        for (at, c) in segment.chars().enumerate() {
            let is_plain =
                c.is_ascii_alphabetic() || c == '_' || (at > 0 && (c.is_ascii_digit() || c == '-'));
            if !is_plain || (at == 0 && is_reserved) {
                f.write_char('\\')?;
            }
            f.write_char(c)?;
        }
    }
    Ok(())
}
