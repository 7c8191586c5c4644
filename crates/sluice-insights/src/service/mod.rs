//! Analytics as it runs for one workspace: a thread that reads the events log into parts, one that
//! compacts them, and a small pool that answers questions. No scan runs on a caller's thread.

mod events;
mod names;
mod pool;
mod reader;
mod releases;
mod seen;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use sluice_base::{Clock, Disk};
use sluice_columnar::{Store, StoreConfig};
use sluice_event::Offset;
use sluice_log::Log;

pub use events::{EventRow, EventsPage, NameCount, PersonEvents};
pub use names::{EventName, PropertyInfo};
pub use releases::{Release, releases};
pub use seen::{Seen, SeenPage, people_seen_last};

use crate::{
    Calendar, CohortDefinition, CohortSize, Cohorts, Context, Dictionary, InsightError,
    InsightQuery, InsightResult, Page, People, PeopleQuery, cohort,
};
use pool::Pool;

/// Limits of one workspace's analytics.
#[derive(Clone, Debug)]
pub struct AnalyticsConfig {
    pub store: StoreConfig,
    /// Questions answered at the same time.
    pub queries_max: usize,
    /// Questions that may wait; more are refused with [`InsightError::Busy`].
    pub queries_waiting_max: usize,
    /// Threads that one question scans with.
    pub threads_per_query: usize,
}

impl Default for AnalyticsConfig {
    fn default() -> Self {
        let store =
            StoreConfig { flush_after: Duration::from_millis(500), ..StoreConfig::default() };
        Self { store, queries_max: 2, queries_waiting_max: 64, threads_per_query: 2 }
    }
}

/// The handle to a workspace's analytics. Clones share it.
#[derive(Clone)]
pub struct Analytics(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Arc<dyn Clock>,
    threads: usize,
    pool: Pool,
    shared: Arc<Shared>,
    dictionary: RwLock<Arc<Dictionary>>,
    /// Held by who reads a new one.
    dictionary_turn: Mutex<()>,
    background: Mutex<Vec<JoinHandle<()>>>,
}

/// What the background threads tell and are told.
#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    failure: Mutex<Option<Arc<InsightError>>>,
}

impl Shared {
    fn fail(&self, act: &str, error: InsightError) {
        tracing::error!(error = &error as &dyn std::error::Error, "analytics cannot {act}");
        self.failure.lock().get_or_insert_with(|| Arc::new(error));
    }
}

