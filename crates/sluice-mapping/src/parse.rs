//! From JSON to a checked mapping. All mistakes are collected; the wording of those that the
//! original finds is the original's.

use serde_json::{Map, Value};
use sluice_base::{ecma, nearest};

use crate::error::{MappingError, Problem, pointer};
use crate::liquid;
use crate::node::{ArraySource, If, Node, Replace, ReplaceStep, Source};
use crate::path::Path;
use crate::template::Template;
use crate::val::kind;

/// The preprocessing step of a whole mapping: its directive gets all other fields as its mapping.
const ROOT_DIRECTIVE: &str = "__segment_internal_directive";
/// Objects and arrays within each other.
const NESTING_MAX: usize = 64;
/// Of `@replace`, in UTF-16 units as everything that JavaScript counts.
const PATTERN_CHARS_MAX: usize = 10;
const REPLACEMENT_CHARS_MAX: usize = 10;

const DIRECTIVES: [&str; 13] = [
    "@if",
    "@case",
    "@replace",
    "@arrayPath",
    "@path",
    "@json",
    "@flatten",
    "@merge",
    "@template",
    "@literal",
    "@transform",
    "@excludeWhenNull",
    "@liquid",
];

/// Reads a whole mapping.
pub(crate) fn mapping(value: &Value) -> Result<Node, MappingError> {
    let mut parser = Parser { keys: Vec::new(), problems: Vec::new(), depth: 0 };
    let node = parser.whole(value);
    if parser.problems.is_empty() {
        Ok(node)
    } else {
        Err(MappingError { problems: parser.problems })
    }
}

struct Parser {
    keys: Vec<String>,
    problems: Vec<Problem>,
    depth: usize,
}

impl Parser {
    /// A node that is never used, since there is a problem.
    fn problem(&mut self, message: impl Into<String>) -> Node {
        let pointer = pointer(self.keys.iter().map(String::as_str));
        self.problems.push(Problem { pointer, message: message.into() });
        Node::Nothing
    }

    fn at<T>(&mut self, key: &str, inner: impl FnOnce(&mut Self) -> T) -> T {
        self.keys.push(key.to_owned());
        let result = inner(self);
        self.keys.pop();
        result
    }

    fn whole(&mut self, value: &Value) -> Node {
        let Value::Object(fields) = value else {
            let kind = kind(value);
            return self.problem(format!("should be an object but it is {} {kind}", article(kind)));
        };
        let Some(root) = fields.get(ROOT_DIRECTIVE) else { return self.any(value) };
        let others = fields.iter().filter(|(key, _)| *key != ROOT_DIRECTIVE);
        let others: Map<String, Value> =
            others.map(|(key, value)| (key.clone(), value.clone())).collect();
        let single = root.as_object().filter(|root| root.len() == 1);
        let Some((name, Value::Object(argument))) = single.and_then(|root| root.iter().next())
        else {
            return self.at(ROOT_DIRECTIVE, |parser| {
                parser
                    .problem("should be an object with one directive, whose argument is an object")
            });
        };
        let mut argument = argument.clone();
        argument.insert("mapping".to_owned(), Value::Object(others));
        let directive = Map::from_iter([(name.clone(), Value::Object(argument))]);
        self.any(&Value::Object(directive))
    }

    fn any(&mut self, value: &Value) -> Node {
        if self.depth == NESTING_MAX {
            return self.problem(format!("is nested more than {NESTING_MAX} deep"));
        }
        self.depth += 1;
        let node = match value {
            Value::Object(fields) if is_directive(fields) => self.directive(fields),
            Value::Object(fields) => {
                let member = |(key, value): (&String, &Value)| {
                    (key.clone(), self.at(key, |parser| parser.any(value)))
                };
                let members: Vec<_> = fields.iter().map(member).collect();
                match constants(members.iter().map(|(key, node)| (key.clone(), node))) {
                    Some(members) => Node::Constant(Value::Object(members.into_iter().collect())),
                    None => Node::Members(members),
                }
            }
            Value::Array(items) => {
                let item = |(index, item): (usize, &Value)| {
                    self.at(&index.to_string(), |parser| parser.any(item))
                };
                let nodes: Vec<_> = items.iter().enumerate().map(item).collect();
                match constants(nodes.iter().map(|node| ((), node))) {
                    Some(items) => {
                        Node::Constant(items.into_iter().map(|((), item)| item).collect())
                    }
                    None => Node::List(nodes),
                }
            }
            scalar => Node::Constant(scalar.clone()),
        };
        self.depth -= 1;
        node
    }

