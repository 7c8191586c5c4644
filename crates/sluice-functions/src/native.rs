//! The functions in Rust that `js/web.js` builds on, as members of `__host`.

#![expect(clippy::needless_pass_by_value, reason = "what comes from a program is owned")]

use std::rc::Rc;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use hmac::Mac;
use rquickjs::{Ctx, Error, FromJs, Function, IntoJs, Object, TypedArray, Value};
use sha2::Digest;
use url::{Url, quirks};

use crate::host::FetchRequest;
use crate::isolate::Shared;
use crate::script::Script;

/// Longest `setTimeout`.
const TIMER_MAX: Duration = Duration::from_secs(24 * 3600);
const RANDOM_BYTES_MAX: usize = 64 * 1024;

pub(crate) static WEB: LazyLock<Arc<Script>> =
    LazyLock::new(|| Arc::new(Script::of_text("web.js", include_str!("js/web.js"))));

/// Text or bytes. Texts stay texts: they are copied once.
pub(crate) enum Data {
    Text(String),
    Bytes(Vec<u8>),
}

impl Data {
    fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.into_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

impl<'js> FromJs<'js> for Data {
    fn from_js(_: &Ctx<'js>, value: Value<'js>) -> rquickjs::Result<Self> {
        if let Some(text) = value.as_string() {
            return Ok(Self::Text(text.to_string()?));
        }
        let array = TypedArray::<u8>::from_value(value)?;
        #[expect(unsafe_code, reason = "the bytes are copied before any program runs again")]
        // SAFETY: nothing can write to the buffer while this function holds the slice.
        let bytes = unsafe { array.as_bytes() }.map(<[u8]>::to_vec);
        bytes.map(Self::Bytes).ok_or_else(|| Error::new_from_js("detached buffer", "bytes"))
    }
}

impl<'js> IntoJs<'js> for Data {
    fn into_js(self, ctx: &Ctx<'js>) -> rquickjs::Result<Value<'js>> {
        match self {
            Self::Text(text) => text.into_js(ctx),
            Self::Bytes(bytes) => TypedArray::new(ctx.clone(), bytes)?.into_js(ctx),
        }
    }
}

pub(crate) fn install(
    ctx: &Ctx<'_>,
    shared: &Rc<Shared>,
    environment: &str,
) -> rquickjs::Result<()> {
    let host = Object::new(ctx.clone())?;
    host.set("environment", environment)?;
    install_work(ctx, shared, &host)?;
    install_pure(ctx, &host)?;
    ctx.globals().set("__host", host)
}

/// What has an effect outside.
fn install_work<'js>(
    ctx: &Ctx<'js>,
    shared: &Rc<Shared>,
    host: &Object<'js>,
) -> rquickjs::Result<()> {
    let on = || Rc::clone(shared);
    let own = on();
    host.set(
        "fetch",
        Function::new(
            ctx.clone(),
            move |id: u32, call: u32, head: Vec<String>, body: Data, timeout_ms: f64| {
                own.start_fetch(id, call, request(head, body, timeout_ms));
            },
        )?,
    )?;
    let own = on();
    host.set("fetchStop", Function::new(ctx.clone(), move |id: u32| own.stop_fetch(id))?)?;
    let own = on();
    let start = move |id: u32, ms: f64| own.start_timer(id, millis(ms).min(TIMER_MAX));
    host.set("timerStart", Function::new(ctx.clone(), start)?)?;
    let own = on();
    host.set("timerStop", Function::new(ctx.clone(), move |id: u32| own.stop_timer(id))?)?;
    let own = on();
    let settle = move |call: u32, is_good: bool, text: String| {
        own.settle(call, if is_good { Ok(text) } else { Err(text) });
    };
    host.set("settle", Function::new(ctx.clone(), settle)?)?;
    let own = on();
    let log = move |level: String, line: String| own.log(&level, &line);
    host.set("log", Function::new(ctx.clone(), log)?)
}

fn install_pure<'js>(ctx: &Ctx<'js>, host: &Object<'js>) -> rquickjs::Result<()> {
    let encode = |text: String| Data::Bytes(text.into_bytes());
    host.set("encode", Function::new(ctx.clone(), encode)?)?;
    let decode = |data: Data| String::from_utf8_lossy(&data.into_bytes()).into_owned();
    host.set("decode", Function::new(ctx.clone(), decode)?)?;
    host.set("random", Function::new(ctx.clone(), random)?)?;
    host.set("hash", Function::new(ctx.clone(), hash)?)?;
    host.set("hmac", Function::new(ctx.clone(), hmac_of)?)?;
    host.set("civil", Function::new(ctx.clone(), civil)?)?;
    host.set("urlParse", Function::new(ctx.clone(), url_parse)?)?;
    host.set("urlSet", Function::new(ctx.clone(), url_set)?)?;
    let origin = |href: String| Url::parse(&href).map(|url| quirks::origin(&url)).ok();
    host.set("urlOrigin", Function::new(ctx.clone(), origin)?)?;
    let parse = |text: String| -> Vec<Vec<String>> {
        let pairs = form_urlencoded::parse(text.as_bytes());
        pairs.map(|(name, value)| vec![name.into_owned(), value.into_owned()]).collect()
    };
    host.set("queryParse", Function::new(ctx.clone(), parse)?)?;
    let print = |flat: Vec<String>| {
        let mut text = form_urlencoded::Serializer::new(String::new());
        for pair in flat.chunks_exact(2) {
            text.append_pair(&pair[0], &pair[1]);
        }
        text.finish()
    };
    host.set("queryPrint", Function::new(ctx.clone(), print)?)
}

