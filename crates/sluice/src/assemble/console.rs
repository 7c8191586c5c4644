//! The console's files: embedded, in the compressed form that the browser takes. A path that is no
//! file is a page of the console, which finds it by itself.
//!
//! The files are public, as the sign-in page is one of them; everything that they show comes from
//! the API, which asks for a session.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::assets::CONSOLE;

/// Scripts and connections only from and to this server. Styles may be inline: the component
/// library sets them on elements.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data: blob:; connect-src 'self'; object-src 'none'; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// Their names hold a hash of their content.
const IMMUTABLE: &str = "assets/";
/// Below these nothing is a page.
const NO_PAGES: &[&str] = &["api/", "v1/", "health/", IMMUTABLE];

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
<title>Sluice</title><style>:root{color-scheme:light dark}body{font:15px/1.6 system-ui,sans-serif;\
max-width:60ch;margin:15vh auto;padding:0 16px}</style>\
<h1>This server was built without its console</h1>\
<p>It collects, delivers and answers the API all the same. For the console, run \
<code>cargo xtask assets</code> in the checkout (it needs Node 20 or newer) and build the server \
again.</p></html>\n";

pub(super) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if method != Method::GET && method != Method::HEAD {
        return nothing_here();
    }
    if !is_compressed(path) && find(CONSOLE, path).is_some() {
        return answer(path, &headers);
    }
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let wants_page = accepts.is_some_and(|accepts| accepts.contains("text/html"));
    if !wants_page || NO_PAGES.iter().any(|prefix| path.starts_with(prefix)) {
        return nothing_here();
    }
    if CONSOLE.is_empty() {
        let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
        return (StatusCode::NOT_FOUND, kind, NOT_BUILT).into_response();
    }
    answer("index.html", &headers)
}

fn nothing_here() -> Response {
    let text = "Nothing is here. Events go to /v1/track and its like, the API is below /api/v1 \
                (described at /api/v1/openapi.json), and /health/ready tells how the server is.\n";
    (StatusCode::NOT_FOUND, text).into_response()
}

/// The list is sorted by path.
fn find(files: &[(&str, &'static [u8])], path: &str) -> Option<&'static [u8]> {
    let at = files.binary_search_by(|(name, _)| (*name).cmp(path)).ok()?;
    Some(files[at].1)
}

fn is_compressed(path: &str) -> bool {
    path.ends_with(".br") || path.ends_with(".gz")
}

fn answer(path: &str, headers: &HeaderMap) -> Response {
    let Some((body, encoding)) = smallest(CONSOLE, path, headers) else { return nothing_here() };
    let caching = if path.starts_with(IMMUTABLE) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let fields: [(HeaderName, &str); 7] = [
        (header::CONTENT_TYPE, content_type(path)),
        (header::CACHE_CONTROL, caching),
        (header::VARY, "accept-encoding"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    let mut response = (fields, body).into_response();
    if let Some(name) = encoding {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    response
}

/// The body in the best form that the browser takes, and that form's name.
fn smallest(
    files: &[(&str, &'static [u8])],
    path: &str,
    headers: &HeaderMap,
) -> Option<(&'static [u8], Option<&'static str>)> {
    let taken = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let takes = |name: &str| {
        taken.is_some_and(|taken| {
            taken.split(',').any(|one| {
                let (coding, weight) = one.split_once(';').unwrap_or((one, ""));
                coding.trim() == name && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00")
            })
        })
    };
    for (name, ending) in [("br", ".br"), ("gzip", ".gz")] {
        if takes(name)
            && let Some(body) = find(files, &format!("{path}{ending}"))
        {
            return Some((body, Some(name)));
        }
    }
    find(files, path).map(|body| (body, None))
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" => "application/json",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: &[(&str, &[u8])] =
        &[("a.js", b"plain"), ("a.js.br", b"br"), ("a.js.gz", b"gz"), ("tiny.css", b"t")];

    fn check(path: &str, accepts: Option<&'static str>, body: &[u8], name: Option<&str>) {
        let mut headers = HeaderMap::new();
        if let Some(accepts) = accepts {
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accepts));
        }
        assert_eq!(smallest(FILES, path, &headers), Some((body, name)), "{path} {accepts:?}");
    }

    #[test]
    fn the_best_form_that_the_browser_takes_is_sent() {
        check("a.js", Some("gzip, deflate, br, zstd"), b"br", Some("br"));
        check("a.js", Some("gzip, deflate"), b"gz", Some("gzip"));
        check("a.js", Some("br;q=0, gzip"), b"gz", Some("gzip"));
        check("a.js", Some("identity"), b"plain", None);
        check("a.js", None, b"plain", None);
        check("tiny.css", Some("gzip, br"), b"t", None);
    }

    async fn status(method: Method, path: &str, accept: &'static str) -> (StatusCode, HeaderMap) {
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
        let response = serve(method, Uri::try_from(path).expect("a path"), headers).await;
        (response.status(), response.headers().clone())
    }

    #[tokio::test]
    async fn a_page_is_for_browsers_alone_and_never_below_the_api() {
        for (method, path, accept) in [
            (Method::GET, "/api/v1/nothing", "text/html"),
            (Method::GET, "/v1/nothing", "text/html"),
            (Method::GET, "/assets/gone-123.js", "text/html"),
            (Method::GET, "/sources", "application/json"),
            (Method::POST, "/sources", "text/html"),
        ] {
            let (status, headers) = status(method, path, accept).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
            assert_eq!(headers[header::CONTENT_TYPE], "text/plain; charset=utf-8", "{path}");
        }
        let (_, headers) = status(Method::GET, "/sources/abc?tab=code", "text/html,*/*").await;
        assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
    }
}