    fn directive(&mut self, fields: &Map<String, Value>) -> Node {
        let directives = fields.keys().filter(|key| key.starts_with('@')).count();
        let has_others = fields.keys().any(|key| !key.starts_with('@') && key != "_metadata");
        if directives > 1 || has_others {
            let keys = if directives > 1 { directives } else { fields.len() };
            return self
                .problem(format!("should only have one @-prefixed key but it has {keys} keys"));
        }
        let Some((name, argument)) = fields.iter().find(|(key, _)| key.starts_with('@')) else {
            return Node::Nothing;
        };
        if !DIRECTIVES.contains(&name.as_str()) {
            let advice = nearest(name, DIRECTIVES.into_iter())
                .map(|near| format!("; did you mean {near}?"))
                .unwrap_or_default();
            return self.problem(format!("has an invalid directive: {name}{advice}"));
        }
        self.at(name, |parser| parser.named(name, argument))
    }

    fn named(&mut self, name: &str, argument: &Value) -> Node {
        match name {
            "@path" => Node::Path(self.source(argument, Path::of_directive)),
            "@template" => Node::Template(self.source(argument, Template::parse)),
            "@literal" => self.any(argument),
            "@excludeWhenNull" => Node::ExcludeWhenNull(Box::new(self.any(argument))),
            "@arrayPath" => self.array_path(argument),
            "@liquid" => match argument {
                Value::String(text) => match liquid::Template::parse(text) {
                    Ok(template) => Node::Liquid(template),
                    Err(message) => self.problem(message),
                },
                other => self.wrong_kind(other, "a string"),
            },
            _ => match argument {
                Value::Object(fields) if !is_directive(fields) => self.with_fields(name, fields),
                Value::Object(fields) => {
                    let key = fields.keys().find(|key| key.starts_with('@'));
                    let key = Value::from(key.map_or("@", String::as_str));
                    self.problem(format!(
                        "shouldn't have directive (@-prefixed) keys but it has {key}"
                    ))
                }
                other => self.wrong_kind(other, "an object"),
            },
        }
    }

    fn with_fields(&mut self, name: &str, fields: &Map<String, Value>) -> Node {
        match name {
            "@if" => self.branch(fields),
            "@case" => self.case(fields),
            "@replace" => self.replace(fields),
            "@json" => self.json(fields),
            "@flatten" => self.flatten(fields),
            "@merge" => self.merge(fields),
            _ => self.transform(fields),
        }
    }

    fn wrong_kind(&mut self, value: &Value, expected: &str) -> Node {
        let kind = match value {
            Value::Object(fields) if is_directive(fields) => "directive",
            other => kind(other),
        };
        self.problem(format!("should be {expected} but it is {} {kind}", article(kind)))
    }

    fn missing(&mut self, field: &str) -> Node {
        self.problem(format!("should have field \"{field}\" but it doesn't"))
    }

    /// The field as a node; [`Node::Nothing`] if it is absent.
    fn field(&mut self, fields: &Map<String, Value>, name: &str) -> Node {
        match fields.get(name) {
            Some(value) => self.at(name, |parser| parser.any(value)),
            None => Node::Nothing,
        }
    }

