//! Expressions: values, comparisons, filters, and how they are read.

use serde_json::Value;

use super::filters;

#[derive(Clone, Debug)]
pub(super) struct Filtered {
    pub(super) value: Expr,
    pub(super) filters: Vec<Call>,
}

#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) name: &'static str,
    pub(super) arguments: Vec<Expr>,
    /// `name: value` among the arguments.
    pub(super) named: Vec<(String, Expr)>,
}

#[derive(Clone, Debug)]
pub(super) enum Expr {
    Literal(Value),
    Empty,
    Blank,
    Variable(String, Vec<Self>),
    Not(Box<Self>),
    Operation(Operator, Box<(Self, Self)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    And,
    Or,
}

const SYMBOLS: [(&str, Operator); 6] = [
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

/// Parentheses do not exist in Liquid; brackets and `not` nest.
const NESTING_MAX: usize = 32;

/// Reads the inside of an output or a tag from left to right.
pub(super) struct Reader<'t> {
    rest: &'t str,
    depth: usize,
}

impl<'t> Reader<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self { rest: text, depth: 0 }
    }

    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    pub(super) fn take(&mut self, symbol: &str) -> bool {
        self.skip();
        match self.rest.strip_prefix(symbol) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn take_word(&mut self, word: &str) -> bool {
        self.skip();
        let found = self.rest.strip_prefix(word).filter(|rest| !rest.starts_with(is_name));
        if let Some(rest) = found {
            self.rest = rest;
        }
        found.is_some()
    }

    pub(super) fn is_at_end(&mut self) -> bool {
        self.skip();
        self.rest.is_empty()
    }

    pub(super) fn rest(&self) -> &'t str {
        self.rest
    }

    pub(super) fn end(&mut self) -> Result<(), String> {
        if self.is_at_end() { Ok(()) } else { Err(format!("unexpected `{}`", self.rest)) }
    }

    /// A name, as of a variable or a filter.
    pub(super) fn name(&mut self) -> Option<String> {
        self.skip();
        let end = self.rest.find(|c| !is_name(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        let is_good = !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit());
        is_good.then(|| {
            self.rest = rest;
            name.to_owned()
        })
    }

    /// An expression with its filters.
    pub(super) fn filtered(&mut self) -> Result<Filtered, String> {
        let value = self.logic()?;
        let mut calls = Vec::new();
        while self.take("|") {
            let name = self.name().ok_or("a filter needs a name after `|`")?;
            calls.push(self.call(&name)?);
        }
        Ok(Filtered { value, filters: calls })
    }

    fn call(&mut self, name: &str) -> Result<Call, String> {
        let mut call =
            Call { name: filters::known(name)?, arguments: Vec::new(), named: Vec::new() };
        if self.take(":") {
            loop {
                let before = self.rest;
                match self.name() {
                    Some(name) if self.take(":") => call.named.push((name, self.value()?)),
                    _ => {
                        self.rest = before;
                        call.arguments.push(self.value()?);
                    }
                }
                if !self.take(",") {
                    break;
                }
            }
        }
        Ok(call)
    }

    fn logic(&mut self) -> Result<Expr, String> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return Err("the condition is too long".to_owned());
        }
        let left = if self.take_word("not") {
            Expr::Not(Box::new(self.comparison()?))
        } else {
            self.comparison()?
        };
        let operator = if self.take_word("and") {
            Some(Operator::And)
        } else if self.take_word("or") {
            Some(Operator::Or)
        } else {
            None
        };
        let expr = match operator {
            Some(operator) => Expr::Operation(operator, Box::new((left, self.logic()?))),
            None => left,
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn comparison(&mut self) -> Result<Expr, String> {
        let left = self.value()?;
        let symbol = SYMBOLS.iter().find(|(symbol, _)| self.take(symbol)).map(|(_, op)| *op);
        let operator = match symbol {
            Some(operator) => operator,
            None if self.take_word("contains") => Operator::Contains,
            None => return Ok(left),
        };
        Ok(Expr::Operation(operator, Box::new((left, self.value()?))))
    }

    pub(super) fn value(&mut self) -> Result<Expr, String> {
        self.skip();
        if let Some(quote) = self.rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            return self.quoted(quote).map(|text| Expr::Literal(Value::String(text)));
        }
        if self.rest.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            return self.number();
        }
        if self.rest.starts_with('(') {
            return Err("ranges are not supported".to_owned());
        }
        let Some(name) = self.name() else {
            return Err(match self.rest.chars().next() {
                Some(_) => format!("expected a value, found `{}`", self.rest),
                None => "expected a value".to_owned(),
            });
        };
        let is_plain = !self.rest.starts_with(['.', '[']);
        Ok(match name.as_str() {
            "true" if is_plain => Expr::Literal(Value::Bool(true)),
            "false" if is_plain => Expr::Literal(Value::Bool(false)),
            "nil" | "null" if is_plain => Expr::Literal(Value::Null),
            "empty" if is_plain => Expr::Empty,
            "blank" if is_plain => Expr::Blank,
            _ => Expr::Variable(name, self.keys()?),
        })
    }

    fn keys(&mut self) -> Result<Vec<Expr>, String> {
        let mut keys = Vec::new();
        loop {
            if let Some(rest) = self.rest.strip_prefix('.') {
                self.rest = rest;
                let name = self.name().ok_or("expected a name after the point")?;
                keys.push(Expr::Literal(Value::String(name)));
            } else if let Some(rest) = self.rest.strip_prefix('[') {
                self.rest = rest;
                self.depth += 1;
                if self.depth > NESTING_MAX {
                    return Err("brackets are nested too deep".to_owned());
                }
                keys.push(self.value()?);
                self.depth -= 1;
                if !self.take("]") {
                    return Err("a `[` needs a `]`".to_owned());
                }
            } else {
                return Ok(keys);
            }
        }
    }

    fn quoted(&mut self, quote: char) -> Result<String, String> {
        let mut text = String::new();
        let mut letters = self.rest[1..].chars();
        while let Some(c) = letters.next() {
            match c {
                c if c == quote => {
                    self.rest = letters.as_str();
                    return Ok(text);
                }
                '\\' => match letters.next() {
                    Some('n') => text.push('\n'),
                    Some('r') => text.push('\r'),
                    Some('t') => text.push('\t'),
                    Some(other) => text.push(other),
                    None => break,
                },
                c => text.push(c),
            }
        }
        Err(format!("the text {} has no closing {quote}", self.rest))
    }

    fn number(&mut self) -> Result<Expr, String> {
        let end = self.rest[1..].find(|c: char| !c.is_ascii_digit() && c != '.');
        let (digits, rest) = self.rest.split_at(end.map_or(self.rest.len(), |end| end + 1));
        let number = digits.parse::<f64>().map_err(|_| format!("`{digits}` is not a number"))?;
        self.rest = rest;
        Ok(Expr::Literal(filters::number(number)))
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '?')
}
