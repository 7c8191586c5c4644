//! Names and secrets drawn from the operating system's randomness.

use rand::Rng;
use rand::distr::Alphanumeric;

/// Characters of an id; 131 bits, so that ids of different servers do not meet either.
const ID_CHARS: usize = 22;

/// `chars` letters and digits.
pub(crate) fn text(chars: usize) -> String {
    // ThreadRng is a cryptographic generator seeded from the system.
    rand::rng().sample_iter(Alphanumeric).take(chars).map(char::from).collect()
}

pub(crate) fn id() -> String {
    text(ID_CHARS)
}

pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    rand::rng().random()
}
