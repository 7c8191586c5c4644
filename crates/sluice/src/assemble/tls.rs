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
    let resolver = Arc::new(Reloading::open(certificate, key)?);
    let watched = Arc::clone(&resolver);
    std::thread::Builder::new().name("tls-reload".to_owned()).spawn(move || watched.watch())?;
    Ok(Some(accept_with(resolver)?))
}

fn accept_with(resolver: Arc<Reloading>) -> anyhow::Result<TlsAcceptor> {
    let mut tls = TlsConfig::builder_with_provider(Arc::clone(&resolver.provider))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(tls)))
}

#[derive(Debug)]
struct Reloading {
    current: RwLock<Arc<CertifiedKey>>,
    certificate: PathBuf,
    key: PathBuf,
    provider: Arc<CryptoProvider>,
}

impl Reloading {
    fn open(certificate: &Path, key: &Path) -> anyhow::Result<Self> {
        let provider = Arc::new(ring::default_provider());
        Ok(Self {
            current: RwLock::new(load(certificate, key, &provider)?),
            certificate: certificate.to_path_buf(),
            key: key.to_path_buf(),
            provider,
        })
    }

    fn watch(&self) {
        let mut seen = self.changed_at();
        loop {
            std::thread::sleep(RELOAD_EVERY);
            let now = self.changed_at();
            if now != seen {
                seen = now;
                self.reload();
            }
        }
    }

    /// Takes the files as they are now; broken ones change nothing.
    fn reload(&self) {
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

#[cfg(test)]
mod tests {
    use tokio_rustls::TlsConnector;
    use tokio_rustls::rustls::pki_types::ServerName;
    use tokio_rustls::rustls::{ClientConfig, RootCertStore};

    use super::*;

    /// Writes a new certificate of its own for `localhost` and gives it.
    fn renew(dir: &Path) -> CertificateDer<'static> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(dir.join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(dir.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        made.cert.der().clone()
    }

    /// Whether a client that trusts only this certificate gets through, and the protocol agreed on.
    async fn greets(acceptor: &TlsAcceptor, trusted: &CertificateDer<'static>) -> Option<Vec<u8>> {
        let mut roots = RootCertStore::empty();
        roots.add(trusted.clone()).unwrap();
        let mut client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        client.alpn_protocols = vec![b"h2".to_vec()];
        let (near, far) = tokio::io::duplex(16 << 10);
        let name = ServerName::try_from("localhost").unwrap();
        let connector = TlsConnector::from(Arc::new(client));
        let (accepted, connected) =
            tokio::join!(acceptor.accept(far), connector.connect(name, near));
        accepted.ok()?;
        connected.ok()?.get_ref().1.alpn_protocol().map(<[u8]>::to_vec)
    }

    #[tokio::test]
    async fn a_renewed_certificate_is_shown_without_a_restart_and_a_broken_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let first = renew(dir.path());
        let (certificate, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
        let resolver = Arc::new(Reloading::open(&certificate, &key).unwrap());
        let acceptor = accept_with(Arc::clone(&resolver)).unwrap();
        assert_eq!(greets(&acceptor, &first).await.as_deref(), Some(&b"h2"[..]));

        let second = renew(dir.path());
        assert!(greets(&acceptor, &second).await.is_none(), "not read yet");
        resolver.reload();
        assert!(greets(&acceptor, &second).await.is_some());
        assert!(greets(&acceptor, &first).await.is_none(), "the old one is gone");

        std::fs::write(&certificate, "no certificate").unwrap();
        resolver.reload();
        assert!(greets(&acceptor, &second).await.is_some(), "the last good one is shown");
        assert!(Reloading::open(&certificate, &key).is_err(), "at the start it is an error");
    }
}
