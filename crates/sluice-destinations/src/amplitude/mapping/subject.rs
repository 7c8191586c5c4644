//! Who did it, on which device, in which session, and by which library it was sent.

use std::borrow::Cow;

use sluice_destination_kit::Reason;
use sluice_event::Event;
use sluice_event::json::RawText;

use super::super::json::Object;
use super::super::settings::Config;
use super::refused;

/// Ids that Amplitude throws away, because so many apps send them for nobody.
const REFUSED_IDS: [&str; 14] = [
    "anonymous",
    "nil",
    "none",
    "null",
    "n/a",
    "na",
    "undefined",
    "unknown",
    "empty",
    "00000000-0000-0000-0000-000000000000",
    "{}",
    "lmy47d",
    "0",
    "-1",
];
/// What Amplitude asks for when a request does not say otherwise.
const MIN_ID_LENGTH_DEFAULT: usize = 5;
const MOBILE_LIBRARIES: [&str; 5] = [
    "analytics-ios",
    "analytics-android",
    "analytics-swift",
    "analytics-kotlin",
    "analytics-react-native",
];
/// The names under which a sender addresses this destination with options.
const OPTION_KEYS: [&str; 2] = ["Amplitude", "Actions Amplitude"];

/// An event with the parts of it that several records need.
pub(super) struct Subject<'a> {
    pub(super) event: &'a Event,
    pub(super) config: &'a Config,
    pub(super) context: Context<'a>,
    /// `integrations.Amplitude`
    pub(super) options: Object<'a>,
    pub(super) user: Option<&'a str>,
    pub(super) device: Option<Cow<'a, str>>,
    pub(super) session: Option<i64>,
    pub(super) is_mobile: bool,
}

pub(super) struct Context<'a> {
    pub(super) top: Object<'a>,
    pub(super) device: Object<'a>,
    pub(super) os: Object<'a>,
    pub(super) page: Object<'a>,
    pub(super) library: Object<'a>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(event: &'a Event, config: &'a Config) -> Result<Self, Reason> {
        let context = Context::new(event);
        let options = options(event);
        let library = context.library.text("name");
        let is_mobile = library.is_some_and(|name| MOBILE_LIBRARIES.contains(&&*name));
        let session = session(&options, config.lenient_sessions)?;
        let least = match config.min_id_length {
            0 => MIN_ID_LENGTH_DEFAULT,
            least => least,
        };
        let user = event.user_id.as_deref().filter(|id| is_usable(id, least));
        let device = device(event, &context, config, is_mobile)
            .filter(|id| is_usable(id, least) && id.bytes().any(|byte| byte != b'0'));
        Ok(Self { event, config, context, options, user, device, session, is_mobile })
    }

    pub(super) const fn is_somebody(&self) -> bool {
        self.user.is_some() || self.device.is_some()
    }

    pub(super) fn must_be_somebody(&self) -> Result<(), Reason> {
        if self.is_somebody() {
            return Ok(());
        }
        let message = match (&self.event.user_id, &self.event.anonymous_id) {
            (None, None) => "no user_id or device_id".to_owned(),
            _ => format!("no user_id or device_id that Amplitude takes: {}", self.ids_for_people()),
        };
        Err(refused(message))
    }

    fn ids_for_people(&self) -> String {
        let ids = [&self.event.user_id, &self.event.anonymous_id];
        let ids: Vec<&str> = ids.into_iter().flatten().map(|id| &**id).collect();
        ids.join(", ")
    }
}

impl<'a> Context<'a> {
    fn new(event: &'a Event) -> Self {
        let top = Object::parse_some(event.context_json());
        Self {
            device: top.object("device"),
            os: top.object("os"),
            page: top.object("page"),
            library: top.object("library"),
            top,
        }
    }
}

fn options(event: &Event) -> Object<'_> {
    let integrations = Object::parse_some(event.integrations_json());
    let given = OPTION_KEYS.iter().find_map(|key| {
        integrations.get(key).filter(|options| options.starts_with('{')).map(Object::parse)
    });
    given.unwrap_or_default()
}

fn is_usable(id: &str, least: usize) -> bool {
    id.chars().count() >= least.max(1)
        && !REFUSED_IDS.iter().any(|refused| refused.eq_ignore_ascii_case(id))
}

fn device<'a>(
    event: &'a Event,
    context: &Context<'a>,
    config: &Config,
    is_mobile: bool,
) -> Option<Cow<'a, str>> {
    let anonymous = event.anonymous_id.as_deref().filter(|id| !id.is_empty()).map(Cow::Borrowed);
    let device = context.device.text("id");
    let prefers_anonymous =
        config.prefers_anonymous_id && (!is_mobile || config.prefers_anonymous_id_on_mobile);
    if prefers_anonymous { anonymous.or(device) } else { device.or(anonymous) }
}

/// The start of the session as the sender gives it. Never rescaled: what another library sends for
/// the same session must be the same number.
fn session(options: &Object<'_>, is_lenient: bool) -> Result<Option<i64>, Reason> {
    if options.get("outOfSession") == Some("true") {
        return Ok(Some(-1));
    }
    let Some(raw) = options.get("session_id") else { return Ok(None) };
    let text = match RawText::of_literal(raw) {
        Some(text) => text.decode(),
        None => return number_session(raw).map(Some),
    };
    if text.is_empty() {
        return Ok(None);
    }
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if is_digits(text.strip_prefix('-').unwrap_or(&text))
        && let Ok(session) = text.parse()
    {
        return Ok(Some(session));
    }
    let lenient = if is_lenient { sluice_event::time::parse(&text) } else { None };
    lenient.map(|at| Some(at.as_millis())).ok_or_else(wrong_session)
}

#[expect(clippy::cast_possible_truncation, reason = "a fraction of a millisecond is dropped")]
fn number_session(raw: &str) -> Result<i64, Reason> {
    if let Ok(session) = raw.parse() {
        return Ok(session);
    }
    match raw.parse::<f64>() {
        Ok(number) if number.abs() < 9e15 => Ok(number as i64),
        _ => Err(wrong_session()),
    }
}

fn wrong_session() -> Reason {
    refused("session_id must be a Unix timestamp")
}
