//! A receiver that stands for any host of the internet: an HTTP proxy that opens every tunnel to
//! itself and speaks TLS with a certificate made for the host that was asked for. What arrives is
//! exactly what the real peer would get.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::http::Proxy;
use crate::peer::{Arrived, Reply, Shared, serve_stream};

/// Ends with its value.
pub struct TlsPeer {
    proxy: Proxy,
    authority: String,
    root: CertificateDer<'static>,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

impl TlsPeer {
    /// # Panics
    /// If loopback cannot be listened on or no certificate be made.
    pub async fn start(script: impl FnMut(&Arrived) -> Reply + Send + 'static) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("an authority");
        let (authority, root) = (certificate.pem(), certificate.der().clone());
        let issuer = Arc::new(Issuer::new(params, key));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let proxy = format!("http://{address}").parse().expect("a proxy");
        let shared = Shared::new(Box::new(script));
        let task = tokio::spawn(serve(listener, issuer, Arc::clone(&shared)));
        Self { proxy, authority, root, shared, task }
    }

    #[must_use]
    pub fn proxy(&self) -> Proxy {
        self.proxy.clone()
    }

    /// The certificate to trust, as PEM.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    #[must_use]
    pub fn root(&self) -> CertificateDer<'static> {
        self.root.clone()
    }

    /// The host is the header `host`.
    #[must_use]
    pub fn arrived(&self) -> Vec<Arrived> {
        self.shared.arrived()
    }

    /// Remembers nothing of what arrives from now on, for loads.
    pub fn forget(&self) {
        self.shared.forget();
    }

    /// Replaces the script.
    pub fn script(&self, script: impl FnMut(&Arrived) -> Reply + Send + 'static) {
        self.shared.replace(Box::new(script));
    }
}

impl Drop for TlsPeer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, issuer: Arc<Issuer<'static, KeyPair>>, shared: Arc<Shared>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((tcp, _)) = listener.accept().await {
        let (issuer, shared) = (Arc::clone(&issuer), Arc::clone(&shared));
        connections.spawn(async move {
            // A peer that hangs up is part of the play.
            drop(tunnel(tcp, &issuer, shared).await);
        });
    }
}

async fn tunnel(
    mut tcp: TcpStream,
    issuer: &Issuer<'static, KeyPair>,
    shared: Arc<Shared>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(tcp.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let target = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next());
    let host = target.and_then(|target| target.rsplit_once(':')).map(|(host, _)| host.to_owned());
    let host = host.ok_or_else(|| std::io::Error::other("not a CONNECT"))?;
    let acceptor = acceptor(&host, issuer).map_err(std::io::Error::other)?;
    tcp.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    serve_stream(acceptor.accept(tcp).await?, shared).await;
    Ok(())
}

fn acceptor(
    host: &str,
    issuer: &Issuer<'static, KeyPair>,
) -> Result<TlsAcceptor, Box<dyn std::error::Error + Send + Sync>> {
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(vec![host.to_owned()])?.signed_by(&key, issuer)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