impl Analytics {
    /// Opens the parts in `dir`, goes on reading `events` where they end, and starts the threads.
    ///
    /// # Errors
    /// If the store cannot be opened or a thread cannot be started.
    pub fn start(
        disk: Arc<dyn Disk>,
        dir: PathBuf,
        events: Log,
        clock: Arc<dyn Clock>,
        config: AnalyticsConfig,
    ) -> Result<Self, InsightError> {
        let store = Store::open(disk, dir, config.store, clock.clone())?;
        let shared = Arc::new(Shared::default());
        let spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
            let watched = shared.clone();
            let run = move || {
                if std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err() {
                    watched.fail("go on", InsightError::Panicked);
                }
            };
            std::thread::Builder::new()
                .name(name.to_owned())
                .spawn(run)
                .map_err(InsightError::Thread)
        };
        let (reading, compacting) =
            ((store.clone(), shared.clone()), (store.clone(), shared.clone()));
        let background = vec![
            spawn(
                "analytics-reader",
                Box::new(move || reader::read(&reading.0, &events, &reading.1)),
            )?,
            spawn(
                "analytics-compact",
                Box::new(move || reader::compact(&compacting.0, &compacting.1)),
            )?,
        ];
        let pool = Pool::start(config.queries_max, config.queries_waiting_max)?;
        let threads = config.threads_per_query;
        Ok(Self(Arc::new(Inner {
            store,
            clock,
            threads,
            pool,
            shared,
            dictionary: RwLock::default(),
            dictionary_turn: Mutex::default(),
            background: Mutex::new(background),
        })))
    }

    /// Answers a question; `cohorts` has the saved ones that it names. Dropping the future cancels
    /// it.
    ///
    /// # Errors
    /// If the question cannot be asked, too many wait, or the store cannot be read.
    pub async fn query(
        &self,
        query: InsightQuery,
        cohorts: Cohorts,
        calendar: Calendar,
    ) -> Result<InsightResult, InsightError> {
        query.check()?;
        self.run_with(cohorts, calendar, move |context, cancelled| {
            crate::answer(&query, context, cancelled)
        })
        .await
    }

    /// The people behind a number of an answer.
    ///
    /// # Errors
    /// As [`Analytics::query`]; also if the answer has no such number.
    pub async fn people(
        &self,
        query: PeopleQuery,
        page: Page,
        cohorts: Cohorts,
        calendar: Calendar,
    ) -> Result<People, InsightError> {
        query.check()?;
        self.run_with(cohorts, calendar, move |context, cancelled| {
            crate::people(&query, &page, context, cancelled)
        })
        .await
    }

    /// How many people belong to a cohort; `cohorts` has the saved ones that it names.
    ///
    /// # Errors
    /// As [`Analytics::query`].
    pub async fn cohort_size(
        &self,
        definition: CohortDefinition,
        cohorts: Cohorts,
        calendar: Calendar,
    ) -> Result<CohortSize, InsightError> {
        definition.check()?;
        self.run_with(cohorts, calendar, move |context, cancelled| {
            cohort::size(&definition, context, cancelled)
        })
        .await
    }

    /// The people of a cohort, by their number.
    ///
    /// # Errors
    /// As [`Analytics::query`].
    pub async fn cohort_people(
        &self,
        definition: CohortDefinition,
        page: Page,
        cohorts: Cohorts,
        calendar: Calendar,
    ) -> Result<People, InsightError> {
        definition.check()?;
        self.run_with(cohorts, calendar, move |context, cancelled| {
            cohort::people(&definition, &page, context, cancelled)
        })
        .await
    }

    /// The events of a person (of all merged ids), newest first.
    ///
    /// # Errors
    /// As [`Analytics::query`].
    pub async fn person_events(
        &self,
        person: u64,
        page: EventsPage,
    ) -> Result<PersonEvents, InsightError> {
        self.run(Calendar::default(), move |context, _| events::of_person(context, person, &page))
            .await
    }

    /// When people were first and last seen; who has no events is left out.
    ///
    /// # Errors
    /// As [`Analytics::query`].
    pub async fn seen(&self, people: Vec<u64>) -> Result<Vec<Seen>, InsightError> {
        self.run(Calendar::default(), move |context, _| Ok(seen::of(context, &people))).await
    }

    /// All people, those seen last first. `before` is the `next` of the page before.
    ///
    /// # Errors
    /// As [`Analytics::query`].
    pub async fn people_seen_last(
        &self,
        before: Option<(i64, u64)>,
        limit: usize,
    ) -> Result<SeenPage, InsightError> {
        self.run(Calendar::default(), move |context, cancelled| {
            people_seen_last(context, before, limit, cancelled)
        })
        .await
    }

    /// The event names in use, most frequent first.
    ///
    /// # Errors
    /// As [`Analytics::query`].
    pub async fn event_names(&self) -> Result<Vec<EventName>, InsightError> {
        self.run(Calendar::default(), |context, _| Ok(names::events(context))).await
    }

    /// The properties of an event (of all events and of users, if none is named), with the types
    /// and some of the values they have.
    ///
    /// # Errors
    /// As [`Analytics::query`].
    pub async fn properties(
        &self,
        event: Option<String>,
    ) -> Result<Vec<PropertyInfo>, InsightError> {
        self.run(Calendar::default(), move |context, cancelled| {
            names::properties(context, event.as_deref(), cancelled)
        })
        .await
    }

    /// The releases of apps that events tell of, oldest first.
    ///
    /// # Errors
    /// As [`Analytics::query`].
    pub async fn releases(&self) -> Result<Vec<Release>, InsightError> {
        self.run(Calendar::default(), releases).await
    }

    /// Next offset of the events log that is not yet visible to questions.
    #[must_use]
    pub fn cursor(&self) -> Offset {
        self.0.store.snapshot().cursor()
    }

    /// Bytes of all parts.
    #[must_use]
    pub fn disk_bytes(&self) -> u64 {
        self.0.store.disk_bytes()
    }

    /// Why reading or compacting ended, if it did. Questions are still answered from what is stored.
    #[must_use]
    pub fn failure(&self) -> Option<Arc<InsightError>> {
        self.0.shared.failure.lock().clone()
    }

    /// The state that questions are answered from now.
    #[must_use]
    pub fn context(&self, calendar: Calendar) -> Context {
        let (snapshot, now) = (self.0.store.snapshot(), self.0.clock.now());
        let dictionary = Arc::clone(&self.0.dictionary.read());
        Context::new(snapshot, calendar, now, self.0.threads).with_dictionary(dictionary)
    }

    /// From now on questions take events as the dictionary says that `read` gives. One reads after
    /// the other: what was read first cannot take the place of what was read later.
    ///
    /// # Errors
    /// Those of `read`; then all stays as it was.
    pub fn read_dictionary<E>(
        &self,
        read: impl FnOnce() -> Result<Dictionary, E>,
    ) -> Result<(), E> {
        let turn = self.0.dictionary_turn.lock();
        let dictionary = read()?;
        *self.0.dictionary.write() = Arc::new(dictionary);
        drop(turn);
        Ok(())
    }

    /// Stores what was read, ends the threads and waits for them. Waiting questions are refused.
    pub fn stop(&self) {
        self.0.shared.stop.store(true, Ordering::Release);
        self.0.pool.stop();
        for thread in self.0.background.lock().drain(..) {
            thread.thread().unpark();
            if thread.join().is_err() {
                tracing::error!("a thread of analytics panicked");
            }
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        calendar: Calendar,
        work: impl FnOnce(&Context, &AtomicBool) -> Result<T, InsightError> + Send + 'static,
    ) -> Result<T, InsightError> {
        self.run_with(Cohorts::default(), calendar, work).await
    }

    async fn run_with<T: Send + 'static>(
        &self,
        cohorts: Cohorts,
        calendar: Calendar,
        work: impl FnOnce(&Context, &AtomicBool) -> Result<T, InsightError> + Send + 'static,
    ) -> Result<T, InsightError> {
        let context = self.context(calendar).with_cohorts(cohorts);
        self.0.pool.run(move |cancelled| work(&context, cancelled)).await
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        self.pool.stop();
    }
}
