//! What a record says of the event's circumstances: ids, time, session, device, place, app.

use std::borrow::Cow;

use sluice_event::json::{RawText, put_string};

use super::super::json::{Fields, Object};
use super::super::settings::QueryTarget;
use super::agent::{self, Agent};
use super::subject::Subject;

/// The members that all events of one call share.
pub(super) fn of_event(subject: &Subject<'_>) -> String {
    let mut out = String::with_capacity(512);
    let mut fields = Fields::bare(&mut out);
    who_and_when(subject, &mut fields);
    let event_id = subject.options.get("event_id").filter(|id| id.parse::<i64>().is_ok());
    fields.raw_some("event_id", event_id);
    if let Some((set, set_once)) = UserProperties::of_context(subject).written() {
        let mut properties = fields.object("user_properties");
        properties.raw_some("$set", set.as_deref());
        properties.raw_some("$setOnce", set_once.as_deref());
        properties.close();
    }
    circumstances(subject, &mut fields);
    place_and_advertising(subject, &mut fields);
    fields.text("library", "segment");
    out
}

/// The members of an identify record but its user properties.
pub(super) fn of_identify(subject: &Subject<'_>, fields: &mut Fields<'_>) {
    who_and_when(subject, fields);
    circumstances(subject, fields);
    fields.raw_some("paying", subject.options.get("paying"));
    fields.raw_some("start_version", subject.options.get("start_version"));
    fields.text("library", "segment");
}

pub(super) fn who(subject: &Subject<'_>, fields: &mut Fields<'_>) {
    fields.text_some("user_id", subject.user);
    fields.text_some("device_id", subject.device.as_deref());
}

pub(super) fn who_and_when(subject: &Subject<'_>, fields: &mut Fields<'_>) {
    who(subject, fields);
    fields.integer("time", subject.event.timestamp.as_millis());
    if let Some(session) = subject.session {
        fields.integer("session_id", session);
    }
}

fn circumstances(subject: &Subject<'_>, fields: &mut Fields<'_>) {
    let context = &subject.context;
    let groups = subject.options.get("groups").filter(|groups| groups.starts_with('{'));
    fields.raw_some("groups", groups.filter(|groups| !Object::parse(groups).is_empty()));
    let version = context.top.object("app").text("version");
    let version = version.or(subject.config.version_name.as_deref().map(Cow::Borrowed));
    fields.text_some("app_version", version);
    if let Some(platform) = platform(subject) {
        fields.text("platform", platform);
    }
    let agent = agent(subject);
    let from_agent = |value: &Option<String>| value.clone().map(Cow::Owned);
    fields.text_some("os_name", context.os.text("name").or_else(|| from_agent(&agent.os_name)));
    let os_version = context.os.text("version").or_else(|| from_agent(&agent.os_version));
    fields.text_some("os_version", os_version);
    fields.text_some("device_brand", context.device.text("brand"));
    let maker = context.device.text("manufacturer").or_else(|| from_agent(&agent.device_maker));
    fields.text_some("device_manufacturer", maker);
    let model = context.device.text("model").or_else(|| from_agent(&agent.device_model));
    fields.text_some("device_model", model);
    fields.text_some("carrier", context.top.object("network").text("carrier"));
    let location = context.top.object("location");
    for key in ["country", "region", "city", "dma"] {
        fields.text_some(key, location.text(key));
    }
    let locale = context.top.get("locale").and_then(|raw| match RawText::of_literal(raw) {
        Some(text) => Some(text.decode()).filter(|text| !text.is_empty()),
        None => Object::parse(raw).text("language"),
    });
    fields.text_some("language", locale);
}

fn place_and_advertising(subject: &Subject<'_>, fields: &mut Fields<'_>) {
    let context = &subject.context;
    let location = context.top.object("location");
    for (key, from) in [("location_lat", "latitude"), ("location_lng", "longitude")] {
        if let Some(degrees) = location.number(from) {
            fields.number(key, degrees);
        }
    }
    fields.text_some("ip", context.top.text("ip"));
    let (device, platform) = (&context.device, platform(subject));
    if device.get("adTrackingEnabled") != Some("false")
        && let Some(id) = device.text("advertisingId").or_else(|| device.text("idfa"))
    {
        if platform.is_none_or(|platform| platform == "iOS") {
            fields.text("idfa", &id);
        }
        if platform.is_none_or(|platform| platform == "Android") {
            fields.text("adid", &id);
        }
    }
    if platform == Some("iOS") {
        fields.text_some("idfv", device.text("id"));
    }
}

