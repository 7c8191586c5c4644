//! The words of the two written dialects ([`crate::fql`], [`crate::subscription`]), with their places.

use crate::parse_error::ParseError;

/// A word and where it stands: from `start` to `end`, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// A name without its backslashes; `escaped` if it had any, which keeps it from being a
    /// reserved word or a function.
    Name {
        text: String,
        escaped: bool,
    },
    And,
    Or,
    Null,
    /// What stands between the quotes.
    Text {
        text: String,
        quote: char,
    },
    Number(f64),
    Operator(&'static str),
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
    Dot,
    End,
}

impl Kind {
    pub(crate) fn plain_name(&self) -> Option<&str> {
        match self {
            Self::Name { text, escaped: false } => Some(text),
            _ => None,
        }
    }
}

/// The words of a text, the last of them [`Kind::End`].
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, ParseError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.next()?;
        let is_end = token.kind == Kind::End;
        tokens.push(token);
        if is_end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl Lexer<'_> {
    fn next(&mut self) -> Result<Token, ParseError> {
        while self.peek().is_some_and(|c| matches!(c, ' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
        let start = self.at;
        let Some(c) = self.peek() else {
            return Ok(Token { kind: Kind::End, start, end: start });
        };
        let kind = match c {
            '\'' | '"' => self.string(c)?,
            '0'..='9' | '+' | '-' => self.number()?,
            '\\' | '_' | 'a'..='z' | 'A'..='Z' => self.name()?,
            '=' => self.operator(&["="]),
            '<' => self.operator(&["<=", "<"]),
            '>' => self.operator(&[">=", ">"]),
            '!' => self.operator(&["!=", "!"]),
            '(' => self.one(Kind::Open),
            ')' => self.one(Kind::Close),
            '[' => self.one(Kind::OpenList),
            ']' => self.one(Kind::CloseList),
            ',' => self.one(Kind::Comma),
            '.' => self.one(Kind::Dot),
            other => return Err(self.stray(other)),
        };
        Ok(Token { kind, start, end: self.at })
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn one(&mut self, kind: Kind) -> Kind {
        self.at += 1;
        kind
    }

    fn operator(&mut self, longest_first: &[&'static str]) -> Kind {
        let rest = &self.text[self.at..];
        let found = longest_first.iter().find(|operator| rest.starts_with(**operator));
        let operator = found.copied().unwrap_or("=");
        self.at += operator.len();
        Kind::Operator(operator)
    }

    fn string(&mut self, quote: char) -> Result<Kind, ParseError> {
        let start = self.at;
        let inside = start + 1;
        let Some(length) = self.text[inside..].find(quote) else {
            let message = format!("the text that starts here has no closing {quote}");
            return Err(ParseError::new(self.text, start, self.text.len(), message));
        };
        self.at = inside + length + 1;
        let text = self.text[inside..inside + length].to_owned();
        Ok(Kind::Text { text, quote })
    }

    fn number(&mut self) -> Result<Kind, ParseError> {
        let start = self.at;
        let digits = |lexer: &mut Self| {
            let from = lexer.at;
            while lexer.peek().is_some_and(|c| c.is_ascii_digit()) {
                lexer.at += 1;
            }
            lexer.at > from
        };
        if matches!(self.peek(), Some('+' | '-')) {
            self.at += 1;
        }
        let mut good = digits(self);
        if good && self.peek() == Some('.') {
            self.at += 1;
            good = digits(self);
        }
        let number = self.text[start..self.at].parse::<f64>();
        match number {
            Ok(number) if good => Ok(Kind::Number(number)),
            _ => {
                let end = self.at + self.peek().map_or(0, char::len_utf8);
                Err(ParseError::new(self.text, start, end, "a number is digits, such as 5 or -2.5"))
            }
        }
    }

    fn name(&mut self) -> Result<Kind, ParseError> {
        let (mut text, mut escaped) = (String::new(), false);
        while let Some(c) = self.peek() {
            match c {
                '\\' => {
                    self.at += 1;
                    escaped = true;
                    let Some(literal) = self.peek() else {
                        let message = "a backslash needs a character after it";
                        return Err(ParseError::new(self.text, self.at - 1, self.at, message));
                    };
                    text.push(literal);
                    self.at += literal.len_utf8();
                }
                'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => {
                    text.push(c);
                    self.at += 1;
                }
                _ => break,
            }
        }
        let ends_word = self.peek().is_none_or(|c| " \t\n\r,])".contains(c));
        match text.as_str() {
            "and" if ends_word && !escaped => return Ok(Kind::And),
            "or" if ends_word && !escaped => return Ok(Kind::Or),
            "null" if ends_word && !escaped => return Ok(Kind::Null),
            _ => {}
        }
        self.check_end_of_name(&text)?;
        Ok(Kind::Name { text, escaped })
    }

    /// A name is not glued to a text, a list or a foreign letter.
    fn check_end_of_name(&self, text: &str) -> Result<(), ParseError> {
        let Some(c) = self.peek() else { return Ok(()) };
        if " \t\n\r,]).(=!<>".contains(c) {
            return Ok(());
        }
        let message = if c == '[' {
            "a place in a list is written with a backslash, such as items.\\0".to_owned()
        } else {
            format!("`{c}` cannot follow `{text}`; in a name write `\\{c}`")
        };
        Err(ParseError::new(self.text, self.at, self.at + c.len_utf8(), message))
    }

    fn stray(&self, c: char) -> ParseError {
        let advice = match c {
            '&' => "write `and`".to_owned(),
            '|' => "write `or`".to_owned(),
            '{' | '}' => "lists stand in [ ], groups in ( )".to_owned(),
            c => format!("in a name write `\\{c}`, in a text put quotes around it"),
        };
        let message = format!("`{c}` has no meaning here; {advice}");
        ParseError::new(self.text, self.at, self.at + c.len_utf8(), message)
    }
}
