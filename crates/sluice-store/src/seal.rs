//! Destination settings at rest: sealed with XChaCha20-Poly1305 and a key that lies in a file of
//! its own, so that a copy of the database alone gives no secret away.
//!
//! Key file: the line `sluice-secret-key-v1`, then 32 bytes in Base64. Sealed value: version byte
//! 1, nonce of 24 bytes, ciphertext with tag. The record's id is authenticated with it, so that a
//! sealed value cannot be moved to another record.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::error::StoreError;
use crate::random;

const KEY_HEAD: &str = "sluice-secret-key-v1";
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
const VERSION: u8 = 1;

pub(crate) struct Sealer {
    cipher: XChaCha20Poly1305,
}

impl Sealer {
    /// Reads the key, or makes one when there is none and `may_create`.
    pub(crate) fn open(path: &Path, may_create: bool) -> Result<Self, StoreError> {
        let file = |act, source| StoreError::File { act, path: path.to_owned(), source };
        let key = match fs::read_to_string(path) {
            Ok(text) => key_parse(&text).ok_or_else(|| {
                StoreError::Unusable(format!(
                    "{} is not a Sluice key file, or of a newer version; restore it from a backup",
                    path.display()
                ))
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound && may_create => {
                let key = random::bytes::<KEY_BYTES>();
                key_write(path, &key).map_err(|source| file("write the key file", source))?;
                key
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::Unusable(format!(
                    "{} is missing, and without it the destinations' secrets cannot be read; \
                     restore it from a backup",
                    path.display()
                )));
            }
            Err(source) => return Err(file("read the key file", source)),
        };
        Ok(Self { cipher: XChaCha20Poly1305::new(&key.into()) })
    }

    pub(crate) fn seal(&self, id: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let nonce = random::bytes::<NONCE_BYTES>();
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: id.as_bytes() })
            .map_err(|_| StoreError::Damaged(format!("`{id}` cannot be sealed")))?;
        Ok([&[VERSION][..], &nonce, &sealed].concat())
    }

    pub(crate) fn unseal(&self, id: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let damaged = || {
            StoreError::Damaged(format!("the sealed value of `{id}` does not open with this key"))
        };
        let (version, rest) = sealed.split_first().ok_or_else(damaged)?;
        if *version != VERSION {
            return Err(damaged());
        }
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>().ok_or_else(damaged)?;
        self.cipher
            .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: id.as_bytes() })
            .map_err(|_| damaged())
    }
}

fn key_parse(text: &str) -> Option<[u8; KEY_BYTES]> {
    let (head, key) = text.trim_end().split_once('\n')?;
    if head != KEY_HEAD {
        return None;
    }
    BASE64.decode(key.trim()).ok()?.try_into().ok()
}

/// Written beside and renamed, so that a crash leaves no half a key.
fn key_write(path: &Path, key: &[u8; KEY_BYTES]) -> io::Result<()> {
    let beside: PathBuf = path.with_extension("key.tmp");
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = private_file(&beside)?;
    writeln!(file, "{KEY_HEAD}\n{}", BASE64.encode(key))?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    if let Some(dir) = path.parent() {
        fs::File::open(dir)?.sync_all()?;
    }
    Ok(())
}

/// A new file that only its owner may read.
pub(crate) fn private_file(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_only_with_its_key_and_under_its_id() {
        let dir = tempfile::tempdir().unwrap();
        let sealer = Sealer::open(&dir.path().join("a.key"), true).unwrap();
        let other = Sealer::open(&dir.path().join("b.key"), true).unwrap();
        let sealed = sealer.seal("d1", b"hush").unwrap();
        assert_eq!(sealer.unseal("d1", &sealed).unwrap(), b"hush");
        assert!(sealer.unseal("d2", &sealed).is_err());
        assert!(other.unseal("d1", &sealed).is_err());
        let mut bent = sealed.clone();
        *bent.last_mut().unwrap() ^= 1;
        assert!(sealer.unseal("d1", &bent).is_err());
        for cut in 0..sealed.len() {
            assert!(sealer.unseal("d1", &sealed[..cut]).is_err());
        }
    }

    #[test]
    fn a_second_open_reads_the_same_key() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret.key");
        let sealed = Sealer::open(&path, true).unwrap().seal("d", b"x").unwrap();
        assert_eq!(Sealer::open(&path, false).unwrap().unseal("d", &sealed).unwrap(), b"x");
    }
}
