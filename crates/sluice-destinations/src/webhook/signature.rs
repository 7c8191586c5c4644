//! Keyed hashes of a body, in lower-case hex.

use std::fmt::Write as _;

use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::Sha256;

pub(super) fn sha1_hex(secret: &str, body: &[u8]) -> String {
    let Ok(mac) = Hmac::<Sha1>::new_from_slice(secret.as_bytes()) else { return String::new() };
    hex(&mac.chain_update(body).finalize().into_bytes())
}

pub(super) fn sha256_hex(secret: &str, body: &[u8]) -> String {
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    hex(&mac.chain_update(body).finalize().into_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a text takes everything");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signatures_are_those_of_the_reference() {
        assert_eq!(sha1_hex("s3cret", br#"{"a":1}"#), "79999786a1bff10cd4d7dd0b0752574af76be0b5");
        // Test case 2 of RFC 4231.
        assert_eq!(
            sha256_hex("Jefe", b"what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
