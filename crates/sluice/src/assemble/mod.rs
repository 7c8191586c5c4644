//! Puts the parts together: opens the data directory, starts a pipeline, analytics and delivery,
//! and serves the collector and the API on one listener.
//!
//! The order of a stop is the order of the flow: requests end first, then the pipeline takes what
//! was acknowledged, then the readers commit, then the logs close.

mod console;
mod devices;
mod dictionary;
mod erasing;
mod first_start;
mod geo;
mod handles;
mod housekeeping;
mod metrics;
mod overlay;
mod pages;
mod renewals;
mod tls;
mod workspace;

use std::fs::File;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use sluice_api::ApiState;
use sluice_base::{Clock, Disk, OsDisk, Secret, SystemClock};
use sluice_collector::{BrowserSdk, Collector};
use sluice_delivery::{Delivery, DeliveryConfig, DeliveryHandle, Policy};
use sluice_destination_kit::http::AddressPolicy;
use sluice_destination_kit::{Catalog, HttpOut, HttpOutConfig};
use sluice_destinations::published;
use sluice_functions::{Engine, EngineConfig};
use sluice_model::Region;
use sluice_store::Store;
use tokio::net::TcpListener;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_util::sync::CancellationToken;

use self::housekeeping::Housekeeping;
use self::workspace::{Seams, Workspaces};
use crate::config::Config;

pub(crate) use self::first_start::FirstStart;

/// A running server.
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    is_https: bool,
    /// What the first start made, for the operator to see once.
    pub(crate) first_start: Option<FirstStart>,
    /// Opens the first account; absent once somebody has one.
    pub(crate) setup_token: Option<Secret<String>>,
    public_url: Option<String>,
    /// Set when a part fails: the reason the server must stop.
    failures: tokio::sync::mpsc::Receiver<anyhow::Error>,
    stop_front: CancellationToken,
    front: std::thread::JoinHandle<()>,
    delivery: DeliveryHandle,
    workspaces: Arc<Workspaces>,
    drain: Duration,
    /// Held, so that no second server opens the same data.
    _lock: File,
}

/// Where parts report a failure that the server cannot go on with.
pub(crate) type Failures = tokio::sync::mpsc::Sender<anyhow::Error>;

impl Server {
    /// Opens everything and starts to serve, `more` beside its own paths. Returns when requests are
    /// taken.
    pub(crate) fn start(
        config: &Config,
        admin_token: Option<&Secret<String>>,
        more: axum::Router,
    ) -> anyhow::Result<Self> {
        let disk: Arc<dyn Disk> = Arc::new(OsDisk);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let data = &config.server.data;
        disk.create_dir_all(data).with_context(|| format!("cannot make {}", data.display()))?;
        let lock = lock(data)?;
        let store =
            Store::open(data, Arc::clone(&clock)).context("cannot open the configuration store")?;
        let first_start = first_start::prepare(&store, admin_token)?;
        let setup_token = store.setup_token();
        let (failed, failures) = tokio::sync::mpsc::channel(16);
        let workspaces = Arc::new(Workspaces::new(Seams {
            config: config.clone(),
            disk: Arc::clone(&disk),
            clock: Arc::clone(&clock),
            sources: store.sources(),
            failures: failed.clone(),
            places: config.analytics.geoip_database.as_deref().map(geo::open).transpose()?,
        }));
        start_workspaces(&store, &workspaces)?;
        let catalog = Arc::new(catalog()?);
        let delivery =
            start_delivery(config, (disk, Arc::clone(&clock)), &store, &workspaces, &catalog)?;
        let collector = Collector::new(
            collector_config(config),
            Arc::clone(&clock),
            store.sources(),
            Arc::clone(&workspaces) as Arc<dyn sluice_collector::Workspaces>,
        );
        let stop_front = CancellationToken::new();
        let erasing = erasing::start(&store, &workspaces, &delivery, &stop_front)?;
        let handles = handles::all(&store, &workspaces, &delivery, &stop_front, erasing);
        let unbalanced = Arc::new(AtomicU64::new(0));
        let keeping = Housekeeping {
            workspaces: Arc::clone(&workspaces),
            delivery: delivery.clone(),
            ledgers: Arc::clone(&handles.ledgers),
            unbalanced: Arc::clone(&unbalanced),
            failures: failed,
        };
        let pages = pages::Pages {
            workspaces: Arc::clone(&workspaces),
            collector: collector.stats(),
            unbalanced,
        };
        let overlay = overlay::router(&store, &handles.receipts);
        let sdk = BrowserSdk::new(crate::assets::BROWSER);
        let devices = devices::InDeviceMode {
            catalog: Arc::clone(&catalog),
            connections: store.connections(),
        };
        let site = site(config, clock, &sdk)?;
        let api = sluice_api::router(ApiState::new(store, catalog, handles, site));
        let collecting = sluice_collector::pages(collector.clone(), sdk, Arc::new(devices));
        let router = api.merge(collecting).merge(overlay).merge(more).merge(pages::router(pages));
        keeping.start()?;
        let (addr, front) = serve_front(config, collector, router, stop_front.clone())?;
        Ok(Self {
            addr,
            is_https: config.server.tls_certificate.is_some(),
            first_start,
            setup_token,
            public_url: config.server.public_url.clone(),
            failures,
            stop_front,
            front,
            delivery,
            workspaces,
            drain: config.drain(),
            _lock: lock,
        })
    }