fn millis(ms: f64) -> Duration {
    Duration::try_from_secs_f64((ms / 1000.0).max(0.0)).unwrap_or(TIMER_MAX)
}

fn request(head: Vec<String>, body: Data, timeout_ms: f64) -> FetchRequest {
    let mut head = head.into_iter();
    let (method, url) = (head.next().unwrap_or_default(), head.next().unwrap_or_default());
    let mut headers = Vec::new();
    while let (Some(name), Some(value)) = (head.next(), head.next()) {
        headers.push((name, value));
    }
    let timeout = (timeout_ms > 0.0).then(|| millis(timeout_ms));
    FetchRequest { method, url, headers, body: Bytes::from(body.into_bytes()), timeout }
}

fn random(count: usize) -> Data {
    let mut bytes = vec![0; count.min(RANDOM_BYTES_MAX)];
    rand::fill(&mut bytes[..]);
    Data::Bytes(bytes)
}

/// `None`: no digest of that name.
fn hash(name: String, data: Data) -> Option<Data> {
    let data = data.into_bytes();
    let digest = match name.as_str() {
        "md5" => md5::Md5::digest(&data).to_vec(),
        "sha1" => sha1::Sha1::digest(&data).to_vec(),
        "sha256" => sha2::Sha256::digest(&data).to_vec(),
        "sha384" => sha2::Sha384::digest(&data).to_vec(),
        "sha512" => sha2::Sha512::digest(&data).to_vec(),
        _ => return None,
    };
    Some(Data::Bytes(digest))
}

fn hmac_of(name: String, key: Data, data: Data) -> Option<Data> {
    macro_rules! mac {
        ($hash:ty) => {{
            let mut mac = hmac::Hmac::<$hash>::new_from_slice(&key.into_bytes()).ok()?;
            mac.update(&data.into_bytes());
            mac.finalize().into_bytes().to_vec()
        }};
    }
    Some(Data::Bytes(match name.as_str() {
        "md5" => mac!(md5::Md5),
        "sha1" => mac!(sha1::Sha1),
        "sha256" => mac!(sha2::Sha256),
        "sha384" => mac!(sha2::Sha384),
        "sha512" => mac!(sha2::Sha512),
        _ => return None,
    }))
}

