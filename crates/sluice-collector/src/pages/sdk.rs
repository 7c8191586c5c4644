//! Segment's browser SDK as `browser/` built it: the script with the write key at its end, its lazy
//! chunks, and the plugins of destinations that pages send to themselves.
//!
//! The script's end is the only part that depends on who asks. What comes before it was compressed
//! at build time up to a byte's border, and the end is appended as a stored block: the answer is a
//! correct gzip or Brotli stream, and nothing is compressed while it is made.

use std::collections::{BTreeMap, HashMap};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::for_all;

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
/// A new version of the script reaches pages after this time.
const SCRIPT_CACHE: &str = "public, max-age=300";
/// A chunk's name has the hash of its content.
const CHUNK_CACHE: &str = "public, max-age=31536000, immutable";

/// The files of `browser/dist`.
#[derive(Default)]
pub struct BrowserSdk {
    script: Option<Script>,
    chunks: HashMap<&'static str, Encodings>,
    plugins: HashMap<String, Plugin>,
    notice: &'static [u8],
}

/// A destination's plugin, as `plugins.json` names it.
#[derive(Debug, Deserialize)]
pub(super) struct Plugin {
    /// Among the chunks.
    pub(super) file: String,
    /// The global function that makes it.
    pub(super) library: String,
}

/// The script without its end, in three forms.
struct Script {
    plain: &'static [u8],
    deflated: &'static [u8],
    brotli: &'static [u8],
    crc: flate2::Crc,
}

#[derive(Default)]
struct Encodings {
    plain: &'static [u8],
    gzip: &'static [u8],
    brotli: &'static [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Plain,
    Gzip,
    Brotli,
}

impl BrowserSdk {
    /// From the files of `browser/dist`, by their path below it. Without them the SDK's paths say
    /// what is missing.
    #[must_use]
    pub fn new(files: &[(&'static str, &'static [u8])]) -> Self {
        let mut chunks: HashMap<&'static str, Encodings> = HashMap::new();
        for (path, bytes) in files {
            let Some(name) = path.strip_prefix("bundles/") else { continue };
            if let Some(name) = name.strip_suffix(".br") {
                chunks.entry(name).or_default().brotli = bytes;
            } else if let Some(name) = name.strip_suffix(".gz") {
                chunks.entry(name).or_default().gzip = bytes;
            } else {
                chunks.entry(name).or_default().plain = bytes;
            }
        }
        let file = |name: &str| files.iter().find(|file| file.0 == name).map(|file| file.1);
        let script = || {
            let plain = file("analytics.js")?;
            let mut crc = flate2::Crc::new();
            crc.update(plain);
            let (deflated, brotli) = (file("analytics.js.deflate")?, file("analytics.js.br")?);
            Some(Script { plain, deflated, brotli, crc })
        };
        // Written by our own build; a file that does not read is as good as none.
        let plugins = file("plugins.json").and_then(|text| serde_json::from_slice(text).ok());
        Self {
            script: script(),
            chunks,
            plugins: plugins.unwrap_or_default(),
            notice: file("NOTICE").unwrap_or_default(),
        }
    }

    /// The plugin of this name, if this build has it.
    pub(super) fn plugin(&self, name: &str) -> Option<&Plugin> {
        self.plugins.get(name)
    }

    /// Bytes that a page loads for the script, in the encoding that browsers take; 0 if it was not
    /// built.
    #[must_use]
    pub fn script_bytes(&self) -> usize {
        self.script.as_ref().map_or(0, |script| script.brotli.len())
    }

    /// Bytes that a page loads for each plugin, by its name.
    #[must_use]
    pub fn plugin_bytes(&self) -> BTreeMap<String, usize> {
        let bytes = |plugin: &Plugin| Some(self.chunks.get(&*plugin.file)?.brotli.len());
        self.plugins
            .iter()
            .filter_map(|(name, plugin)| Some((name.clone(), bytes(plugin)?)))
            .collect()
    }

    /// The script for a source; `key` is known to be one.
    pub(super) fn script(&self, key: &str, request: &HeaderMap) -> Response {
        let Some(script) = &self.script else { return not_built() };
        let end = format!("{{key:\"{key}\"}});\n");
        let tag = format!("W/\"{:08x}-{key}\"", script.crc.sum());
        if is_known(request, &tag) {
            let head = [(header::ETAG, tag), (header::CACHE_CONTROL, SCRIPT_CACHE.to_owned())];
            return (StatusCode::NOT_MODIFIED, for_all(), head).into_response();
        }
        let (encoding, body) = match encoding(request) {
            Encoding::Brotli => (Some("br"), script.brotli(end.as_bytes())),
            Encoding::Gzip => (Some("gzip"), script.gzip(end.as_bytes())),
            Encoding::Plain => (None, [script.plain, end.as_bytes()].concat()),
        };
        file(Body::from(body), JAVASCRIPT, encoding, SCRIPT_CACHE, Some(&tag))
    }

