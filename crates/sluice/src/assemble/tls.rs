//! HTTPS by certificate files, read again when they change, so that a renewed certificate needs no
//! restart.

use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{ServerConfig as TlsConfig, crypto::CryptoProvider};

use crate::config::ServerConfig;

/// How often the files are looked at.
const RELOAD_EVERY: Duration = Duration::from_secs(30);

/// The acceptor, or `None` for plain HTTP.
pub(super) fn acceptor(config: &ServerConfig) -> anyhow::Result<Option<TlsAcceptor>> {
    let (Some(certificate), Some(key)) = (&config.tls_certificate, &config.tls_key) else {
        return Ok(None);
    };
    let provider = Arc::new(ring::default_provider());
    let resolver = Arc::new(Reloading {
        current: RwLock::new(load(certificate, key, &provider)?),
        certificate: certificate.clone(),
        key: key.clone(),
        provider: Arc::clone(&provider),
    });
    let watched = Arc::clone(&resolver);
    std::thread::Builder::new().name("tls-reload".to_owned()).spawn(move || watched.watch())?;
    let mut tls = TlsConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(tls))))
}

#[derive(Debug)]
struct Reloading {
    current: RwLock<Arc<CertifiedKey>>,
    certificate: PathBuf,
    key: PathBuf,
    provider: Arc<CryptoProvider>,
}

impl Reloading {
    fn watch(&self) {
        let mut seen = self.changed_at();
        loop {
            std::thread::sleep(RELOAD_EVERY);
            let now = self.changed_at();
            if now == seen {
                continue;
            }
            seen = now;
            match load(&self.certificate, &self.key, &self.provider) {
                Ok(loaded) => {
                    if let Ok(mut current) = self.current.write() {
                        *current = loaded;
                        tracing::info!("the certificate was read again");
                    }
                }
                Err(error) => tracing::error!(
                    error = format!("{error:#}"),
                    "the changed certificate cannot be used; going on with the old one"
                ),
            }
        }
    }

    fn changed_at(&self) -> [Option<SystemTime>; 2] {
        [&self.certificate, &self.key]
            .map(|path| path.metadata().and_then(|meta| meta.modified()).ok())
    }
}

impl ResolvesServerCert for Reloading {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.current.read().ok().map(|current| Arc::clone(&current))
    }
}

fn load(
    certificate: &Path,
    key: &Path,
    provider: &CryptoProvider,
) -> anyhow::Result<Arc<CertifiedKey>> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .with_context(|| format!("cannot read the certificate {}", certificate.display()))?;
    anyhow::ensure!(!chain.is_empty(), "{} holds no certificate", certificate.display());
    let key_der = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("cannot read the private key {}", key.display()))?;
    let certified = CertifiedKey::from_der(chain, key_der, provider)
        .context("the certificate and the private key do not go together")?;
    Ok(Arc::new(certified))
}
