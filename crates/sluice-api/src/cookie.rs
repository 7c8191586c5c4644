//! The session cookie, and the token that guards it against requests of other sites.
//!
//! `HttpOnly` keeps scripts from it, `SameSite=Strict` keeps it out of requests that other sites
//! start. A changing request must besides repeat a token in a header, which no other site can know.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use http::header::{COOKIE, HeaderMap, HeaderValue};
use sha2::{Digest, Sha256};
use sluice_base::Secret;
use sluice_store::SESSION_AGE_MAX;

/// The header that repeats the token.
pub(crate) const CSRF_HEADER: &str = "x-csrf-token";
/// Over plain HTTP, where browsers do not keep the other name.
const NAME: &str = "sluice_session";
/// Browsers take this name only with `Secure`, from this very host and for all its paths.
const NAME_SECURE: &str = "__Host-sluice_session";

const fn name(is_secure: bool) -> &'static str {
    if is_secure { NAME_SECURE } else { NAME }
}

/// Lets the browser keep a session.
pub(crate) fn keep(token: &Secret<String>, is_secure: bool) -> Option<HeaderValue> {
    line(token.expose(), SESSION_AGE_MAX.as_secs(), is_secure)
}

/// Lets the browser forget it.
pub(crate) fn forget(is_secure: bool) -> Option<HeaderValue> {
    line("", 0, is_secure)
}

fn line(value: &str, max_age: u64, is_secure: bool) -> Option<HeaderValue> {
    let secure = if is_secure { "; Secure" } else { "" };
    let text = format!(
        "{}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={max_age}{secure}",
        name(is_secure)
    );
    let mut line = HeaderValue::from_str(&text).ok()?;
    line.set_sensitive(true);
    Some(line)
}

/// The session's token, if the browser sent one.
pub(crate) fn read(headers: &HeaderMap, is_secure: bool) -> Option<Secret<String>> {
    let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|one| one.split_once('='));
    let (_, value) = pairs.find(|(found, _)| found.trim() == name(is_secure))?;
    Some(Secret::new(value.trim().to_owned()))
}

/// Follows from the session's token, which only the browser and the server know.
pub(crate) fn csrf_token(token: &Secret<String>) -> String {
    let hash = Sha256::new().chain_update("sluice-csrf-1").chain_update(token.expose());
    BASE64.encode(hash.finalize())
}

pub(crate) fn is_csrf_token(headers: &HeaderMap, token: &Secret<String>) -> bool {
    let sent = headers.get(CSRF_HEADER).map_or(&[][..], HeaderValue::as_bytes);
    let expected = csrf_token(token);
    // Every byte is looked at, so that the time tells nothing.
    sent.len() == expected.len()
        && sent.iter().zip(expected.bytes()).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_cookie_is_read_again_and_only_under_its_own_name() {
        let token = Secret::new("t0ken".to_owned());
        for is_secure in [false, true] {
            let kept = keep(&token, is_secure).unwrap();
            let kept = kept.to_str().unwrap();
            let (pair, attributes) = kept.split_once("; ").unwrap();
            assert!(attributes.contains("HttpOnly; SameSite=Strict"), "{attributes}");
            assert_eq!(attributes.contains("Secure"), is_secure);
            let mut headers = HeaderMap::new();
            headers.append(COOKIE, format!("other=1; {pair}; x").parse().unwrap());
            assert_eq!(read(&headers, is_secure), Some(token.clone()));
            assert_eq!(read(&headers, !is_secure), None);
        }
        assert_eq!(read(&HeaderMap::new(), false), None);
    }

    #[test]
    fn the_header_must_repeat_the_token_of_this_session() {
        let (own, other) = (Secret::new("a".to_owned()), Secret::new("b".to_owned()));
        let mut headers = HeaderMap::new();
        assert!(!is_csrf_token(&headers, &own));
        headers.insert(CSRF_HEADER, csrf_token(&own).parse().unwrap());
        assert!(is_csrf_token(&headers, &own));
        assert!(!is_csrf_token(&headers, &other));
    }
}