/// Year, month, day, hour, minute, second in the zone, and the zone's short name.
fn civil(ms: f64, zone: String) -> Option<Vec<String>> {
    #[expect(clippy::cast_possible_truncation, reason = "a time out of range is refused by jiff")]
    let at = jiff::Timestamp::from_millisecond(ms as i64).ok()?;
    let at = at.in_tz(&zone).ok()?;
    let text = at.strftime("%Y %-m %-d %-H %-M %-S").to_string();
    let mut parts: Vec<String> = text.split(' ').map(str::to_owned).collect();
    let abbreviation = at.strftime("%Z").to_string();
    parts.push(short_name(&zone, &abbreviation, at.offset().seconds() / 60));
    Some(parts)
}

/// As American English has it: zones there by their abbreviation, all others by their distance to
/// Greenwich. What parses it counts on that.
fn short_name(zone: &str, abbreviation: &str, minutes: i32) -> String {
    const AMERICAN: &[&str] = &[
        "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "AKST", "AKDT", "AST", "ADT", "HST",
    ];
    let is_there =
        ["America/", "US/", "Pacific/Honolulu"].iter().any(|start| zone.starts_with(start));
    if is_there && AMERICAN.contains(&abbreviation) {
        return abbreviation.to_owned();
    }
    let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
    let sign = if minutes < 0 { '-' } else { '+' };
    match (minutes, rest) {
        (0, _) if matches!(zone, "UTC" | "Etc/UTC" | "Zulu" | "UCT") => "UTC".to_owned(),
        (0, _) => "GMT".to_owned(),
        (_, 0) => format!("GMT{sign}{hours}"),
        (_, rest) => format!("GMT{sign}{hours}:{rest:02}"),
    }
}

fn url_parse(text: String, base: rquickjs::function::Opt<Option<String>>) -> Option<Vec<String>> {
    let url = match base.0.flatten() {
        Some(base) => Url::parse(&base).ok()?.join(&text).ok()?,
        None => Url::parse(&text).ok()?,
    };
    Some(parts(&url))
}

fn url_set(href: String, part: String, value: String) -> Option<Vec<String>> {
    let mut url = Url::parse(&href).ok()?;
    let is_set = match part.as_str() {
        "href" => quirks::set_href(&mut url, &value).is_ok(),
        "protocol" => quirks::set_protocol(&mut url, &value).is_ok(),
        "username" => quirks::set_username(&mut url, &value).is_ok(),
        "password" => quirks::set_password(&mut url, &value).is_ok(),
        "host" => quirks::set_host(&mut url, &value).is_ok(),
        "hostname" => quirks::set_hostname(&mut url, &value).is_ok(),
        "port" => quirks::set_port(&mut url, &value).is_ok(),
        "pathname" => {
            quirks::set_pathname(&mut url, &value);
            true
        }
        "search" => {
            quirks::set_search(&mut url, &value);
            true
        }
        "hash" => {
            quirks::set_hash(&mut url, &value);
            true
        }
        _ => false,
    };
    is_set.then(|| parts(&url))
}

/// In the order of `PARTS` in `js/web.js`.
fn parts(url: &Url) -> Vec<String> {
    let get: [fn(&Url) -> &str; 10] = [
        quirks::href,
        quirks::protocol,
        quirks::username,
        quirks::password,
        quirks::host,
        quirks::hostname,
        quirks::port,
        quirks::pathname,
        quirks::search,
        quirks::hash,
    ];
    get.iter().map(|part| part(url).to_owned()).collect()
}

/// What HTTP/2 leaves out, and programs show to people.
pub(crate) fn reason_phrase(status: u16) -> &'static str {
    let status = http::StatusCode::from_u16(status).ok();
    status.and_then(|status| status.canonical_reason()).unwrap_or_default()
}
