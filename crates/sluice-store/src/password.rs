//! Passwords: Argon2id with 19 MiB and two passes, about 20 ms. Callers bound how many run at once.

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, Params, PasswordHasher, PasswordVerifier};
use sluice_base::Secret;

use crate::error::StoreError;
use crate::random;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;

/// Somebody without an account costs the time of somebody with one, so that nobody can ask whether
/// an address has one.
static DECOY: LazyLock<Option<String>> =
    LazyLock::new(|| hash(&Secret::new(random::text(SALT_BYTES))).ok());

pub(crate) fn hash(password: &Secret<String>) -> Result<String, StoreError> {
    let failed = |error: &dyn std::fmt::Display| {
        StoreError::Damaged(format!("a password cannot be hashed: {error}"))
    };
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| failed(&error))?;
    let salt = random::bytes::<SALT_BYTES>();
    let hashed: PasswordHash = Argon2::from(params)
        .hash_password_with_salt(password.expose().as_bytes(), &salt)
        .map_err(|error| failed(&error))?;
    Ok(hashed.to_string())
}

/// Whether `password` is the one behind `kept`; takes as long without `kept`.
pub(crate) fn is_right(password: &Secret<String>, kept: Option<&str>) -> bool {
    let decoy = DECOY.as_deref();
    let Some(hashed) = kept.or(decoy) else { return false };
    // The cost stands in the hash, so that older ones go on working when it is raised.
    let is_same = Argon2::default().verify_password(password.expose().as_bytes(), hashed).is_ok();
    is_same && kept.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_is_right() {
        let secret = |text: &str| Secret::new(text.to_owned());
        let kept = hash(&secret("correct horse battery")).unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(is_right(&secret("correct horse battery"), Some(&kept)));
        assert!(!is_right(&secret("Correct horse battery"), Some(&kept)));
        assert!(!is_right(&secret(""), Some(&kept)));
        assert!(!is_right(&secret("anything"), None));
        assert_ne!(hash(&secret("correct horse battery")).unwrap(), kept, "each has its own salt");
    }
}
