//! Reading the write key out of an `Authorization` header, as leniently as Segment does.

use base64::alphabet;
use base64::engine::{DecodePaddingMode, Engine as _, GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// A header longer than this holds no write key.
const HEADER_BYTES_MAX: usize = 512;

/// The user name of Basic authentication: scheme in any case, padding optional, the colon optional,
/// the password ignored. `None` for any other header.
#[must_use]
pub fn basic_key(header: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(header).ok().filter(|text| text.len() <= HEADER_BYTES_MAX)?;
    let (scheme, credentials) = text.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let credentials = credentials.trim();
    let decoded = STANDARD.decode(credentials).or_else(|_| URL_SAFE.decode(credentials)).ok()?;
    let mut key = String::from_utf8(decoded).ok()?;
    if let Some(colon) = key.find(':') {
        key.truncate(colon);
    }
    Some(key)
}

/// Base64 in either alphabet, padded or not; a space stands for the plus sign it was in a query.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches([' ', '=']).replace(' ', "+");
    STANDARD.decode(&text).or_else(|_| URL_SAFE.decode(&text)).ok()
}

/// Segment drops events of unknown keys in silence, but answers 400 to what cannot be a key, such as
/// `abc123` or the `YOUR_WRITE_KEY` of a copied example. Real keys have 32 characters.
pub(crate) fn is_plausible(key: &str) -> bool {
    (16..=128).contains(&key.len())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_is_read_leniently() {
        for header in [
            "Basic a2V5Og==",
            "basic a2V5Og",
            "BASIC  a2V5Og==",
            "Basic a2V5",
            "Basic a2V5OnNlY3JldA==",
        ] {
            assert_eq!(basic_key(header.as_bytes()).as_deref(), Some("key"), "{header}");
        }
        assert_eq!(basic_key(b"Basic Og==").as_deref(), Some(""));
        for header in ["Bearer a2V5Og==", "Basic", "Basic ***", "", "Basic /////w=="] {
            assert_eq!(basic_key(header.as_bytes()), None, "{header}");
        }
    }

    #[test]
    fn an_absurd_key_is_not_plausible() {
        assert!(is_plausible("abcdefghijklmnopqrstuvwxyz012345"));
        for key in ["", "abc123", "YOUR_WRITE_KEY", "has spaces in the middle of it"] {
            assert!(!is_plausible(key), "{key}");
        }
    }
}
