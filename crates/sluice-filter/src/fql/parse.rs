//! From text to a query, by recursive descent.

use std::str::FromStr;

use sluice_base::nearest;

use super::{Comparison, Expr, Function, QUERY_BYTES_MAX, Query};
use crate::parse_error::ParseError;
use crate::token::{Kind, Token, tokens};

/// Parentheses, lists, calls and `!` within each other.
const NESTING_MAX: usize = 50;

/// Names with a meaning at the root of an event; used for advice only.
const ROOTS: [&str; 14] = [
    "type",
    "event",
    "name",
    "userId",
    "anonymousId",
    "groupId",
    "previousId",
    "messageId",
    "timestamp",
    "properties",
    "traits",
    "context",
    "integrations",
    "category",
];

impl FromStr for Query {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// Says where the text goes wrong and what would have been right.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        if text.len() > QUERY_BYTES_MAX {
            let message = format!("the query has {} bytes; at most {QUERY_BYTES_MAX}", text.len());
            return Err(ParseError::new(text, 0, 0, message));
        }
        let tokens = tokens(text)?;
        let mut parser = Parser { text, tokens, at: 0, depth: 0 };
        if parser.peek() == &Kind::End {
            return Err(parser.error("the query is empty; `all` matches every event"));
        }
        if parser.peek().plain_name() == Some("all") && parser.tokens[1].kind == Kind::End {
            return Ok(Self::All);
        }
        let expr = parser.expr()?;
        match parser.peek() {
            Kind::End => Ok(Self::Expr(expr)),
            Kind::Close => Err(parser.error("this `)` has no `(` before it")),
            _ => Err(parser.error("expected `and`, `or` or the end of the query")),
        }
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Kind {
        &self.tokens[self.at].kind
    }

    /// The last token is never passed.
    fn advance(&mut self) {
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
    }

    fn take(&mut self, kind: &Kind) -> bool {
        let found = self.peek() == kind;
        if found {
            self.advance();
        }
        found
    }

    /// At the present token, with what was found there.
    fn error(&self, message: impl Into<String>) -> ParseError {
        let token = &self.tokens[self.at];
        let mut message = message.into();
        if message.starts_with("expected") {
            message += match token.kind {
                Kind::End => ", found the end".to_owned(),
                _ => format!(", found `{}`", &self.text[token.start..token.end]),
            }
            .as_str();
        }
        ParseError::new(self.text, token.start, token.end, message)
    }

    fn nest<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, ParseError>,
    ) -> Result<T, ParseError> {
        if self.depth == NESTING_MAX {
            return Err(self.error(format!("nested more than {NESTING_MAX} deep")));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn expr(&mut self) -> Result<Expr, ParseError> {
        self.chain(&Kind::Or, Self::conjunction, Expr::Or)
    }

    fn conjunction(&mut self) -> Result<Expr, ParseError> {
        self.chain(&Kind::And, Self::comparison, Expr::And)
    }

    fn chain(
        &mut self,
        between: &Kind,
        item: impl Fn(&mut Self) -> Result<Expr, ParseError>,
        join: impl Fn(Vec<Expr>) -> Expr,
    ) -> Result<Expr, ParseError> {
        let first = item(self)?;
        if self.peek() != between {
            return Ok(first);
        }
        let mut list = vec![first];
        while self.take(between) {
            list.push(item(self)?);
        }
        Ok(join(list))
    }

    fn comparison(&mut self) -> Result<Expr, ParseError> {
        let left = self.unary()?;
        let Some(comparison) = self.comparison_symbol() else { return Ok(left) };
        self.advance();
        let right = self.unary()?;
        if self.comparison_symbol().is_some() {
            return Err(self.error("comparisons do not chain; join them with `and`"));
        }
        Ok(Expr::Compare(comparison, Box::new((left, right))))
    }

    fn comparison_symbol(&self) -> Option<Comparison> {
        let symbol = match self.peek() {
            Kind::Operator(symbol) => symbol,
            other => other.plain_name()?,
        };
        Comparison::ALL.into_iter().find(|comparison| comparison.symbol() == symbol)
    }

    fn unary(&mut self) -> Result<Expr, ParseError> {
        if self.take(&Kind::Operator("!")) {
            return self.nest(|parser| Ok(Expr::Not(Box::new(parser.unary()?))));
        }
        self.primary()
    }

    fn primary(&mut self) -> Result<Expr, ParseError> {
        let expr = match self.peek().clone() {
            Kind::Text { text, .. } => Expr::Text(text),
            Kind::Number(number) => Expr::Number(number),
            Kind::Null => Expr::Null,
            Kind::Open => return self.nest(Self::group),
            Kind::OpenList => return self.nest(Self::list),
            Kind::Name { text, escaped } => return self.named(text, escaped),
            Kind::Operator("=") => {
                return Err(self.error("expected a value; equality is a single `=`"));
            }
            _ => {
                return Err(self.error(
                    "expected a field such as `event`, a value such as 'text' or 5, or a function",
                ));
            }
        };
        self.advance();
        Ok(expr)
    }

    fn group(&mut self) -> Result<Expr, ParseError> {
        self.advance();
        let expr = self.expr()?;
        if !self.take(&Kind::Close) {
            return Err(self.error("expected `)` or `and` or `or`"));
        }
        Ok(expr)
    }

    fn list(&mut self) -> Result<Expr, ParseError> {
        self.advance();
        let mut items = Vec::new();
        if self.take(&Kind::CloseList) {
            return Ok(Expr::List(items));
        }
        loop {
            items.push(self.primary()?);
            if self.take(&Kind::CloseList) {
                return Ok(Expr::List(items));
            }
            if !self.take(&Kind::Comma) {
                return Err(self.error("expected `,` or `]`"));
            }
        }
    }

    /// A path, a call, `true` or `false`.
    fn named(&mut self, name: String, escaped: bool) -> Result<Expr, ParseError> {
        let name_at = self.at;
        self.advance();
        if !escaped && self.peek() == &Kind::Open {
            return self.nest(|parser| parser.call(&name, name_at));
        }
        if !escaped && self.peek() != &Kind::Dot {
            match name.as_str() {
                "true" => return Ok(Expr::Bool(true)),
                "false" => return Ok(Expr::Bool(false)),
                "in" => {
                    self.at = name_at;
                    return Err(self.error("expected a field or a value"));
                }
                _ => {}
            }
        }
        let mut segments = vec![name];
        while self.take(&Kind::Dot) {
            let segment = match self.peek() {
                Kind::Name { text, .. } => text.clone(),
                Kind::And => "and".to_owned(),
                Kind::Or => "or".to_owned(),
                Kind::Null => "null".to_owned(),
                Kind::Number(_) => {
                    return Err(self.error(
                        "a place in a list is written with a backslash, such as items.\\0",
                    ));
                }
                _ => return Err(self.error("expected a name after the point")),
            };
            segments.push(segment);
            self.advance();
        }
        Ok(Expr::Path(segments))
    }

    fn call(&mut self, name: &str, name_at: usize) -> Result<Expr, ParseError> {
        let Some(function) = Function::from_name(name) else {
            self.at = name_at;
            return Err(self.error(unknown_function(name)));
        };
        self.advance();
        let mut arguments = Vec::new();
        if !self.take(&Kind::Close) {
            loop {
                arguments.push(self.expr()?);
                if self.take(&Kind::Close) {
                    break;
                }
                if !self.take(&Kind::Comma) {
                    return Err(self.error("expected `,` or `)`"));
                }
            }
        }
        if arguments.len() != function.arguments() {
            self.at = name_at;
            let (takes, plural) = match function.arguments() {
                1 => (1, ""),
                more => (more, "s"),
            };
            let given = arguments.len();
            return Err(self.error(format!("`{name}` takes {takes} argument{plural}, not {given}")));
        }
        Ok(Expr::Call(function, arguments))
    }
}

fn unknown_function(name: &str) -> String {
    if ["and", "or"].contains(&name) {
        return format!("`{name}` needs a space after it");
    }
    if ROOTS.contains(&name) {
        return format!("`{name}` is a field, not a function");
    }
    let names = || Function::ALL.iter().map(|function| function.name());
    match nearest(name, names()) {
        Some(near) => format!("there is no function `{name}`; did you mean `{near}`?"),
        None => {
            let names: Vec<_> = names().collect();
            format!("there is no function `{name}`; there are {}", names.join(", "))
        }
    }
}
