//! The settings form of a published destination: its own fields, those of its way of signing in, and
//! what it reads from its environment.

use serde_json::{Map, Value, json};
use sluice_destination_kit::oauth::{
    ACCESS_TOKEN, AUTHORIZATION_URL, CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, SCOPES, TOKEN_URL,
};
use sluice_destination_kit::{Field, FieldKind, Settings, SettingsSchema};

use super::manifest::{Entry, FieldEntry, Scheme};
use super::oauth;

const ACCESS_SECTION: &str = "Access";
const ENVIRONMENT: &str = "environment";

pub(super) fn schema(entry: &Entry) -> SettingsSchema {
    let mut fields: Vec<Field> = entry.settings.iter().map(field).collect();
    if is_oauth(entry) {
        fields.extend(access_fields(entry));
    }
    if !entry.environment.is_empty() {
        let names = entry.environment.join(", ");
        let description = format!(
            "Values that Segment keeps for its own app at the peer; of an app of yours: {names}."
        );
        let label = "Credentials of your app";
        let field = Field::new(ENVIRONMENT, label, &description, FieldKind::TextMap);
        fields.push(field.secret().address().section(ACCESS_SECTION));
    }
    SettingsSchema::new(fields)
}

pub(super) const fn is_oauth(entry: &Entry) -> bool {
    matches!(entry.scheme, Scheme::Oauth2 | Scheme::OauthManaged)
}

/// Entered by hand, or given by the peer when an editor connects.
fn access_fields(entry: &Entry) -> Vec<Field> {
    let field = |key, label, description: &str, kind| {
        Field::new(key, label, description, kind).section(ACCESS_SECTION)
    };
    let text = |key, label, description: &str| field(key, label, description, FieldKind::Text);
    let own = "Of your own OAuth client at the peer.";
    let known = oauth::addresses(&entry.slug);
    let address = |key, label, description: &str, known: Option<&str>| {
        let field = field(key, label, description, FieldKind::Url);
        match known {
            Some(url) => field.default_value(url),
            None => field,
        }
    };
    let scopes = known.as_ref().map_or("", |known| known.scopes);
    let asked = "What is asked for when you connect, as the peer writes it, with blanks between.";
    let mut fields = vec![
        text(CLIENT_ID, "Client id", own),
        text(CLIENT_SECRET, "Client secret", own).secret(),
        // Nothing but the client id goes there.
        Field {
            address: false,
            ..address(
            AUTHORIZATION_URL,
            "Authorization address",
            "Where you say yes to the peer when you connect.",
            known.as_ref().map(|known| known.authorization),
        )
        },
        address(
            TOKEN_URL,
            "Token address",
            "Where the peer gives tokens when you connect.",
            known.as_ref().map(|known| known.token),
        ),
        text(SCOPES, "Scopes", asked).default_value(scopes),
        text(
            ACCESS_TOKEN,
            "Access token",
            "Filled in when you connect; or one that lets this server in, such as that of a private app.",
        )
        .secret(),
    ];
    if entry.refreshes {
        let refresh = "If the access token expires: with it and the client a new one is fetched.";
        fields.push(text(REFRESH_TOKEN, "Refresh token", refresh).secret());
    }
    fields
}

fn field(entry: &FieldEntry) -> Field {
    let kind = kind(entry);
    let default = entry.default.clone().filter(|value| suits(&kind, value));
    let mut field = Field::new(&entry.key, &entry.label, &entry.description, kind);
    field.required = entry.required == Value::Bool(true);
    field.secret = is_secret(entry, &field.kind);
    field.address = is_address(entry, &field);
    field.default = default;
    field
}

/// Words in the names of settings that become a part of an address.
const OF_ADDRESSES: &[&str] = &[
    "url",
    "uri",
    "host",
    "domain",
    "endpoint",
    "server",
    "region",
    "instance",
    "site",
    "tenant",
    "shard",
    "data center",
    "datacenter",
    "namespace",
    "account",
];
/// The same in what is said about them.
const SAY_ADDRESS: &[&str] = &["url", "https:", "host", "domain", "endpoint"];

/// The package does not say which texts its code puts into addresses, so one that may be is taken for
/// one. What is chosen from a list leads to the peer's own hosts.
fn is_address(entry: &FieldEntry, field: &Field) -> bool {
    let says = |text: &str, words: &[&str]| {
        let text = text.to_lowercase();
        words.iter().any(|word| text.contains(word))
    };
    field.kind == FieldKind::Text
        && !field.secret
        && (entry.format.as_deref() == Some("uri")
            || says(&entry.key, OF_ADDRESSES)
            || says(&entry.label, OF_ADDRESSES)
            || says(&entry.description, SAY_ADDRESS))
}

/// Names that sound secret, and are known to whoever looks: identifiers, and keys that peers call
/// public.
const PUBLIC: &[&str] = &[
    "accessKeyId",
    "apiKeySID",
    "authorizationIdentity",
    "pixelToken",
    "projectToken",
    "publicEncryptionKey",
    "segmentIdKey",
    "twilioApiKeySID",
];

/// The package marks some secrets as texts.
fn is_secret(entry: &FieldEntry, kind: &FieldKind) -> bool {
    if entry.kind == "password" || entry.format.as_deref() == Some("password") {
        return true;
    }
    let name = entry.key.to_lowercase();
    let sounds_secret =
        ["key", "secret", "token", "password"].iter().any(|part| name.contains(part));
    sounds_secret && *kind == FieldKind::Text && !PUBLIC.contains(&entry.key.as_str())
}

fn kind(entry: &FieldEntry) -> FieldKind {
    let choices: Vec<String> = entry
        .choices
        .iter()
        .filter_map(|choice| choice.as_str().or_else(|| choice["value"].as_str()))
        .map(str::to_owned)
        .collect();
    match entry.kind.as_str() {
        "boolean" => FieldKind::Boolean,
        "number" | "integer" => FieldKind::Integer { min: 0, max: 1 << 53 },
        _ if entry.multiple => FieldKind::TextList,
        _ if !choices.is_empty() => FieldKind::Choice { choices },
        _ => FieldKind::Text,
    }
}

/// The package has defaults of another type here and there.
fn suits(kind: &FieldKind, value: &Value) -> bool {
    match kind {
        FieldKind::Boolean => value.is_boolean(),
        FieldKind::Integer { .. } => value.is_i64(),
        FieldKind::Choice { choices } => {
            value.as_str().is_some_and(|text| choices.iter().any(|one| one == text))
        }
        FieldKind::Text => value.is_string(),
        _ => false,
    }
}

/// What the destination's code knows as `settings`, `auth` and `process.env`.
pub(super) struct Split {
    pub(super) settings: Value,
    pub(super) auth: Value,
    pub(super) environment: String,
}

pub(super) fn split(entry_keys: &[String], settings: &Settings) -> Split {
    let own = entry_keys.iter().filter_map(|key| Some((key.clone(), settings.get(key)?.clone())));
    let text = |key| settings.text(key).unwrap_or_default();
    let environment: Map<String, Value> = settings
        .text_map(ENVIRONMENT)
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    Split {
        settings: Value::Object(own.collect()),
        auth: json!({
            "accessToken": text(ACCESS_TOKEN),
            "refreshToken": text(REFRESH_TOKEN),
            "clientId": text(CLIENT_ID),
            "clientSecret": text(CLIENT_SECRET),
        }),
        environment: Value::Object(environment).to_string(),
    }
}
