//! A collector on a free port with a log in a temporary directory, and a client that writes bytes.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::routing::get;
use sluice_base::{OsDisk, SystemClock};
use sluice_collector::{
    BrowserSdk, Collector, CollectorConfig, DeviceDestination, Devices, StatsView, Workspaces,
    pages, serve,
};
use sluice_event::{ReceivedItem, ReceivedRequest, SourceNo, WorkspaceNo};
use sluice_log::{Log, LogConfig};
use sluice_model::Region;
use sluice_model::tables::{SourceEntry, SourceTable};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub(crate) const KEY: &str = "abcdefghijklmnopqrstuvwxyz012345";
pub(crate) const UNKNOWN: &str = "unknown1unknown1unknown1unknown1";
pub(crate) const DISABLED: &str = "disabled1disabled1disabled1disab";
pub(crate) const SLOW: &str = "two-requests-per-second-and-more";
/// `KEY:` in base64.
pub(crate) const BASIC: &str =
    "Authorization: Basic YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU6\r\n";

/// Stands for `browser/dist`.
const SDK: &[(&str, &[u8])] = &[
    ("analytics.js", b"sdk("),
    ("analytics.js.br", b""),
    ("analytics.js.deflate", b""),
    ("bundles/tsub.bundle.0f.js", b"chunk"),
];

struct OneWorkspace {
    log: Log,
    closed: AtomicBool,
}

impl Workspaces for OneWorkspace {
    fn intake(&self, _: WorkspaceNo) -> Option<Log> {
        (!self.closed.load(Ordering::Relaxed)).then(|| self.log.clone())
    }

    fn region(&self, _: WorkspaceNo) -> Option<Region> {
        Some(Region::Eu)
    }
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) log: Log,
    workspace: Arc<OneWorkspace>,
    collector: Collector,
    pub(crate) stop: CancellationToken,
    pub(crate) served: tokio::task::JoinHandle<()>,
    _dir: tempfile::TempDir,
    _sources: watch::Sender<Arc<SourceTable>>,
}

fn sources() -> SourceTable {
    let mut table = SourceTable::default();
    for (no, key, enabled, max) in [
        (1, KEY, true, Some(u32::MAX)),
        (2, DISABLED, false, None),
        (3, SLOW, true, Some(2)),
        (4, "short", true, None),
    ] {
        let entry = Arc::new(SourceEntry {
            no: SourceNo(no),
            workspace: WorkspaceNo(1),
            id: format!("src_{no}"),
            slug: format!("source-{no}"),
            enabled,
            requests_per_second_max: max,
            overlay_receipts: false,
            ip: sluice_event::IpPolicy::Keep,
        });
        table.by_write_key.insert(key.to_owned(), Arc::clone(&entry));
        table.by_no.insert(entry.no, entry);
    }
    table
}

struct NoDevices;

impl Devices for NoDevices {
    fn consent_categories(&self, _: SourceNo) -> Vec<String> {
        Vec::new()
    }

    fn of_source(&self, _: SourceNo) -> Vec<DeviceDestination> {
        Vec::new()
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}, LogConfig::default()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut CollectorConfig), log: LogConfig) -> Self {
        let mut config = CollectorConfig::default();
        change(&mut config);
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(SystemClock);
        let log =
            Log::open(Arc::new(OsDisk), dir.path().join("received"), log, clock.clone()).unwrap();
        let (sender, receiver) = watch::channel(Arc::new(sources()));
        let workspace = Arc::new(OneWorkspace { log: log.clone(), closed: AtomicBool::new(false) });
        let collector =
            Collector::new(config, clock, receiver, Arc::clone(&workspace) as Arc<dyn Workspaces>);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let other = Router::new().route("/other", get(|| async { "from the router" }));
        let router =
            other.merge(pages(collector.clone(), BrowserSdk::new(SDK), Arc::new(NoDevices)));
        let served = tokio::spawn(serve(listener, collector.clone(), router, None, stop.clone()));
        Self { address, log, workspace, collector, stop, served, _dir: dir, _sources: sender }
    }

    pub(crate) fn close_workspace(&self) {
        self.workspace.closed.store(true, Ordering::Relaxed);
    }

    pub(crate) fn stats(&self) -> StatsView {
        self.collector.stats().view()
    }

    /// One request on a connection of its own.
    pub(crate) async fn send(&self, head: &str, body: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let head = format!("{head}Content-Length: {}\r\nHost: h\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).await.unwrap();
        // The server may answer and close before it has read all.
        drop(stream.write_all(body).await);
        Reply::read(&mut stream).await
    }

    /// As [`Server::send`] without a body, for answers that are no text.
    pub(crate) async fn send_for_head(&self, head: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let head = format!("{head}Host: h\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        String::from_utf8(bytes[..end].to_vec()).unwrap()
    }

    /// `POST` with the key in the header.
    pub(crate) async fn post(&self, path: &str, body: &str) -> Reply {
        self.send(&format!("POST {path} HTTP/1.1\r\n{BASIC}"), body.as_bytes()).await
    }

    /// Everything in the log, each record as (source, items), stubs as `!code`.
    pub(crate) fn received(&self) -> Vec<(u32, Vec<String>)> {
        let mut reader = self.log.reader(0);
        let mut records = Vec::new();
        while let Some(entry) = reader.next().unwrap() {
            let request = ReceivedRequest::decode(&entry.payload).unwrap();
            assert_eq!(entry.offsets, request.items.len() as u64);
            let items = request.items.iter().map(|item| match item {
                ReceivedItem::Event(json) => (*json).to_owned(),
                ReceivedItem::Stub { refusal, .. } => format!("!{}", refusal.code()),
            });
            records.push((request.source.0, items.collect()));
        }
        records
    }

    /// The last record, read by `f`.
    pub(crate) fn last<T>(&self, f: impl FnOnce(&ReceivedRequest<'_>) -> T) -> T {
        let mut reader = self.log.reader(0);
        let mut last = None;
        while let Some(entry) = reader.next().unwrap() {
            last = Some(entry);
        }
        f(&ReceivedRequest::decode(&last.unwrap().payload).unwrap())
    }
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) async fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        let head_end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            let read = stream.read_buf(&mut bytes).await.unwrap();
            assert!(read > 0, "closed without an answer: {:?}", String::from_utf8_lossy(&bytes));
        };
        let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: HashMap<_, _> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = bytes.split_off(head_end + 4);
        while body.len() < length {
            assert!(stream.read_buf(&mut body).await.unwrap() > 0, "answer cut short");
        }
        Self { status, headers, body: String::from_utf8(body).unwrap() }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub(crate) fn code(&self) -> String {
        let body: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(body["success"], self.status == 200);
        if self.status != 200 {
            assert!(body["message"].is_string());
            assert_eq!(body["message"], body["error"]);
        }
        body["code"].as_str().unwrap_or("success").to_owned()
    }
}