    pub(super) fn chunk(&self, name: &str, request: &HeaderMap) -> Response {
        let Some(chunk) = self.chunks.get(name) else {
            if self.script.is_none() {
                return not_built();
            }
            return (StatusCode::NOT_FOUND, for_all(), "no such file\n").into_response();
        };
        let (encoding, bytes) = match encoding(request) {
            Encoding::Brotli if !chunk.brotli.is_empty() => (Some("br"), chunk.brotli),
            Encoding::Brotli | Encoding::Gzip if !chunk.gzip.is_empty() => {
                (Some("gzip"), chunk.gzip)
            }
            _ => (None, chunk.plain),
        };
        file(Body::from(bytes), JAVASCRIPT, encoding, CHUNK_CACHE, None)
    }

    pub(super) fn notice(&self) -> Response {
        file(Body::from(self.notice), "text/plain; charset=utf-8", None, SCRIPT_CACHE, None)
    }
}

impl Script {
    /// A gzip member: the deflated part, a stored block, the check sum of both.
    fn gzip(&self, end: &[u8]) -> Vec<u8> {
        const HEAD: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
        const FINAL_STORED: u8 = 1;
        let mut crc = flate2::Crc::new();
        crc.update(end);
        let mut whole = flate2::Crc::new();
        whole.combine(&self.crc);
        whole.combine(&crc);
        let length = end.len() as u16;
        let mut out = Vec::with_capacity(self.deflated.len() + end.len() + 32);
        out.extend_from_slice(HEAD);
        out.extend_from_slice(self.deflated);
        out.push(FINAL_STORED);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(end);
        out.extend_from_slice(&whole.sum().to_le_bytes());
        out.extend_from_slice(&whole.amount().to_le_bytes());
        out
    }

    /// A Brotli stream: the compressed part, one uncompressed meta-block, the empty last one.
    fn brotli(&self, end: &[u8]) -> Vec<u8> {
        const LAST_EMPTY: u8 = 0b11;
        // From the low bit: not the last (1 bit), four nibbles of length (2), length less one (16),
        // uncompressed (1); then zeros up to the byte.
        let length = u32::from(end.len() as u16).wrapping_sub(1) & 0xffff;
        let head = (length << 3 | 1 << 19).to_le_bytes();
        let mut out = Vec::with_capacity(self.brotli.len() + end.len() + 8);
        out.extend_from_slice(self.brotli);
        out.extend_from_slice(&head[..3]);
        out.extend_from_slice(end);
        out.push(LAST_EMPTY);
        out
    }
}

fn file(
    body: Body,
    kind: &'static str,
    encoding: Option<&'static str>,
    cache: &'static str,
    tag: Option<&str>,
) -> Response {
    let mut response = (for_all(), body).into_response();
    let headers = response.headers_mut();
    let mut put = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    put(header::CONTENT_TYPE, kind);
    put(header::CACHE_CONTROL, cache);
    put(header::VARY, "Accept-Encoding");
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if let Some(encoding) = encoding {
        put(header::CONTENT_ENCODING, encoding);
    }
    if let Some(tag) = tag.and_then(|tag| HeaderValue::from_str(tag).ok()) {
        headers.insert(header::ETAG, tag);
    }
    response
}

fn is_known(request: &HeaderMap, tag: &str) -> bool {
    let known = request.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag))
}

/// The best that the request takes.
fn encoding(request: &HeaderMap) -> Encoding {
    let values = request.get_all(header::ACCEPT_ENCODING);
    let mut taken = values.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| {
        value.split(',').filter_map(|one| {
            let (name, weight) = one.split_once(';').unwrap_or((one, ""));
            let refused = weight.trim().strip_prefix("q=").is_some_and(|weight| {
                weight.trim().parse::<f32>().is_ok_and(|weight| weight <= 0.0)
            });
            (!refused).then_some(name.trim())
        })
    });
    taken.by_ref().fold(Encoding::Plain, |best, name| match name {
        "br" => Encoding::Brotli,
        "gzip" | "*" if best == Encoding::Plain => Encoding::Gzip,
        _ => best,
    })
}

fn not_built() -> Response {
    let text = "This server was built without Segment's browser SDK. Run `cargo xtask assets` \
                (it needs npm), then build again.\n";
    (StatusCode::SERVICE_UNAVAILABLE, for_all(), text).into_response()
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    #[test]
    fn the_end_appended_to_the_deflated_part_gives_a_whole_gzip_file() {
        let plain: &'static [u8] = b"(function($sluice){})(";
        let mut deflate =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        deflate.write_all(plain).unwrap();
        deflate.flush().unwrap();
        let deflated = deflate.get_ref().clone().leak();
        let mut crc = flate2::Crc::new();
        crc.update(plain);
        let script = Script { plain, deflated, brotli: &[], crc };
        let mut text = String::new();
        flate2::read::GzDecoder::new(&*script.gzip(b"{key:1});"))
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, "(function($sluice){})({key:1});");
    }

    fn accepts(value: &str) -> Encoding {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, value.parse().unwrap());
        encoding(&headers)
    }

    #[test]
    fn the_best_encoding_that_is_taken_is_chosen() {
        assert_eq!(accepts("gzip, deflate, br, zstd"), Encoding::Brotli);
        assert_eq!(accepts("br;q=0, gzip;q=0.5"), Encoding::Gzip);
        assert_eq!(accepts("*"), Encoding::Gzip);
        assert_eq!(accepts("identity"), Encoding::Plain);
        assert_eq!(encoding(&HeaderMap::new()), Encoding::Plain);
    }
}
