//! A real HTTP receiver on a free loopback port that answers by script and remembers what came.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    pub method: String,
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// What the peer does with a request.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    /// Before it answers.
    pub delay: Duration,
    /// Close the connection without an answer.
    pub reset: bool,
    /// Never answer.
    pub hang: bool,
}

impl Reply {
    #[must_use]
    pub const fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: String::new(),
            delay: Duration::ZERO,
            reset: false,
            hang: false,
        }
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    #[must_use]
    pub fn reset() -> Self {
        Self { reset: true, ..Self::status(0) }
    }

    #[must_use]
    pub fn hang() -> Self {
        Self { hang: true, ..Self::status(0) }
    }
}

pub(crate) type Script = Box<dyn FnMut(&Arrived) -> Reply + Send>;

pub(crate) struct Shared {
    script: Mutex<Script>,
    arrived: Mutex<Vec<Arrived>>,
    forgets: AtomicBool,
    count: watch::Sender<usize>,
}

impl Shared {
    pub(crate) fn new(script: Script) -> Arc<Self> {
        let (script, count) = (Mutex::new(script), watch::Sender::new(0));
        Arc::new(Self { script, arrived: Mutex::default(), forgets: AtomicBool::new(false), count })
    }

    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().clone()
    }

    pub(crate) fn forget(&self) {
        self.forgets.store(true, Ordering::Relaxed);
    }

    pub(crate) fn replace(&self, script: Script) {
        *self.script.lock() = script;
    }
}

/// Ends with its value.
pub struct Peer {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

impl Peer {
    /// Listens; every request is answered by `script`.
    ///
    /// # Panics
    /// If loopback cannot be listened on.
    pub async fn start(script: impl FnMut(&Arrived) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Shared::new(Box::new(script));
        let task = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Self { address, shared, task }
    }

    /// Answers everything with `status`.
    pub async fn answering(status: u16) -> Self {
        Self::start(move |_| Reply::status(status)).await
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// Replaces the script.
    pub fn script(&self, script: impl FnMut(&Arrived) -> Reply + Send + 'static) {
        self.shared.replace(Box::new(script));
    }

    #[must_use]
    pub fn arrived(&self) -> Vec<Arrived> {
        self.shared.arrived()
    }

    #[must_use]
    pub fn count(&self) -> usize {
        *self.shared.count.borrow()
    }

    /// Until `count` requests have arrived in all.
    ///
    /// # Panics
    /// After 20 s.
    pub async fn wait_for(&self, count: usize) {
        let mut seen = self.shared.count.subscribe();
        let enough = seen.wait_for(|arrived| *arrived >= count);
        let result = tokio::time::timeout(Duration::from_secs(20), enough).await;
        assert!(result.is_ok(), "only {} of {count} requests arrived", self.count());
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((tcp, _)) = listener.accept().await {
        if tcp.set_nodelay(true).is_err() {
            continue;
        }
        let shared = Arc::clone(&shared);
        connections.spawn(serve_stream(tcp, shared));
    }
}

/// Answers the requests of one connection by the script.
pub(crate) async fn serve_stream(stream: impl AsyncRead + AsyncWrite + Unpin, shared: Arc<Shared>) {
    let service = service_fn(|request| answer(Arc::clone(&shared), request));
    // A peer that hangs up is part of the play.
    drop(
        hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service)
            .await,
    );
}

async fn answer(
    shared: Arc<Shared>,
    request: http::Request<Incoming>,
) -> Result<http::Response<Full<Bytes>>, std::io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(std::io::Error::other)?.to_bytes();
    let path = head.uri.path_and_query().map_or(String::new(), ToString::to_string);
    let arrived = Arrived { method: head.method.to_string(), path, headers: head.headers, body };
    let reply = {
        let mut script = shared.script.lock();
        let reply = script(&arrived);
        if !shared.forgets.load(Ordering::Relaxed) {
            shared.arrived.lock().push(arrived);
        }
        shared.count.send_modify(|count| *count += 1);
        reply
    };
    if reply.hang {
        std::future::pending::<()>().await;
    }
    if !reply.delay.is_zero() {
        tokio::time::sleep(reply.delay).await;
    }
    if reply.reset {
        return Err(std::io::Error::other("reset by script"));
    }
    let mut response = http::Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Full::new(Bytes::from(reply.body))).map_err(std::io::Error::other)
}