    pub(crate) fn base_url(&self) -> String {
        let scheme = if self.is_https { "https" } else { "http" };
        format!("{scheme}://{}", self.addr)
    }

    /// Where people find the console: as configured, or at the listener's own address.
    pub(crate) fn console_url(&self) -> String {
        if let Some(url) = &self.public_url {
            return url.trim_end_matches('/').to_owned();
        }
        let scheme = if self.is_https { "https" } else { "http" };
        if self.addr.ip().is_unspecified() {
            return format!("{scheme}://localhost:{}", self.addr.port());
        }
        self.base_url()
    }

    /// Waits until `stop` resolves or a part fails, then drains.
    pub(crate) async fn run_until(mut self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let failure = tokio::select! {
            () = stop => None,
            failure = self.failures.recv() => failure,
        };
        if let Some(error) = &failure {
            tracing::error!(error = format!("{error:#}"), "a part failed; stopping the server");
        }
        let stopped = tokio::task::spawn_blocking(move || self.stop()).await;
        stopped.map_err(|error| anyhow!("stopping broke: {error}"))??;
        failure.map_or(Ok(()), Err)
    }

    fn stop(self) -> anyhow::Result<()> {
        tracing::info!("stopping: no new requests");
        self.stop_front.cancel();
        self.front.join().map_err(|_| anyhow!("the front thread panicked"))?;
        self.workspaces.drain(self.drain)?;
        tokio::runtime::Handle::current().block_on(self.delivery.stop());
        self.workspaces.close();
        tracing::info!("stopped");
        Ok(())
    }
}

