//! What is kept of an exchange with a peer: enough to see what went wrong, nothing secret, little.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::http::{HttpAnswer, HttpFailure, HttpRequest};

/// Largest recorded body of a request or an answer, bytes.
pub const RECORDED_BYTES_MAX: usize = 2 * 1024;
/// The same of a test event, which is shown and not stored.
pub const TRIAL_BYTES_MAX: usize = 64 * 1024;
/// Shorter "secrets" would blank half of every text.
const SECRET_CHARS_MIN: usize = 4;
const BLANK: &str = "***";

/// A request and its answer as they may be stored and shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    /// Method, URL and header lines.
    pub request_head: String,
    pub request_body: String,
    /// `None` if no answer came; the reason then says why.
    pub status: Option<u16>,
    pub answer_body: String,
}

impl Exchange {
    #[must_use]
    pub fn record(
        redactor: &Redactor,
        request: &HttpRequest,
        answer: &Result<HttpAnswer, HttpFailure>,
    ) -> Self {
        Self::record_up_to(RECORDED_BYTES_MAX, redactor, request, answer)
    }

    /// With bodies of at most `bytes_max`.
    #[must_use]
    pub fn record_up_to(
        bytes_max: usize,
        redactor: &Redactor,
        request: &HttpRequest,
        answer: &Result<HttpAnswer, HttpFailure>,
    ) -> Self {
        let mut head = format!("{} {}", request.method, request.url);
        for (name, value) in &request.headers {
            head.push('\n');
            head.push_str(name.as_str());
            head.push_str(": ");
            let shown =
                if value.is_sensitive() { BLANK } else { value.to_str().unwrap_or("(not text)") };
            head.push_str(shown);
        }
        let (status, answer_body) = match answer {
            Ok(answer) => (Some(answer.status), redactor.excerpt(&answer.body, bytes_max)),
            Err(_) => (None, String::new()),
        };
        Self {
            request_head: redactor.text(&head),
            request_body: redactor.excerpt(&request.body, bytes_max),
            status,
            answer_body,
        }
    }
}

/// Blanks a connection's secrets in whatever is about to be stored: as they are, and in base64,
/// percent-encoded and JSON-escaped form (invariant I9).
#[derive(Clone, Default)]
pub struct Redactor {
    forms: Vec<String>,
}

impl Redactor {
    #[must_use]
    pub fn new(secrets: &[String]) -> Self {
        let mut forms = Vec::new();
        for secret in secrets {
            // `Bearer abc` must blank `abc` alone too, wherever a peer echoes it.
            for part in std::iter::once(secret.as_str()).chain(secret.split_whitespace()) {
                forms.push(part.to_owned());
                forms.push(STANDARD.encode(part));
                forms.push(URL_SAFE_NO_PAD.encode(part));
                forms.push(escaped(part, b"-._~"));
                // `encodeURIComponent` of JavaScript.
                forms.push(escaped(part, b"-._~!*'()"));
                // A form's field.
                forms.push(escaped(part, b"-._* ").replace(' ', "+"));
                if let Ok(json) = serde_json::to_string(part) {
                    forms.push(json.trim_matches('"').to_owned());
                }
            }
        }
        forms.retain(|form| form.chars().count() >= SECRET_CHARS_MIN);
        // The longest first, so that a form inside another leaves no rest.
        forms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        forms.dedup();
        Self { forms }
    }

    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for form in &self.forms {
            if text.contains(form.as_str()) {
                text = text.replace(form.as_str(), BLANK);
            }
        }
        text
    }

    /// Text of at most `bytes_max` bytes. Redacts before it cuts, so that no half of a secret stays
    /// at the border.
    #[must_use]
    pub fn excerpt(&self, bytes: &[u8], bytes_max: usize) -> String {
        let longest = self.forms.first().map_or(0, String::len);
        let head = &bytes[..bytes.len().min(bytes_max + longest)];
        let mut text = self.text(&String::from_utf8_lossy(head));
        if text.len() > bytes_max {
            let mut end = bytes_max;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text.truncate(end);
        }
        text
    }
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} forms)", self.forms.len())
    }
}

/// With all but letters, digits and what is kept as `%41`.
fn escaped(text: &str, kept: &[u8]) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_blanked_in_every_form_a_peer_may_echo() {
        let redactor = Redactor::new(&["Bearer s3cr\"et/1".to_owned()]);
        for leak in ["s3cr\"et/1", "s3cr%22et%2F1", "s3cr\\\"et/1", &STANDARD.encode("s3cr\"et/1")]
        {
            assert_eq!(redactor.text(&format!("<{leak}>")), "<***>", "{leak}");
        }
    }

    #[test]
    fn a_secret_is_blanked_as_a_form_and_as_javascript_write_it() {
        let redactor = Redactor::new(&["it's ~(a) secret!".to_owned()]);
        for leak in [
            "it%27s+%7E%28a%29+secret%21",
            "it's%20~(a)%20secret!",
            "it%27s%20~%28a%29%20secret%21",
        ] {
            assert_eq!(redactor.text(&format!("<{leak}>")), "<***>", "{leak}");
        }
    }

    #[test]
    fn a_secret_across_the_cut_leaves_no_half() {
        let redactor = Redactor::new(&["abcdefghij".to_owned()]);
        let body = format!("{}abcdefghij tail", "x".repeat(RECORDED_BYTES_MAX - 5));
        let kept = redactor.excerpt(body.as_bytes(), RECORDED_BYTES_MAX);
        assert!(kept.len() <= RECORDED_BYTES_MAX);
        assert!(!kept.contains("abc"), "{}", &kept[kept.len() - 20..]);
    }
}
