//! Parsing URLs and following redirects.

use http::Uri;
use http::header::{self, HeaderMap};
use http::uri::{Authority, Scheme};

/// An absolute `http` or `https` URL without user information.
///
/// # Errors
/// A sentence that says what is wrong, without the URL (it may hold a secret).
pub fn parse_url(text: &str) -> Result<Uri, String> {
    let uri: Uri = text.trim().parse().map_err(|error: http::uri::InvalidUri| error.to_string())?;
    match uri.scheme_str() {
        Some("http" | "https") => {}
        _ => return Err("it must begin with https:// or http://".to_owned()),
    }
    match uri.authority() {
        Some(authority) if authority.as_str().contains('@') => {
            Err("user and password in the URL are not supported; use a header".to_owned())
        }
        Some(authority) if !authority.host().is_empty() => Ok(uri),
        _ => Err("it has no host".to_owned()),
    }
}

/// Where a `Location` leads from `base`.
pub(super) fn resolve(base: &Uri, location: &str) -> Result<Uri, String> {
    let scheme = base.scheme_str().unwrap_or("http");
    let authority = base.authority().map_or("", Authority::as_str);
    let text = if location.contains("://") {
        location.to_owned()
    } else if let Some(rest) = location.strip_prefix("//") {
        format!("{scheme}://{rest}")
    } else if location.starts_with('/') {
        format!("{scheme}://{authority}{location}")
    } else {
        let folder = base.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{location}")
    };
    let text = text.split('#').next().unwrap_or_default();
    let next = parse_url(text)?;
    if base.scheme() == Some(&Scheme::HTTPS) && next.scheme() != Some(&Scheme::HTTPS) {
        return Err("it leads from https to http".to_owned());
    }
    Ok(next)
}

pub(super) fn is_same_origin(a: &Uri, b: &Uri) -> bool {
    let port = |uri: &Uri| {
        uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 })
    };
    let host = |uri: &Uri| uri.host().map(str::to_ascii_lowercase);
    a.scheme() == b.scheme() && host(a) == host(b) && port(a) == port(b)
}

/// Secrets go only to the peer they belong to.
pub(super) fn strip_secrets(headers: &mut HeaderMap) {
    let secret: Vec<_> = headers
        .iter()
        .filter(|(name, value)| {
            value.is_sensitive()
                || [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION]
                    .contains(name)
        })
        .map(|(name, _)| name.clone())
        .collect();
    for name in secret {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_resolved_against_its_page() {
        let base = parse_url("https://a.example/x/y?q=1").unwrap();
        let cases = [
            ("https://b.example/z", "https://b.example/z"),
            ("//b.example/z", "https://b.example/z"),
            ("/z#part", "https://a.example/z"),
            ("z?r=2", "https://a.example/x/z?r=2"),
        ];
        for (location, expected) in cases {
            assert_eq!(resolve(&base, location).unwrap().to_string(), expected);
        }
        assert!(resolve(&base, "http://a.example/").is_err());
        assert!(resolve(&base, "file:///etc/passwd").is_err());
    }

    #[test]
    fn only_web_urls_with_a_host_parse() {
        for wrong in ["ftp://a/", "/x", "a.example", "https://u:p@a.example/", "https:///x", ""] {
            assert!(parse_url(wrong).is_err(), "{wrong}");
        }
    }
}
