//! `GET /v1/pixel/track` and its like: an event in the address of a picture, for mails and for pages
//! without scripts. Two forms: `data=`, a JSON object in base64, and dotted names
//! (`properties.subject=Hi`), whose values are texts.
//!
//! The answer is always the picture: a mail shows no error.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};
use sluice_event::EventType;

use super::{Pages, for_all};
use crate::auth;

/// One transparent pixel.
const GIF: &[u8; 43] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff\
    !\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/// A dotted name with more parts than this is nobody's property.
const NAME_PARTS_MAX: usize = 32;

pub(super) async fn pixel(
    State(pages): State<Pages>,
    Path(kind): Path<String>,
    RawQuery(query): RawQuery,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    if let Some(event_type) = EventType::from_name(&kind) {
        let event = event(query.as_deref().unwrap_or_default());
        let peer: IpAddr = peer.ip();
        pages.collector.take_pixel(event_type, event.as_deref(), &headers, peer).await;
    }
    let head = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/gif")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (for_all(), head, GIF.as_slice()).into_response()
}

/// The event's JSON text; `None` if the query holds none.
fn event(query: &str) -> Option<String> {
    let fields = || form_urlencoded::parse(query.as_bytes());
    let data = fields().find(|(name, _)| name == "data");
    let Some((_, data)) = data else {
        let mut event = Map::new();
        for (name, value) in fields() {
            put(&mut event, &name, value.into_owned());
        }
        return (!event.is_empty()).then(|| Value::Object(event).to_string());
    };
    let json = String::from_utf8(auth::decode_base64(&data)?).ok()?;
    let outer_key = fields().find(|(name, _)| name == "writeKey");
    match outer_key {
        // The key may stand beside the data.
        Some((_, key)) if !json.contains("\"writeKey\"") => {
            let mut event: Map<String, Value> = serde_json::from_str(&json).ok()?;
            event.insert("writeKey".to_owned(), Value::String(key.into_owned()));
            Some(Value::Object(event).to_string())
        }
        _ => Some(json),
    }
}

/// Sets `a.b.c`; a text in the way of an object makes room for it.
fn put(event: &mut Map<String, Value>, name: &str, value: String) {
    if name.split('.').count() > NAME_PARTS_MAX {
        return;
    }
    let (path, last) = name.rsplit_once('.').unwrap_or(("", name));
    let mut object = event;
    for part in path.split('.').filter(|part| !part.is_empty()) {
        let inner = object.entry(part).or_insert_with(|| Value::Object(Map::new()));
        if !inner.is_object() {
            *inner = Value::Object(Map::new());
        }
        let Value::Object(inner) = inner else { return };
        object = inner;
    }
    object.insert(last.to_owned(), Value::String(value));
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::*;

    #[test]
    fn the_picture_has_43_bytes() {
        assert_eq!(GIF.len(), 43);
        assert!(GIF.starts_with(b"GIF89a") && GIF.ends_with(b";"));
    }

    #[test]
    fn dotted_names_build_objects_of_texts() {
        let query = "writeKey=k&userId=u%2B1&event=Opened&properties.subject=Hi+there&properties.n=3\
                     &context.page.url=http%3A%2F%2Fx&properties.n.deep=4";
        assert_eq!(
            event(query).unwrap(),
            r#"{"writeKey":"k","userId":"u+1","event":"Opened","properties":{"subject":"Hi there","n":{"deep":"4"}},"context":{"page":{"url":"http://x"}}}"#
        );
        assert_eq!(event(""), None);
        assert_eq!(event(&format!("{}=1", vec!["a"; 10_000].join("."))), None);
    }

    #[test]
    fn data_is_read_in_either_alphabet_padded_or_not_and_with_lost_plus_signs() {
        let json = r#"{"writeKey":"k","event":"Ünï>>>???~~"}"#;
        let standard = STANDARD.encode(json);
        let query = |data: &str| event(&format!("data={data}"));
        assert!(standard.contains(['+', '/']));
        assert_eq!(query(&standard).as_deref(), Some(json), "a plus sign becomes a space");
        assert_eq!(query(&URL_SAFE_NO_PAD.encode(json)).as_deref(), Some(json));
        assert_eq!(query(standard.trim_end_matches('=')).as_deref(), Some(json));
        assert_eq!(query("%%%"), None);
        assert_eq!(
            event(&format!("data={}&writeKey=k", URL_SAFE_NO_PAD.encode("{\"event\":\"e\"}")))
                .unwrap(),
            r#"{"event":"e","writeKey":"k"}"#
        );
    }
}
