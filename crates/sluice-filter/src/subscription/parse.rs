//! From text to a trigger, word by word, as lenient as the original.

use std::str::FromStr;

use sluice_base::ecma::number_text;
use sluice_base::nearest;

use super::{
    Field, Group, Item, Literal, Match, Part, Path, Subscription, TRIGGER_BYTES_MAX, Test,
};
use crate::fql::Comparison;
use crate::parse_error::ParseError;
use crate::token::{Kind, Token, tokens};

const FIELDS: [&str; 7] = ["type", "event", "name", "userId", "properties", "traits", "context"];
const FUNCTIONS: [&str; 2] = ["contains", "match"];

impl FromStr for Subscription {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

impl Subscription {
    /// Reads a trigger. One that cannot be read matches nothing.
    ///
    /// # Errors
    /// Says where the text goes wrong and what would have been right.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        if text.len() > TRIGGER_BYTES_MAX {
            let message =
                format!("the trigger has {} bytes; at most {TRIGGER_BYTES_MAX}", text.len());
            return Err(ParseError::new(text, 0, 0, message));
        }
        let words = join_paths(text, tokens(text)?);
        let mut parser = Parser { text, notes: Vec::new() };
        let root = match parser.group(&words)? {
            Item::Nothing => {
                let message = "there is no condition, such as type = \"track\"";
                return Err(parser.error(words.last(), message));
            }
            Item::Group(group) => group,
            condition @ Item::Condition(..) => Group { any: false, items: vec![condition] },
        };
        Ok(Self { root, notes: parser.notes })
    }
}

/// `a . b` becomes the one name `a.b`.
fn join_paths(text: &str, tokens: Vec<Token>) -> Vec<Token> {
    let mut words: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        let joined = match (words.last_mut(), rest.peek()) {
            (
                Some(Token { kind: Kind::Name { text: first, .. }, end, .. }),
                Some(Token { kind: Kind::Name { text: next, .. }, end: next_end, .. }),
            ) if token.kind == Kind::Dot => {
                first.push('.');
                first.push_str(next);
                *end = *next_end;
                true
            }
            _ => false,
        };
        if joined {
            rest.next();
        } else {
            words.push(token);
        }
    }
    debug_assert!(words.iter().all(|word| word.end <= text.len()), "words lie in the text");
    words
}

struct Parser<'t> {
    text: &'t str,
    notes: Vec<ParseError>,
}

/// The words of one group, the last of them the end.
struct Words<'w> {
    words: &'w [Token],
    at: usize,
}

impl<'w> Words<'w> {
    fn peek(&self) -> Option<&'w Token> {
        self.words.get(self.at)
    }

    fn next(&mut self) -> Option<&'w Token> {
        let word = self.words.get(self.at);
        self.at += 1;
        word
    }
}