fn platform(subject: &Subject<'_>) -> Option<&'static str> {
    let device_type = subject.context.device.text("type").unwrap_or_default();
    if device_type.eq_ignore_ascii_case("ios") {
        Some("iOS")
    } else if device_type.eq_ignore_ascii_case("android") {
        Some("Android")
    } else if subject.context.library.get("name") == Some("\"analytics.js\"") {
        Some("Web")
    } else {
        None
    }
}

fn agent(subject: &Subject<'_>) -> Agent {
    let text = subject.context.top.text("userAgent").filter(|_| subject.config.parses_user_agent);
    let Some(text) = text else { return Agent::default() };
    let hints = subject.context.top.object("userAgentData");
    let mut agent = agent::parse(&text);
    if let Some(version) = hints.text("platformVersion") {
        agent.os_version = Some(version.into_owned());
    }
    if let Some(model) = hints.text("model") {
        agent.device_model = Some(model.into_owned());
    }
    agent
}

/// User properties that come from the circumstances: campaign, referrer, query string.
#[derive(Default)]
pub(super) struct UserProperties<'a> {
    pub(super) set: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// Names get `initial_` in front.
    pub(super) set_once: Vec<(&'static str, Cow<'a, str>)>,
}

impl<'a> UserProperties<'a> {
    pub(super) fn of_context(subject: &Subject<'a>) -> Self {
        let mut properties = Self::default();
        let (context, config) = (&subject.context, subject.config);
        if config.utm {
            let campaign = context.top.object("campaign");
            for (from, name) in [
                ("source", "utm_source"),
                ("medium", "utm_medium"),
                ("name", "utm_campaign"),
                ("term", "utm_term"),
                ("content", "utm_content"),
            ] {
                properties.add(name, campaign.text(from));
            }
        }
        if config.referrer {
            properties.add("referrer", context.page.text("referrer"));
        }
        if !config.gclid && config.query.is_empty() {
            return properties;
        }
        let Some(search) = context.page.text("search") else { return properties };
        if config.gclid {
            let pairs = form_urlencoded::parse(search.trim_start_matches('?').as_bytes());
            let gclid =
                pairs.into_iter().find(|(name, value)| name == "gclid" && !value.is_empty());
            properties.add("gclid", gclid.map(|(_, value)| Cow::Owned(value.into_owned())));
        }
        for (name, _) in config.query.iter().filter(|(_, t)| *t == QueryTarget::UserProperties) {
            properties.set.push((Cow::Owned(name.clone()), search.clone()));
        }
        properties
    }

    fn add(&mut self, name: &'static str, value: Option<Cow<'a, str>>) {
        if let Some(value) = value {
            self.set.push((Cow::Borrowed(name), value.clone()));
            self.set_once.push((name, value));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.set.is_empty() && self.set_once.is_empty()
    }

    /// The objects for `$set` and `$setOnce`; `None` if there is nothing.
    fn written(&self) -> Option<(Option<String>, Option<String>)> {
        if self.is_empty() {
            return None;
        }
        let (mut set, mut set_once) = (String::new(), String::new());
        let mut fields = Fields::open(&mut set);
        self.put_set(&mut fields);
        fields.close();
        let mut fields = Fields::open(&mut set_once);
        self.put_set_once(&mut fields);
        fields.close();
        Some((Some(set), (!self.set_once.is_empty()).then_some(set_once)))
    }

    pub(super) fn put_set(&self, fields: &mut Fields<'_>) {
        for (name, value) in &self.set {
            fields.raw_named(name, &literal(value));
        }
    }

    pub(super) fn put_set_once(&self, fields: &mut Fields<'_>) {
        for (name, value) in &self.set_once {
            fields.raw_named(&format!("initial_{name}"), &literal(value));
        }
    }
}

/// A text as a JSON string.
pub(super) fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    put_string(&mut out, text);
    out
}