/// One process per data directory.
fn lock(data: &std::path::Path) -> anyhow::Result<File> {
    let path = data.join("lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => {
            bail!("another server uses {}; stop it or give another --data folder", data.display())
        }
        Err(std::fs::TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

/// The native destinations, and the published ones if they were built in.
fn catalog() -> anyhow::Result<Catalog> {
    let files = published::Files::embedded(crate::assets::CATALOGUE);
    let engine = Engine::start(&EngineConfig::default())
        .context("cannot start the threads of the sandbox")?;
    let kinds = published::kinds(&files, &engine).context("the catalogue cannot be read")?;
    if kinds.is_empty() {
        tracing::warn!(
            "this build has no published destinations: `cargo xtask assets` makes them, with npm"
        );
    }
    let on_pages = published::on_pages(&published::Files::embedded(crate::assets::BROWSER))
        .context("the catalogue of browser destinations cannot be read")?;
    Ok(sluice_destinations::catalog_with(kinds, on_pages))
}

/// How people reach the server.
fn site(
    config: &Config,
    clock: Arc<dyn Clock>,
    sdk: &BrowserSdk,
) -> anyhow::Result<sluice_api::Site> {
    let trusted = config.server.trusted_proxies.clone();
    Ok(sluice_api::Site {
        clock,
        public_url: config.server.public_url.clone(),
        is_https: config.server.tls_certificate.is_some(),
        scripts: sluice_api::BrowserScripts {
            sdk_bytes: sdk.script_bytes(),
            plugin_bytes: sdk.plugin_bytes(),
        },
        client_ip: Arc::new(move |peer, headers| {
            sluice_collector::client_ip(peer, headers, &trusted)
        }),
        outbound: HttpOut::new(outbound(config)?),
    })
}

fn outbound(config: &Config) -> anyhow::Result<HttpOutConfig> {
    let proxy = config.outbound.proxy.as_deref().map(str::parse).transpose();
    let proxy = proxy.map_err(|error: String| anyhow!("outbound.proxy: {error}"))?;
    let root_certificates = match &config.outbound.ca_file {
        Some(file) => certificates(file).with_context(|| {
            format!("outbound.ca_file: no certificates can be read from {}", file.display())
        })?,
        None => Vec::new(),
    };
    Ok(HttpOutConfig {
        policy: AddressPolicy {
            allow_private: config.outbound.allow_private,
            allow: config.outbound.allow.clone(),
        },
        proxy,
        root_certificates,
        ..HttpOutConfig::default()
    })
}

fn certificates(file: &std::path::Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let all = CertificateDer::pem_file_iter(file)?.collect::<Result<Vec<_>, _>>()?;
    if all.is_empty() { bail!("it holds none") } else { Ok(all) }
}

fn collector_config(config: &Config) -> sluice_collector::CollectorConfig {
    let from = &config.collector;
    let hosts = |names: &[String], region| -> Vec<(String, Region)> {
        names.iter().map(|name| (name.clone(), region)).collect()
    };
    sluice_collector::CollectorConfig {
        region_hosts: [hosts(&from.us_hosts, Region::Us), hosts(&from.eu_hosts, Region::Eu)]
            .concat(),
        strict_write_key: from.strict,
        strict_batch_items: from.strict,
        batch_bytes_max: from.body_bytes_max.as_usize(),
        batch_items_max: from.batch_events_max,
        event_bytes_max: from.event_bytes_max.as_usize(),
        depth_max: from.depth_max,
        body_timeout: Duration::from_secs(from.body_timeout_secs),
        requests_per_second_max: from.requests_per_second_max,
        drain_timeout: config.drain(),
        trusted_proxies: config.server.trusted_proxies.clone(),
        public_url: config.server.public_url.as_ref().and_then(|url| url.parse().ok()),
        is_https: config.server.tls_certificate.is_some(),
        ..sluice_collector::CollectorConfig::default()
    }
}

/// Opens what each workspace has, and lets its answers know its dictionary.
fn start_workspaces(store: &Store, workspaces: &Workspaces) -> anyhow::Result<()> {
    for found in store.workspace_list()? {
        workspaces.start(&found)?;
        if let Some(started) = workspaces.get(found.no) {
            dictionary::read_dictionary(store, &started.analytics, found.no)?;
        }
    }
    Ok(())
}

fn start_delivery(
    config: &Config,
    seams: (Arc<dyn Disk>, Arc<dyn Clock>),
    store: &Store,
    workspaces: &Arc<Workspaces>,
    catalog: &Arc<Catalog>,
) -> anyhow::Result<DeliveryHandle> {
    let from = &config.delivery;
    let policy = Policy {
        window: Duration::from_secs(from.retry_hours * 3600),
        requests_max: from.requests_in_flight_max,
        backlog_bytes_max: from.backlog_bytes_max.0,
        ..Policy::default()
    };
    let settings = DeliveryConfig {
        policy,
        threads: from.threads,
        drain: config.drain(),
        ..DeliveryConfig::default()
    };
    let root = config.server.data.join("workspaces");
    let logs = Arc::clone(workspaces);
    let parts = sluice_delivery::Parts {
        disk: seams.0,
        dir: Box::new(move |no| root.join(no.0.to_string()).join("delivery")),
        log: Box::new(move |no| logs.get(no).map(|workspace| workspace.events.clone())),
        table: store.connections(),
        catalog: Arc::clone(catalog),
        http: HttpOut::new(outbound(config)?),
        keep: renewals::keep_in(store),
        clock: seams.1,
    };
    Delivery::start(settings, parts).context("cannot start delivery")
}

/// The collector and the API have a runtime of their own; nothing on it syncs or scans.
fn serve_front(
    config: &Config,
    collector: Collector,
    router: axum::Router,
    stop: CancellationToken,
) -> anyhow::Result<(SocketAddr, std::thread::JoinHandle<()>)> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_name("front")
        .on_thread_park(sluice_collector::before_park)
        .enable_all()
        .build()
        .context("cannot start the runtime of the collector")?;
    let listen = config.server.listen;
    let listener = runtime
        .block_on(TcpListener::bind(listen))
        .with_context(|| format!("cannot listen on {listen}; is another server running there?"))?;
    let addr = listener.local_addr()?;
    let tls = tls::acceptor(&config.server)?;
    let front = std::thread::Builder::new().name("front".to_owned()).spawn(move || {
        runtime.block_on(sluice_collector::serve(listener, collector, router, tls, stop));
        runtime.shutdown_timeout(Duration::from_secs(1));
    })?;
    Ok((addr, front))
}
