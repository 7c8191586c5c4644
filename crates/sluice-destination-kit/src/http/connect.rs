//! Makes connections: resolves the name, checks every address, speaks TLS.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{AddressPolicy, HttpFailure, HttpOutConfig, Proxy};
use crate::destination::BoxFuture;

/// A failure on its way through the client's error type.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct ConnectFailure(pub(super) HttpFailure);

#[derive(Clone)]
pub(super) struct Connector {
    policy: Arc<AddressPolicy>,
    timeout: Duration,
    proxy: Option<Arc<Proxy>>,
    tls: TlsConnector,
}

impl Connector {
    pub(super) fn new(config: &HttpOutConfig) -> Self {
        let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let (_, unusable) = roots.add_parsable_certificates(config.root_certificates.clone());
        if unusable > 0 {
            tracing::warn!(unusable, "certificates to trust cannot be used");
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring supports TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self {
            policy: Arc::new(config.policy.clone()),
            timeout: config.connect_timeout,
            proxy: config.proxy.clone().map(Arc::new),
            tls: TlsConnector::from(Arc::new(tls)),
        }
    }

    async fn connect(self, uri: Uri) -> Result<TokioIo<Stream>, ConnectFailure> {
        match tokio::time::timeout(self.timeout, self.open(&uri)).await {
            Ok(Ok(stream)) => Ok(TokioIo::new(stream)),
            Ok(Err(failure)) => Err(ConnectFailure(failure)),
            Err(_) => Err(ConnectFailure(HttpFailure::Timeout)),
        }
    }

    async fn open(&self, uri: &Uri) -> Result<Stream, HttpFailure> {
        let is_tls = uri.scheme_str() == Some("https");
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let mut tcp = match &self.proxy {
            Some(proxy) => proxy.connect(&self.policy, host).await?,
            None => self.open_tcp(host, port).await?,
        };
        // Bodies are written whole; waiting to fill a packet only adds delay.
        tcp.set_nodelay(true).map_err(|error| of_io(&error))?;
        if !is_tls {
            return Ok(Stream { io: Box::new(tcp), is_proxied: self.proxy.is_some() });
        }
        if self.proxy.is_some() {
            Proxy::tunnel(&mut tcp, host, port).await?;
        }
        let name = ServerName::try_from(host.to_owned())
            .map_err(|error| HttpFailure::Url(error.to_string()))?;
        let tls = self.tls.connect(name, tcp).await.map_err(|error| of_tls(&error))?;
        Ok(Stream { io: Box::new(tls), is_proxied: false })
    }

    async fn open_tcp(&self, host: &str, port: u16) -> Result<TcpStream, HttpFailure> {
        let mut failure = HttpFailure::Dns(host.to_owned());
        for address in resolve(host, port).await? {
            if !self.policy.allows(address.ip()) {
                failure = HttpFailure::PrivateAddress(host.to_owned());
                continue;
            }
            match TcpStream::connect(address).await {
                Ok(tcp) => return Ok(tcp),
                Err(error) => failure = of_io(&error),
            }
        }
        Err(failure)
    }
}

async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, HttpFailure> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    match tokio::net::lookup_host((host, port)).await {
        Ok(addresses) => Ok(addresses.collect()),
        Err(_) => Err(HttpFailure::Dns(host.to_owned())),
    }
}

pub(super) fn of_io(error: &io::Error) -> HttpFailure {
    if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
        return HttpFailure::Tls(error.to_string());
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => HttpFailure::Refused,
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::NotConnected
        | io::ErrorKind::UnexpectedEof => HttpFailure::Reset,
        io::ErrorKind::TimedOut => HttpFailure::Timeout,
        _ => HttpFailure::Unreachable(error.to_string()),
    }
}

fn of_tls(error: &io::Error) -> HttpFailure {
    match of_io(error) {
        HttpFailure::Unreachable(why) => HttpFailure::Tls(why),
        failure => failure,
    }
}

impl tower::Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = ConnectFailure;
    type Future = BoxFuture<'static, Result<TokioIo<Stream>, ConnectFailure>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Plain or encrypted, the client does not care.
pub(super) struct Stream {
    io: Box<dyn Duplex>,
    /// The other end is the proxy: requests name their host.
    is_proxied: bool,
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new().proxy(self.is_proxied)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
