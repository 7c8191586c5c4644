//! One workspace's running parts: its two logs, the pipeline between them, and analytics.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use sluice_base::{Clock, Disk};
use sluice_collector::Intake;
use sluice_event::WorkspaceNo;
use sluice_insights::{Analytics, AnalyticsConfig};
use sluice_log::{Log, LogConfig, Retention};
use sluice_model::SourceTable;
use sluice_pipeline::{Pipeline, PipelineConfig, PipelineDirs, PipelineHandle};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Failures;
use crate::config::Config;

/// All workspaces of the server.
#[derive(Default)]
pub(super) struct Workspaces {
    by_no: HashMap<WorkspaceNo, Arc<Workspace>>,
}

pub(super) struct Workspace {
    pub(super) no: WorkspaceNo,
    pub(super) received: Log,
    pub(super) events: Log,
    pub(super) pipeline: PipelineHandle,
    pub(super) analytics: Analytics,
    stop: CancellationToken,
    thread: parking_lot::Mutex<Option<JoinHandle<()>>>,
}

impl Workspaces {
    pub(super) fn add(&mut self, workspace: Workspace) {
        self.by_no.insert(workspace.no, Arc::new(workspace));
    }

    pub(super) fn get(&self, no: WorkspaceNo) -> Option<Arc<Workspace>> {
        self.by_no.get(&no).cloned()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Workspace>> {
        self.by_no.values()
    }

    /// Lets each pipeline take what was acknowledged, for at most `wait` in all, and stops it. What
    /// is left stays in `received` for the next start.
    pub(super) fn drain(&self, wait: Duration) -> anyhow::Result<()> {
        let deadline = Instant::now() + wait;
        for workspace in self.iter() {
            while workspace.pipeline.waiting() > 0 && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(5));
            }
            workspace.stop.cancel();
            if let Some(thread) = workspace.thread.lock().take() {
                thread.join().map_err(|_| anyhow!("the pipeline thread panicked"))?;
            }
            workspace.analytics.stop();
        }
        Ok(())
    }

    /// Closes the logs; nothing is written any more.
    pub(super) fn close(&self) {
        for workspace in self.iter() {
            workspace.received.stop();
            workspace.events.stop();
        }
    }
}

impl sluice_collector::Workspaces for Workspaces {
    fn intake(&self, no: WorkspaceNo) -> Intake {
        match self.by_no.get(&no) {
            Some(workspace) if workspace.received.health().is_ok() => {
                Intake::Open(workspace.received.clone())
            }
            _ => Intake::Closed,
        }
    }
}

impl Workspace {
    /// Opens the logs, brings the derived state up to their end, and starts the threads.
    pub(super) fn open(
        config: &Config,
        found: &sluice_model::Workspace,
        disk: &Arc<dyn Disk>,
        clock: &Arc<dyn Clock>,
        sources: watch::Receiver<Arc<SourceTable>>,
        failures: &Failures,
    ) -> anyhow::Result<Self> {
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
        let mut pipeline = Pipeline::open(
            pipeline_config(config),
            Arc::clone(disk),
            received.clone(),
            events.clone(),
            sources,
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
            analytics_config(config),
        )
        .context("cannot open analytics")?;
        let stop = CancellationToken::new();
        let (stopped, failed) = (stop.clone(), failures.clone());
        let thread = std::thread::Builder::new().name(format!("pipeline/{}", found.no.0)).spawn(
            move || {
                // A panic must stop the server as an error does: the collector would go on alone.
                let run = std::panic::AssertUnwindSafe(|| pipeline.run(&stopped));
                let failure = match std::panic::catch_unwind(run) {
                    Ok(Ok(())) => return,
                    Ok(Err(error)) => anyhow::Error::new(error).context("the pipeline stopped"),
                    Err(_panic) => anyhow!("the pipeline panicked; see the message above"),
                };
                drop(failed.try_send(failure));
            },
        )?;
        Ok(Self {
            no: found.no,
            received,
            events,
            pipeline: handle,
            analytics,
            stop,
            thread: parking_lot::Mutex::new(Some(thread)),
        })
    }
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

fn analytics_config(config: &Config) -> AnalyticsConfig {
    let mut analytics = AnalyticsConfig::default();
    analytics.threads_per_query = config.analytics.query_threads;
    analytics.store.flush_after = Duration::from_millis(config.analytics.flush_ms);
    analytics
}