impl Parser<'_> {
    fn error(&self, word: Option<&Token>, message: impl Into<String>) -> ParseError {
        let (start, end) = word.map_or((self.text.len(), self.text.len()), |w| (w.start, w.end));
        ParseError::new(self.text, start, end, message)
    }

    fn note(&mut self, word: &Token, message: impl Into<String>) {
        let note = self.error(Some(word), message);
        self.notes.push(note);
    }

    fn group(&mut self, words: &[Token]) -> Result<Item, ParseError> {
        let mut words = Words { words, at: 0 };
        let (mut items, mut any) = (Vec::new(), false);
        let mut connectives: Vec<&Token> = Vec::new();
        let mut last = None;
        while let Some(word) = words.next() {
            match &word.kind {
                Kind::End => break,
                Kind::And | Kind::Or => {
                    any = word.kind == Kind::Or;
                    connectives.push(word);
                }
                Kind::Open => items.push(self.parenthesised(word, &mut words)?),
                Kind::Name { text, .. } => items.extend(self.named(word, text, &mut words)?),
                Kind::Operator("!") => items.extend(self.negated(word, &mut words)?),
                Kind::Close => self.note(word, "this `)` closes nothing: a group ends at its first `)`, also at that of a function"),
                _ => {}
            }
            last = Some(word);
        }
        self.note_connectives(&connectives, last);
        Ok(match items.pop() {
            None => Item::Nothing,
            Some(only) if items.is_empty() => only,
            Some(item) => {
                items.push(item);
                Item::Group(Group { any, items })
            }
        })
    }

    fn note_connectives(&mut self, connectives: &[&Token], last: Option<&Token>) {
        if let Some(odd) = connectives.iter().find(|word| word.kind != connectives[0].kind) {
            let decides = connectives.last().map_or("or", |word| &self.text[word.start..word.end]);
            let message = format!(
                "`and` and `or` are mixed: the last of them, `{decides}`, holds for the whole group; use ( )"
            );
            self.note(odd, message);
        }
        if let Some(word) = last.filter(|word| matches!(word.kind, Kind::And | Kind::Or)) {
            self.note(word, "nothing follows; passed over");
        }
    }

    fn parenthesised(&mut self, open: &Token, words: &mut Words<'_>) -> Result<Item, ParseError> {
        let rest = &words.words[words.at.min(words.words.len())..];
        let Some(length) = rest.iter().position(|word| word.kind == Kind::Close) else {
            let message = "this `(` has no `)` of its own: groups do not stand within groups";
            return Err(self.error(Some(open), message));
        };
        words.at += length + 1;
        let group = self.group(&rest[..length])?;
        if group == Item::Nothing {
            self.note(open, "there is no condition in these parentheses; the trigger ends here");
        }
        Ok(group)
    }

    fn negated(&mut self, word: &Token, words: &mut Words<'_>) -> Result<Option<Item>, ParseError> {
        let next = words.peek();
        match next.map(|next| &next.kind) {
            Some(Kind::Name { text, .. }) if FUNCTIONS.contains(&text.as_str()) => {
                words.next();
                self.function(next.unwrap_or(word), text, true, words)
            }
            _ => {
                self.note(word, "`!` stands only before contains( ) and match( ); passed over");
                Ok(None)
            }
        }
    }

    /// A condition on a field, a function, or a name without a meaning here.
    fn named(
        &mut self,
        word: &Token,
        name: &str,
        words: &mut Words<'_>,
    ) -> Result<Option<Item>, ParseError> {
        if let Some(field) = field(name) {
            return self.condition(field, words).map(Some);
        }
        if FUNCTIONS.contains(&name) {
            return self.function(word, name, false, words);
        }
        if !["true", "false"].contains(&name) {
            let known = FIELDS.into_iter().chain(FUNCTIONS);
            let advice = match nearest(name.split('.').next().unwrap_or(name), known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("fields are {}", FIELDS.join(", ")),
            };
            self.note(word, format!("a trigger cannot test `{name}`, it is passed over; {advice}"));
        }
        Ok(None)
    }

    fn condition(&mut self, field: Field, words: &mut Words<'_>) -> Result<Item, ParseError> {
        let operator = words.next();
        let comparison = match operator.map(|word| &word.kind) {
            Some(Kind::Operator(symbol)) => {
                Comparison::ALL.into_iter().find(|comparison| comparison.symbol() == *symbol)
            }
            _ => None,
        };
        let Some(comparison) = comparison else {
            return Err(self.error(operator, "expected =, !=, <, <=, > or >="));
        };
        let value = words.next();
        let Some(literal) = value.and_then(|word| literal(&word.kind)) else {
            return Err(self.error(value, "expected a value, such as \"text\", 5, true or null"));
        };
        let is_part = matches!(field, Field::In(..));
        let is = |kind: &Kind| value.is_some_and(|word| word.kind == *kind);
        let is_word = |text: &str| matches!(value, Some(Token { kind: Kind::Name { text: name, .. }, .. }) if name == text);
        let is_null = is(&Kind::Null) && !matches!(field, Field::Type | Field::Event);
        let takes_bool = is_part || field == Field::UserId;
        let test = match comparison {
            Comparison::Equal if is_null => Test::DoesNotExist,
            Comparison::NotEqual if is_null => Test::Exists,
            Comparison::Equal if takes_bool && is_word("true") => Test::IsBool(true),
            Comparison::Equal if takes_bool && is_word("false") => Test::IsBool(false),
            Comparison::Equal | Comparison::NotEqual => match literal {
                Literal::Number(_) if is_part => Test::Number(comparison, literal),
                other if comparison == Comparison::Equal => Test::Is(other.into_text()),
                other => Test::IsNot(other.into_text()),
            },
            _ if is_part && is_word("true") => Test::Number(comparison, Literal::Number(1.0)),
            _ if is_part && is_word("false") => Test::Number(comparison, Literal::Number(0.0)),
            _ if is_part => Test::Number(comparison, literal),
            _ => Test::Number(comparison, Literal::Text(literal.into_text())),
        };
        Ok(Item::Condition(field, test))
    }

    fn function(
        &mut self,
        word: &Token,
        name: &str,
        negated: bool,
        words: &mut Words<'_>,
    ) -> Result<Option<Item>, ParseError> {
        let usage = || format!("write {name}(event, \"text\")");
        for (expected, position) in [(Kind::Open, 0), (Kind::Comma, 2)] {
            let found = words.words.get(words.at + position);
            if found.is_none_or(|found| found.kind != expected) {
                return Err(self.error(found.or(Some(word)), usage()));
            }
        }
        let subject = words.words.get(words.at + 1);
        let value = words.words.get(words.at + 3);
        words.at += 4;
        match words.peek().map(|word| &word.kind) {
            Some(Kind::Close) => drop(words.next()),
            // The original takes a missing `)` at the end, and its groups end at the function's.
            Some(Kind::End) | None => {}
            Some(_) => return Err(self.error(words.peek(), "expected `)`")),
        }
        let (Some(Token { kind: Kind::Name { text: subject_name, .. }, .. }), Some(value)) =
            (subject, value)
        else {
            return Err(self.error(subject.or(Some(word)), usage()));
        };
        let Some(literal) = literal(&value.kind) else {
            return Err(self.error(Some(value), usage()));
        };
        let Some(field) = field(subject_name).filter(|field| *field != Field::Type) else {
            let message = format!("{name}( ) cannot test `{subject_name}`; passed over");
            self.note(subject.unwrap_or(word), message);
            return Ok(None);
        };
        let mut text = literal.into_text();
        let how = match &value.kind {
            _ if name == "contains" => Match::Contains,
            Kind::Text { quote: '"', text: inside } if inside.ends_with('*') => {
                text.pop();
                Match::StartsWith
            }
            _ => {
                if !text.starts_with('*') {
                    self.note(value, "without a star at one end, the first character is dropped and the rest must end the text");
                }
                text = text.chars().skip(1).collect();
                Match::EndsWith
            }
        };
        Ok(Some(Item::Condition(field, Test::Text { how, text, negated })))
    }
}

fn field(name: &str) -> Option<Field> {
    let (root, path) = name.split_once('.').map_or((name, None), |(root, path)| (root, Some(path)));
    let part = Part::ALL.into_iter().find(|part| part.name() == root);
    Some(match (root, part) {
        ("type", _) => Field::Type,
        ("event", _) => Field::Event,
        ("name", _) => Field::Name,
        ("userId", _) => Field::UserId,
        (_, Some(part)) => {
            let text = path.unwrap_or(root).to_owned();
            let keys = text
                .split(['.', '[', ']'])
                .filter(|key| !key.is_empty())
                .map(str::to_owned)
                .collect();
            Field::In(part, Path { text, keys })
        }
        _ => return None,
    })
}

fn literal(kind: &Kind) -> Option<Literal> {
    Some(match kind {
        Kind::Text { text, quote: '"' } => Literal::Text(text.clone()),
        Kind::Text { text, quote } => Literal::Text(format!("{quote}{text}{quote}")),
        Kind::Number(number) => Literal::Number(*number),
        Kind::Name { text, .. } => Literal::Text(text.clone()),
        Kind::Null => Literal::Text("null".to_owned()),
        _ => return None,
    })
}

impl Literal {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number_text(number),
        }
    }
}
