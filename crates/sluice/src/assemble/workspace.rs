//! One workspace's running parts: its two logs, the pipeline between them, and analytics.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use sluice_base::priority::{self, Load};
use sluice_base::{Clock, Disk};
use sluice_columnar::Places;
use sluice_event::WorkspaceNo;
use sluice_insights::{Analytics, AnalyticsConfig};
use sluice_log::{Log, LogConfig, Retention};
use sluice_model::{Region, SourceTable};
use sluice_pipeline::{Pipeline, PipelineConfig, PipelineDirs, PipelineHandle};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Failures;
use crate::config::Config;

/// All workspaces of the server; new ones join while it runs.
pub(super) struct Workspaces {
    seams: Seams,
    running: parking_lot::RwLock<Running>,
}

/// What a workspace is opened with.
pub(super) struct Seams {
    pub(super) config: Config,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) sources: watch::Receiver<Arc<SourceTable>>,
    pub(super) failures: Failures,
    /// Tells the country of an address.
    pub(super) places: Option<Arc<dyn Places>>,
}

#[derive(Default)]
struct Running {
    by_no: HashMap<WorkspaceNo, Arc<Workspace>>,
    /// Set when the server stops: no workspace starts any more.
    is_stopping: bool,
}

pub(super) struct Workspace {
    pub(super) no: WorkspaceNo,
    /// Set once more by the first account.
    region: parking_lot::RwLock<Region>,
    pub(super) received: Log,
    pub(super) events: Log,
    pub(super) pipeline: PipelineHandle,
    pub(super) analytics: Analytics,
    stop: CancellationToken,
    thread: parking_lot::Mutex<Option<JoinHandle<()>>>,
}

impl Workspaces {
    pub(super) fn new(seams: Seams) -> Self {
        Self { seams, running: parking_lot::RwLock::default() }
    }

    /// Opens a workspace and starts its threads. One that runs only learns its region.
    pub(super) fn start(&self, found: &sluice_model::Workspace) -> anyhow::Result<()> {
        if let Some(running) = self.get(found.no) {
            *running.region.write() = found.region;
            return Ok(());
        }
        let opened = Workspace::open(&self.seams, found)
            .with_context(|| format!("cannot open the workspace `{}`", found.slug))?;
        let opened = Arc::new(opened);
        let mut running = self.running.write();
        if running.is_stopping {
            drop(running);
            opened.stop(Instant::now())?;
            opened.close();
            anyhow::bail!("the server is stopping");
        }
        running.by_no.insert(found.no, opened);
        Ok(())
    }

    pub(super) fn get(&self, no: WorkspaceNo) -> Option<Arc<Workspace>> {
        self.running.read().by_no.get(&no).cloned()
    }

    /// Those that run now.
    pub(super) fn all(&self) -> Vec<Arc<Workspace>> {
        self.running.read().by_no.values().cloned().collect()
    }

    /// Lets each pipeline take what was acknowledged, for at most `wait` in all, and stops it. What
    /// is left stays in `received` for the next start.
    pub(super) fn drain(&self, wait: Duration) -> anyhow::Result<()> {
        self.running.write().is_stopping = true;
        let deadline = Instant::now() + wait;
        self.all().iter().try_for_each(|workspace| workspace.stop(deadline))
    }

    /// Closes the logs; nothing is written any more.
    pub(super) fn close(&self) {
        self.all().iter().for_each(|workspace| workspace.close());
    }
}

impl sluice_collector::Workspaces for Workspaces {
    fn intake(&self, no: WorkspaceNo) -> Option<Log> {
        let running = self.running.read();
        let workspace = running.by_no.get(&no)?;
        workspace.received.health().is_ok().then(|| workspace.received.clone())
    }

    fn region(&self, no: WorkspaceNo) -> Option<Region> {
        self.running.read().by_no.get(&no).map(|workspace| *workspace.region.read())
    }
}