    fn text<'f>(&mut self, fields: &'f Map<String, Value>, name: &str) -> Option<&'f str> {
        match fields.get(name)? {
            Value::String(text) => Some(text),
            other => {
                self.at(name, |parser| parser.wrong_kind(other, "a string"));
                None
            }
        }
    }

    fn flag(&mut self, fields: &Map<String, Value>, name: &str, default: bool) -> bool {
        match fields.get(name) {
            None => default,
            Some(Value::Bool(flag)) => *flag,
            Some(other) => {
                self.at(name, |parser| parser.wrong_kind(other, "a boolean"));
                default
            }
        }
    }

    /// A text, or a directive that gives one.
    fn source<T>(&mut self, value: &Value, read: impl FnOnce(&str) -> T) -> Source<T> {
        match value {
            Value::String(text) => Source::Fixed(read(text)),
            other => Source::Computed(Box::new(self.text_or_directive(other))),
        }
    }

    fn text_or_directive(&mut self, value: &Value) -> Node {
        match value {
            Value::String(_) => self.any(value),
            Value::Object(fields) if is_directive(fields) => self.any(value),
            other => self.wrong_kind(other, "a string or a mapping directive"),
        }
    }

    fn object_or_directive(&mut self, value: &Value) -> Node {
        match value {
            Value::Object(_) => self.any(value),
            other => self.wrong_kind(other, "an object or a mapping directive"),
        }
    }

    fn branch(&mut self, fields: &Map<String, Value>) -> Node {
        let is_given = |name| fields.get(name).is_some_and(ecma::is_truthy);
        if !is_given("exists") && !is_given("blank") {
            return self.problem("is wrong: @if requires an \"exists\" key or a \"blank\" key");
        }
        let blank = !fields.contains_key("exists");
        let test = self.field(fields, if blank { "blank" } else { "exists" });
        let then = self.field(fields, "then");
        let otherwise = match fields.get("else") {
            Some(value) if ecma::is_truthy(value) => self.field(fields, "else"),
            _ => Node::Nothing,
        };
        Node::If(Box::new(If { test, blank, then, otherwise }))
    }

    fn case(&mut self, fields: &Map<String, Value>) -> Node {
        let upper = match self.text(fields, "operator") {
            Some("upper") => true,
            Some("lower") => false,
            _ => {
                return self.problem(
                    "is wrong: @case requires an \"operator\" key with a value of \"lower\" or \"upper\"",
                );
            }
        };
        let value = match fields.get("value") {
            Some(Value::String(text)) if text.is_empty() => Node::Nothing,
            Some(value) => self.at("value", |parser| parser.text_or_directive(value)),
            None => Node::Nothing,
        };
        Node::Case { upper, value: Box::new(value) }
    }

    fn replace(&mut self, fields: &Map<String, Value>) -> Node {
        if !fields.contains_key("pattern") {
            self.missing("pattern");
        }
        let ignore_case = self.flag(fields, "ignorecase", false);
        let global = self.flag(fields, "global", true);
        let mut steps = Vec::new();
        for (pattern_key, replacement_key) in
            [("pattern", "replacement"), ("pattern2", "replacement2")]
        {
            let is_second = pattern_key == "pattern2";
            let is_absent = |key: &str| fields.get(key).is_none_or(|value| !ecma::is_truthy(value));
            if is_second && is_absent(pattern_key) {
                continue;
            }
            let pattern = self.text(fields, pattern_key).map(str::to_owned);
            let replacement = match fields.get(replacement_key) {
                Some(Value::Null) if is_second => Some(""),
                None => Some(""),
                Some(_) => self.text(fields, replacement_key),
            };
            self.check_length(pattern_key, pattern.as_deref(), 1, PATTERN_CHARS_MAX);
            self.check_length(replacement_key, replacement, 0, REPLACEMENT_CHARS_MAX);
            if let (Some(pattern), Some(replacement)) = (pattern, replacement) {
                let built = regex::RegexBuilder::new(&regex::escape(&pattern))
                    .case_insensitive(ignore_case)
                    .build();
                match built {
                    Ok(pattern) => {
                        steps.push(ReplaceStep { pattern, replacement: replacement.to_owned() });
                    }
                    Err(error) => drop(self.problem(format!("cannot be used: {error}"))),
                }
            }
        }
        let value = match fields.get("value") {
            None => self.missing("value"),
            Some(Value::String(text)) if text.is_empty() => return Node::Nothing,
            Some(value) => self.at("value", |parser| parser.text_or_directive(value)),
        };
        Node::Replace(Box::new(Replace { value, steps, global }))
    }

    fn check_length(&mut self, key: &str, text: Option<&str>, min: usize, max: usize) {
        let length = text.map_or(min, |text| text.encode_utf16().count());
        let bound = match length {
            short if short < min => format!("{min} or greater"),
            long if long > max => format!("{max} or less"),
            _ => return,
        };
        self.at(key, |parser| parser.problem(format!("should be a string of length {bound}")));
    }

    fn array_path(&mut self, argument: &Value) -> Node {
        let Value::Array(items) = argument else { return self.wrong_kind(argument, "an array") };
        let source = match items.first() {
            Some(Value::String(text)) => ArraySource::Path(Path::of_directive(text)),
            Some(other) => ArraySource::Computed(Box::new(
                self.at("0", |parser| parser.text_or_directive(other)),
            )),
            None => return self.problem("should have a path as its first element"),
        };
        let shape = match items.get(1) {
            Some(shape @ Value::Object(fields)) if !fields.is_empty() => {
                Some(Box::new(self.at("1", |parser| parser.any(shape))))
            }
            _ => None,
        };
        Node::ArrayPath { source, shape }
    }

    fn json(&mut self, fields: &Map<String, Value>) -> Node {
        if fields.get("value").is_none_or(|value| !ecma::is_truthy(value)) {
            return self.missing("value");
        }
        let value = Box::new(self.field(fields, "value"));
        match self.text(fields, "mode") {
            Some("encode") => Node::Encode(value),
            Some("decode") => Node::Decode(value),
            Some(other) => {
                let message = format!("should be one of encode, decode but it is {other:?}");
                self.at("mode", |parser| parser.problem(message))
            }
            None if fields.contains_key("mode") => Node::Nothing,
            None => self.missing("mode"),
        }
    }

    fn flatten(&mut self, fields: &Map<String, Value>) -> Node {
        if !fields.contains_key("value") {
            return self.missing("value");
        }
        let separator = match self.text(fields, "separator") {
            Some(text) if !text.is_empty() => text.to_owned(),
            _ => return self.problem("is wrong: @flatten requires a \"separator\" key, a string"),
        };
        let omit_arrays = fields.get("omitArrays").is_some_and(ecma::is_truthy);
        let value = Box::new(self.field(fields, "value"));
        Node::Flatten { separator, omit_arrays, value }
    }

    fn merge(&mut self, fields: &Map<String, Value>) -> Node {
        let left = match self.text(fields, "direction") {
            Some("left") => true,
            Some("right") => false,
            _ => {
                let message =
                    "is wrong: @merge requires a \"direction\" key, either \"left\" or \"right\"";
                return self.problem(message);
            }
        };
        let objects = match fields.get("objects") {
            None => return self.missing("objects"),
            Some(Value::Array(objects)) => objects,
            Some(other) => {
                return self.at("objects", |parser| parser.wrong_kind(other, "an array"));
            }
        };
        let mut objects: Vec<Node> = self.at("objects", |parser| {
            let object = |(index, value): (usize, &Value)| {
                parser.at(&index.to_string(), |parser| parser.object_or_directive(value))
            };
            objects.iter().enumerate().map(object).collect()
        });
        if left {
            objects.reverse();
        }
        Node::Merge(objects)
    }

    fn transform(&mut self, fields: &Map<String, Value>) -> Node {
        let apply = match fields.get("apply") {
            None => self.missing("apply"),
            Some(value @ Value::Object(_)) => self.at("apply", |parser| parser.whole(value)),
            Some(other) => self.at("apply", |parser| parser.object_or_directive(other)),
        };
        let mapping = match fields.get("mapping") {
            None => self.missing("mapping"),
            Some(value) => self.at("mapping", |parser| parser.object_or_directive(value)),
        };
        Node::Transform { apply: Box::new(apply), mapping: Box::new(mapping) }
    }
}

/// The values, if all of them are known already.
fn constants<'n, K>(nodes: impl Iterator<Item = (K, &'n Node)>) -> Option<Vec<(K, Value)>> {
    let constant = |(key, node): (K, &Node)| match node {
        Node::Constant(value) => Some((key, value.clone())),
        _ => None,
    };
    nodes.map(constant).collect()
}

fn is_directive(fields: &Map<String, Value>) -> bool {
    fields.keys().any(|key| key.starts_with('@'))
}

const fn article(kind: &str) -> &'static str {
    match kind.as_bytes().first() {
        Some(b'a' | b'e' | b'i' | b'o' | b'u') => "an",
        _ => "a",
    }
}
