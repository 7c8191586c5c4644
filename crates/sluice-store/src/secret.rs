//! Secrets that we hand out and know again: tokens, sessions, links. Each carries over 230 random
//! bits, so a plain SHA-256 is enough to keep it: there is nothing to guess.
//!
//! Not here: passwords, which people choose ([`crate::password`]).

use sha2::{Digest, Sha256};
use sluice_base::Secret;

use crate::random;

/// Characters of a session's token or of the code in a link; 256 bits.
const SECRET_CHARS: usize = 43;

pub(crate) type SecretHash = [u8; 32];

/// A new secret, and what is kept of it.
pub(crate) fn fresh() -> (Secret<String>, SecretHash) {
    let text = random::text(SECRET_CHARS);
    let kept = hash(&text);
    (Secret::new(text), kept)
}

pub(crate) fn hash(secret: &str) -> SecretHash {
    Sha256::digest(secret.as_bytes()).into()
}