impl Workspace {
    /// Opens the logs, brings the derived state up to their end, and starts the threads.
    fn open(seams: &Seams, found: &sluice_model::Workspace) -> anyhow::Result<Self> {
        let Seams { config, disk, clock, sources, failures, places } = seams;
        let dir = config.server.data.join("workspaces").join(found.no.0.to_string());
        let open_log = |name: &str| {
            let path = dir.join(name);
            disk.create_dir_all(&path)?;
            Log::open(Arc::clone(disk), path, log_config(config), Arc::clone(clock))
                .with_context(|| format!("cannot open the log `{name}`"))
        };
        let received = open_log("received")?;
        let events = open_log("events")?;
        let dirs = PipelineDirs { dedupe: dir.join("dedupe"), people: dir.join("people") };
        let pipeline = Pipeline::open(
            pipeline_config(config),
            Arc::clone(disk),
            received.clone(),
            events.clone(),
            sources.clone(),
            Arc::clone(clock),
            &dirs,
        )
        .context("cannot open the pipeline")?;
        let handle = pipeline.handle();
        let analytics = Analytics::start(
            Arc::clone(disk),
            dir.join("parts"),
            events.clone(),
            Arc::clone(clock),
            analytics_config(config, places.clone()),
        )
        .context("cannot open analytics")?;
        let stop = CancellationToken::new();
        let thread = run_pipeline(pipeline, found.no, stop.clone(), failures.clone())?;
        Ok(Self {
            no: found.no,
            region: parking_lot::RwLock::new(found.region),
            received,
            events,
            pipeline: handle,
            analytics,
            stop,
            thread: parking_lot::Mutex::new(Some(thread)),
        })
    }

    /// Lets the pipeline take what was acknowledged until the deadline, then stops it and analytics.
    fn stop(&self, deadline: Instant) -> anyhow::Result<()> {
        while self.pipeline.waiting() > 0 && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.stop.cancel();
        if let Some(thread) = self.thread.lock().take() {
            thread.join().map_err(|_| anyhow!("the pipeline thread panicked"))?;
        }
        self.analytics.stop();
        Ok(())
    }

    fn close(&self) {
        self.received.stop();
        self.events.stop();
    }
}

fn run_pipeline(
    mut pipeline: Pipeline,
    no: WorkspaceNo,
    stop: CancellationToken,
    failed: Failures,
) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(format!("pipeline/{}", no.0)).spawn(move || {
        priority::give_way(Load::Writes);
        // A panic must stop the server as an error does: the collector would go on alone.
        let run = std::panic::AssertUnwindSafe(|| pipeline.run(&stop));
        let failure = match std::panic::catch_unwind(run) {
            Ok(Ok(())) => return,
            Ok(Err(error)) => anyhow::Error::new(error).context("the pipeline stopped"),
            Err(_panic) => anyhow!("the pipeline panicked; see the message above"),
        };
        drop(failed.try_send(failure));
    })
}

fn log_config(config: &Config) -> LogConfig {
    let from = &config.logs;
    LogConfig {
        segment_bytes: from.segment_bytes.0,
        zstd_level: from.compression_level,
        retention: Retention {
            age: Some(Duration::from_secs(from.retention_days * 86_400)),
            bytes: from.retention_bytes.map(|size| size.0),
        },
        reserve_bytes: from.disk_reserve.0,
        ..LogConfig::default()
    }
}

fn pipeline_config(config: &Config) -> PipelineConfig {
    let mut pipeline = PipelineConfig::default();
    pipeline.wire.event_bytes_max = config.collector.event_bytes_max.as_usize();
    pipeline.wire.depth_max = config.collector.depth_max;
    pipeline
}

fn analytics_config(config: &Config, places: Option<Arc<dyn Places>>) -> AnalyticsConfig {
    let mut analytics = AnalyticsConfig::default();
    analytics.threads_per_query = config.analytics.query_threads;
    analytics.store.places = places;
    analytics.store.flush_after = Duration::from_millis(config.analytics.flush_ms);
    analytics
}
