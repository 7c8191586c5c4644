//! Identify, group and alias calls: what Amplitude is to know of people and groups.

use std::borrow::Cow;

use sluice_destination_kit::Reason;
use sluice_event::json::RawText;

use super::super::json::{Fields, Object, is_key, number};
use super::super::settings::Config;
use super::fields::{self, UserProperties, literal};
use super::properties::takeable;
use super::subject::Subject;
use super::{Endpoint, Mapped, Part, refused};

/// The group type of calls that name none.
const FALLBACK_GROUP_TYPE: &str = "[Segment] Group";

pub(super) fn identify(subject: &Subject<'_>, mapped: &mut Mapped) -> Result<(), Reason> {
    subject.must_be_somebody()?;
    let traits = Object::parse_some(subject.event.body_json());
    let mut out = String::with_capacity(subject.event.json.len());
    let mut record = Fields::open(&mut out);
    record.text("insert_id", &subject.event.message_id);
    put_user_properties(subject, &traits, &mut record, mapped);
    fields::of_identify(subject, &mut record);
    record.close();
    mapped.put(Endpoint::Identify, out);
    Ok(())
}

/// What is done with a trait.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Set,
    SetOnce,
    Add,
    Append,
    Prepend,
}

impl Operator {
    fn of(key: &RawText<'_>, config: &Config) -> Self {
        let lists = |names: &[String]| names.iter().any(|name| is_key(key, name));
        match () {
            () if lists(&config.increment) => Self::Add,
            () if lists(&config.set_once) => Self::SetOnce,
            () if lists(&config.append) => Self::Append,
            () if lists(&config.prepend) => Self::Prepend,
            () => Self::Set,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Set => "$set",
            Self::SetOnce => "$setOnce",
            Self::Add => "$add",
            Self::Append => "$append",
            Self::Prepend => "$prepend",
        }
    }
}

const IN_ORDER: [Operator; 5] =
    [Operator::Set, Operator::SetOnce, Operator::Add, Operator::Append, Operator::Prepend];

/// Plain traits stand by themselves; Amplitude forbids them beside operators, so with any operator
/// they go into `$set`.
fn put_user_properties(
    subject: &Subject<'_>,
    traits: &Object<'_>,
    record: &mut Fields<'_>,
    mapped: &mut Mapped,
) {
    let of_context = UserProperties::of_context(subject);
    let mut sorted: Vec<(Operator, RawText<'_>, Cow<'_, str>)> = Vec::new();
    for (key, raw) in traits.members() {
        let operator = Operator::of(&key, subject.config);
        let value = match (operator, number(raw)) {
            (Operator::Add, Some(number)) => Cow::Owned(number.to_string()),
            (Operator::Add, None) => {
                let message = format!("`{}` is to be added up but is no number", key.decode());
                mapped.warn("NOT_A_NUMBER", message);
                continue;
            }
            _ => takeable(raw, subject.config, mapped),
        };
        sorted.push((operator, key, value));
    }
    if sorted.is_empty() && of_context.is_empty() {
        return;
    }
    let is_plain = sorted.iter().all(|(operator, ..)| *operator == Operator::Set);
    let mut properties = record.object("user_properties");
    if is_plain && of_context.is_empty() {
        sorted.iter().for_each(|(_, key, value)| properties.raw(key.raw(), value));
    } else {
        for operator in IN_ORDER {
            put_operator(operator, &sorted, &of_context, &mut properties);
        }
    }
    properties.close();
}

fn put_operator(
    operator: Operator,
    traits: &[(Operator, RawText<'_>, Cow<'_, str>)],
    of_context: &UserProperties<'_>,
    properties: &mut Fields<'_>,
) {
    let is_set = operator == Operator::Set && !of_context.set.is_empty();
    let is_once = operator == Operator::SetOnce && !of_context.set_once.is_empty();
    if !is_set && !is_once && !traits.iter().any(|(of, ..)| *of == operator) {
        return;
    }
    let is_replaced = |key: &RawText<'_>| {
        is_set && of_context.set.iter().any(|(name, _)| is_key(key, name))
            || is_once
                && of_context
                    .set_once
                    .iter()
                    .any(|(name, _)| is_key(key, &format!("initial_{name}")))
    };
    let mut fields = properties.object(operator.name());
    for (_, key, value) in traits.iter().filter(|(of, ..)| *of == operator) {
        if !is_replaced(key) {
            fields.raw(key.raw(), value);
        }
    }
    if is_set {
        of_context.put_set(&mut fields);
    }
    if is_once {
        of_context.put_set_once(&mut fields);
    }
    fields.close();
}

pub(super) fn group(subject: &Subject<'_>, mapped: &mut Mapped) -> Result<(), Reason> {
    let group_id = Object::parse(&subject.event.json).text("groupId");
    let group_id = group_id.ok_or_else(|| refused("groupId required"))?;
    let traits = Object::parse_some(subject.event.body_json());
    let by_trait = |name: &Option<String>| traits.text(name.as_deref()?);
    let config = subject.config;
    let named = by_trait(&config.group_type_trait).zip(by_trait(&config.group_value_trait));
    let is_mapped = named.is_some();
    let (kind, value) = named.unwrap_or((Cow::Borrowed(FALLBACK_GROUP_TYPE), group_id));
    if subject.is_somebody() {
        mapped.parts.push(Part {
            endpoint: Endpoint::Identify,
            json: membership(subject, &kind, &value),
            is_listed: true,
        });
    } else if !is_mapped {
        return subject.must_be_somebody();
    }
    if is_mapped {
        let json = group_properties(subject, &kind, &value, mapped);
        mapped.put(Endpoint::GroupIdentify, json);
    }
    Ok(())
}

/// The person joins the group, and has it as a user property too: accounts without Amplitude's
/// add-on for groups see at least that.
fn membership(subject: &Subject<'_>, kind: &str, value: &str) -> String {
    let mut out = String::with_capacity(256);
    let mut record = Fields::open(&mut out);
    fields::who(subject, &mut record);
    record.integer("time", subject.event.timestamp.as_millis());
    record.text("insert_id", &subject.event.message_id);
    for key in ["user_properties", "groups"] {
        let mut object = record.object(key);
        object.raw_named(kind, &literal(value));
        object.close();
    }
    record.text("library", "segment");
    record.close();
    out
}

fn group_properties(subject: &Subject<'_>, kind: &str, value: &str, mapped: &mut Mapped) -> String {
    let traits = subject.event.body_json().unwrap_or("{}");
    let properties = takeable(traits, subject.config, mapped);
    let mut out = String::with_capacity(properties.len() + 128);
    let mut record = Fields::open(&mut out);
    record.text("group_type", kind);
    record.text("group_value", value);
    record.raw("group_properties", &properties);
    record.text("library", "segment");
    record.close();
    out
}

pub(super) fn alias(subject: &Subject<'_>, mapped: &mut Mapped) -> Result<(), Reason> {
    let mut out = String::new();
    let mut record = Fields::open(&mut out);
    if let Some(user) = subject.options.text("unmap") {
        record.text("user_id", &user);
        record.raw("unmap", "true");
    } else {
        let previous = subject.event.previous_id.as_deref().filter(|id| !id.is_empty());
        let previous = previous.ok_or_else(|| refused("previousId required"))?;
        let user = subject.user.ok_or_else(|| refused("userId required"))?;
        record.text("user_id", previous);
        record.text("global_user_id", user);
    }
    record.close();
    mapped.put(Endpoint::UserMap, out);
    Ok(())
}
