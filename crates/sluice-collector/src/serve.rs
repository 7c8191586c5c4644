//! The listener: connections, HTTP/1.1 and HTTP/2, and which request goes where.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::amplitude::Door;
use crate::answer::{AnswerBody, preflight};
use crate::timer::ConnectionTimer;
use crate::{Collector, CollectorStats, route};

/// Wraps an accepted connection in TLS; `None` for plain TCP.
pub type Tls = Option<tokio_rustls::TlsAcceptor>;

/// A TLS handshake must be done in this time.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// After an accept that failed (mostly: no file descriptors left) wait before the next.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const READ_BUFFER_BYTES_MAX: usize = 128 << 10;

/// Serves the collector's paths itself and every other path by `router`, until `stop`; then lets
/// open requests finish, for at most the configured time.
///
/// Handlers of `router` find the peer's address as `ConnectInfo<SocketAddr>`.
pub async fn serve(
    listener: TcpListener,
    collector: Collector,
    router: Router,
    tls: Tls,
    stop: CancellationToken,
) {
    let connections = TaskTracker::new();
    let free = Arc::new(Semaphore::new(collector.config().connections_max));
    let server = Arc::new(Server { collector, router, stop: stop.clone() });
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = accept(&listener, &free) => accepted,
        };
        let (stream, peer, permit) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "accepting a connection failed");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // Answers are small and complete: sending them at once is always right.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "setting TCP_NODELAY failed");
        }
        connections.spawn(Arc::clone(&server).connection(stream, peer, tls.clone(), permit));
    }
    drop(listener);
    connections.close();
    let drain = server.collector.config().drain_timeout;
    if tokio::time::timeout(drain, connections.wait()).await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            "connections still open after the drain time"
        );
    }
}

async fn accept(
    listener: &TcpListener,
    free: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, std::net::SocketAddr, OwnedSemaphorePermit)> {
    let permit = Arc::clone(free).acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, permit))
}

struct Server {
    collector: Collector,
    router: Router,
    stop: CancellationToken,
}

impl Server {
    async fn connection(
        self: Arc<Self>,
        stream: TcpStream,
        peer: std::net::SocketAddr,
        tls: Tls,
        permit: OwnedSemaphorePermit,
    ) {
        let stats = self.collector.stats();
        CollectorStats::add(&stats.connections_accepted, 1);
        CollectorStats::add(&stats.connections_open, 1);
        match tls {
            None => self.speak(stream, peer).await,
            Some(tls) => match tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
                Ok(Ok(stream)) => self.speak(stream, peer).await,
                Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
                Err(_) => tracing::debug!("TLS handshake took too long"),
            },
        }
        stats.connections_open.fetch_sub(1, Ordering::Relaxed);
        drop(permit);
    }

    async fn speak(
        self: Arc<Self>,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: std::net::SocketAddr,
    ) {
        let head_timeout = self.collector.config().head_timeout;
        let mut http = auto::Builder::new(TokioExecutor::new());
        http.http1()
            .timer(ConnectionTimer::default())
            .header_read_timeout(head_timeout)
            .max_buf_size(READ_BUFFER_BYTES_MAX)
            .pipeline_flush(true);
        http.http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(head_timeout)
            .max_concurrent_streams(128)
            .initial_stream_window_size(256 << 10)
            .initial_connection_window_size(1 << 20);
        let stop = self.stop.clone();
        let service = service_fn(move |request| Arc::clone(&self).respond(request, peer));
        let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
        let result = tokio::select! {
            biased;
            result = connection.as_mut() => result,
            () = stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = result {
            // The peer went away, sent no HTTP, or was too slow: its own affair.
            tracing::debug!(%error, "connection ended");
        }
    }

    async fn respond(
        self: Arc<Self>,
        request: Request<Incoming>,
        peer: std::net::SocketAddr,
    ) -> Result<Response<AnswerBody>, Infallible> {
        if let Some(endpoint) = route::endpoint(request.uri().path()) {
            if *request.method() == Method::POST {
                let peer: IpAddr = peer.ip();
                return Ok(self.collector.answer(endpoint, request, peer).await);
            }
            if *request.method() == Method::OPTIONS {
                return Ok(self.preflight(&request));
            }
        } else if route::is_sdk_metrics(request.uri().path()) {
            if *request.method() == Method::POST {
                return Ok(Box::pin(self.collector.take_sdk_metrics(request)).await);
            }
            if *request.method() == Method::OPTIONS {
                return Ok(self.preflight(&request));
            }
        }
        if let Some(door) = Door::of(request.method(), request.uri().path()) {
            if *request.method() == Method::OPTIONS {
                return Ok(self.preflight(&request));
            }
            return Ok(Box::pin(self.collector.answer_amplitude(door, request, peer.ip())).await);
        }
        // Boxed, so that the rare path does not widen every connection's state.
        Ok(Box::pin(self.route(request, peer)).await)
    }

    fn preflight(&self, request: &Request<Incoming>) -> Response<AnswerBody> {
        CollectorStats::add(&self.collector.stats().preflights, 1);
        preflight(request.headers())
    }

    async fn route(
        &self,
        mut request: Request<Incoming>,
        peer: std::net::SocketAddr,
    ) -> Response<AnswerBody> {
        request.extensions_mut().insert(ConnectInfo(peer));
        let response = match self.router.clone().oneshot(request.map(axum::body::Body::new)).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        response.map(AnswerBody::Router)
    }
}
