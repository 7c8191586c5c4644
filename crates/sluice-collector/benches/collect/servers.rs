//! The two servers that are compared.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::post;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use sluice_base::{OsDisk, SystemClock};
use sluice_collector::{Collector, CollectorConfig, Workspaces, serve};
use sluice_event::{SourceNo, WorkspaceNo};
use sluice_log::{Log, LogConfig};
use sluice_model::tables::{SourceEntry, SourceTable};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves on a free port, which is printed first.
pub(crate) fn run(kind: &str, dir: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .on_thread_park(sluice_collector::before_park)
        .build()
        .unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap().port());
        match kind {
            "bare" => bare(listener).await,
            _ => sluice(listener, dir).await,
        }
    });
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "parsed as a collector would, then dropped")]
struct Event<'a> {
    #[serde(rename = "type")]
    kind: Option<&'a str>,
    #[serde(rename = "messageId")]
    message_id: Option<&'a str>,
    #[serde(rename = "anonymousId")]
    anonymous_id: Option<&'a str>,
    #[serde(rename = "userId")]
    user_id: Option<&'a str>,
    event: Option<&'a str>,
    timestamp: Option<&'a str>,
    #[serde(borrow)]
    properties: Option<&'a RawValue>,
    #[serde(borrow)]
    context: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(borrow)]
    batch: Vec<Event<'a>>,
}

type Answer = (StatusCode, [(header::HeaderName, &'static str); 1], &'static str);

fn answer(events: Option<usize>) -> Answer {
    let json = [(header::CONTENT_TYPE, "application/json")];
    match std::hint::black_box(events) {
        Some(_) => (StatusCode::OK, json, "{\"success\":true}"),
        None => (StatusCode::BAD_REQUEST, json, "{\"success\":false}"),
    }
}

async fn bare(listener: TcpListener) {
    let single = |body: Bytes| async move {
        answer(serde_json::from_slice::<Event<'_>>(&body).ok().map(|_| 1))
    };
    let batch = |body: Bytes| async move {
        answer(serde_json::from_slice::<Batch<'_>>(&body).ok().map(|batch| batch.batch.len()))
    };
    let router = Router::new().route("/v1/track", post(single)).route("/v1/batch", post(batch));
    axum::serve(listener, router).await.unwrap();
}

struct One(Log);

impl Workspaces for One {
    fn intake(&self, _: WorkspaceNo) -> Option<Log> {
        Some(self.0.clone())
    }

    fn region(&self, _: WorkspaceNo) -> Option<sluice_model::Region> {
        None
    }
}

async fn sluice(listener: TcpListener, dir: &Path) {
    let clock = Arc::new(SystemClock);
    let log =
        Log::open(Arc::new(OsDisk), dir.join("received"), LogConfig::default(), clock.clone())
            .unwrap();
    let source = Arc::new(SourceEntry {
        no: SourceNo(1),
        workspace: WorkspaceNo(1),
        id: "src_1".into(),
        slug: "bench".into(),
        enabled: true,
        requests_per_second_max: Some(1_000_000),
        overlay_receipts: false,
        ip: sluice_event::IpPolicy::Keep,
    });
    let mut table = SourceTable::default();
    table.by_write_key.insert("abcdefghijklmnopqrstuvwxyz012345".into(), source);
    let (_sender, sources) = tokio::sync::watch::channel(Arc::new(table));
    let collector = Collector::new(CollectorConfig::default(), clock, sources, Arc::new(One(log)));
    serve(listener, collector, Router::new(), None, CancellationToken::new()).await;
}
