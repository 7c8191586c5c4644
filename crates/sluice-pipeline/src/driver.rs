//! Drives one workspace's pipeline: read, decide, append, and only then let derived state reach disk.
//!
//! The record in `events` is the only commit. The index and the map are changed in memory while a
//! batch is decided on, so that the next batch can be decided on while the disk syncs this one; their
//! files follow when everything in them is durable in the log. After any error the pipeline must be
//! dropped and opened anew: what was decided and not written is forgotten, what was written is read.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use sluice_base::{Clock, Disk};
use sluice_event::{EventBatch, Offset};
use sluice_log::{Log, Ticket};
use sluice_model::SourceTable;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::PipelineError;
use crate::batch_builder::BatchBuilder;
use crate::config::{PipelineConfig, PipelineDirs};
use crate::handle::{Act, COMMANDS_MAX, Command, PipelineHandle, Reply, Shared};
use crate::intake::{Intake, IntakeReader};
use crate::ledger::Ledger;
use crate::recovery::{Recovered, recover};

/// How long an idle pipeline waits before it looks for commands and for the stop signal.
const IDLE_WAIT: Duration = Duration::from_millis(25);
/// How long it waits when the log has no room.
const FULL_WAIT: Duration = Duration::from_millis(50);
/// Entries of each index merged after each batch: a few milliseconds at most.
const MERGE_ENTRIES: usize = 16 * 1024;
/// The identity map is stored at the latest after so many offsets, so that it does not pin the log.
const UNSTORED_OFFSETS_MAX: u64 = 1 << 20;

/// Where the time of the pipeline's thread went.
#[derive(Clone, Copy, Debug, Default)]
pub struct StageTimes {
    /// Reading `received`, decoding and normalising.
    pub normalize: Duration,
    /// Hashing message ids and looking them up in the slices.
    pub dedupe: Duration,
    /// Identity, and the deduplication that is in memory.
    pub decide: Duration,
    /// Encoding the record.
    pub encode: Duration,
    /// Handing it to the log and waiting for it to be durable.
    pub append: Duration,
    /// Storing derived state, merging slices.
    pub store: Duration,
}

pub struct Pipeline {
    config: PipelineConfig,
    events: Log,
    received: Log,
    sources: watch::Receiver<Arc<SourceTable>>,
    clock: Arc<dyn Clock>,
    intake: IntakeReader,
    /// Up to the last record appended, durable or not.
    ledger: Ledger,
    records_since_full: u64,
    shared: Arc<Shared>,
    commands: mpsc::Receiver<Command>,
    command_sender: mpsc::Sender<Command>,
    times: StageTimes,
    /// A record was decided on and never written: derived state in memory must not be stored.
    is_ahead_of_log: bool,
}

/// A record ready for the log.
struct Built {
    payload: Vec<u8>,
    offsets: u64,
    reply: Option<Reply>,
}

/// A record on its way to the disk.
struct InFlight {
    ticket: Ticket,
    /// The ledger with this record.
    ledger: Ledger,
    reply: Option<Reply>,
}

impl Pipeline {
    /// Opens the pipeline of one workspace and brings its derived state up to the end of `events`.
    ///
    /// # Errors
    /// If a log, the index or the map cannot be read.
    #[expect(clippy::needless_pass_by_value, reason = "every part takes its handles by value")]
    pub fn open(
        config: PipelineConfig,
        disk: Arc<dyn Disk>,
        received: Log,
        events: Log,
        sources: watch::Receiver<Arc<SourceTable>>,
        clock: Arc<dyn Clock>,
        dirs: &PipelineDirs,
    ) -> Result<Self, PipelineError> {
        let Recovered { dedupe, people, ledger } = recover(&config, &disk, &events, dirs)?;
        let from = ledger.consumed_to.max(Offset(received.first()));
        if from > ledger.consumed_to {
            tracing::error!(
                consumed_to = ledger.consumed_to.0,
                first = from.0,
                "the received log was cut above what the pipeline has read: events are lost"
            );
        }
        let (command_sender, commands) = mpsc::channel(COMMANDS_MAX);
        let shared = Shared {
            dedupe: Mutex::new(dedupe),
            people: Arc::new(people),
            ledger: Mutex::new(ledger.clone()),
            decided: watch::Sender::new(ledger.consumed_to.0),
        };
        Ok(Self {
            intake: IntakeReader::new(&received, from),
            // The first record after an opening carries all counts.
            records_since_full: config.full_counts_every,
            config,
            events,
            received,
            sources,
            clock,
            ledger,
            shared: Arc::new(shared),
            commands,
            command_sender,
            times: StageTimes::default(),
            is_ahead_of_log: false,
        })
    }

    #[must_use]
    pub fn handle(&self) -> PipelineHandle {
        PipelineHandle {
            shared: Arc::clone(&self.shared),
            received: self.received.clone(),
            events: self.events.clone(),
            commands: self.command_sender.clone(),
        }
    }

    /// Where the time went since the pipeline was opened.
    #[must_use]
    pub const fn stage_times(&self) -> StageTimes {
        self.times
    }

    /// Works until told to stop; then stores its state. For a thread of its own.
    ///
    /// # Errors
    /// From the logs, the index or the map; the server must stop.
    pub fn run(&mut self, stop: &CancellationToken) -> Result<(), PipelineError> {
        let mut in_flight: Option<InFlight> = None;
        while !stop.is_cancelled() {
            let next = match self.build()? {
                Some(built) => self.append_when_room(built, stop)?,
                None => None,
            };
            if self.is_ahead_of_log {
                break;
            }
            let is_idle = next.is_none();
            if let Some(done) = std::mem::replace(&mut in_flight, next) {
                self.settle(done)?;
            }
            if self.is_store_due() {
                if let Some(done) = in_flight.take() {
                    self.settle(done)?;
                }
                self.store_due()?;
            }
            let is_merging = self.maintain()?;
            if is_idle && in_flight.is_none() && !is_merging {
                self.wait_for_work(stop);
            }
        }
        if let Some(done) = in_flight {
            self.settle(done)?;
        }
        if self.is_ahead_of_log { Ok(()) } else { self.store_all() }
    }

    fn wait_for_work(&self, stop: &CancellationToken) {
        let consumed_to = self.ledger.consumed_to.0;
        let is_asked = || !self.commands.is_empty() || self.shared.people.is_purge_due();
        while !stop.is_cancelled() && !is_asked() {
            if self.received.wait_past(consumed_to, IDLE_WAIT) {
                break;
            }
        }
    }

    /// Deals with one batch (or one command) to the end; false if there was nothing to do. For the
    /// simulation and tools; a server calls [`Pipeline::run`].
    ///
    /// # Errors
    /// As [`Pipeline::run`].
    pub fn step(&mut self) -> Result<bool, PipelineError> {
        let Some(built) = self.build()? else { return self.maintain() };
        let in_flight = self.append(built).map_err(|failed| failed.0)?;
        self.settle(in_flight)?;
        if self.is_store_due() {
            self.store_due()?;
        }
        self.maintain()?;
        Ok(true)
    }

    /// Stores all derived state, so that the next opening has nothing to read again.
    ///
    /// # Errors
    /// From the index or the map.
    pub fn store_all(&mut self) -> Result<(), PipelineError> {
        self.store_dedupe()?;
        self.shared.people.flush()?;
        Ok(())
    }

    fn build(&mut self) -> Result<Option<Built>, PipelineError> {
        if let Ok(command) = self.commands.try_recv()
            && let Some(built) = self.build_command(command)?
        {
            return Ok(Some(built));
        }
        let started = Instant::now();
        let sources = Arc::clone(&self.sources.borrow());
        let (events_max, bytes_max) = (self.config.batch_events_max, self.config.batch_bytes_max);
        let intake = self.intake.read(&sources, &self.config.wire, events_max, bytes_max)?;
        self.times.normalize += started.elapsed();
        intake.map(|intake| self.decide(intake)).transpose()
    }

    fn decide(&mut self, intake: Intake) -> Result<Built, PipelineError> {
        let started = Instant::now();
        let base = self.ledger.events_end;
        let end = intake.end;
        let shared = Arc::clone(&self.shared);
        let mut dedupe = shared.dedupe.lock();
        let known = intake.items.iter().filter_map(|item| {
            item.event.as_ref().ok().map(|event| dedupe.key(item.source, &event.message_id))
        });
        let keys: Vec<_> = known.collect();
        let earlier: Vec<_> = keys.iter().copied().zip(dedupe.probe(&keys)).collect();
        let probed = Instant::now();
        self.times.dedupe += probed - started;
        let mut builder = BatchBuilder::new(base, self.clock.now());
        let mut identity = shared.people.writer();
        let bytes_max = self.config.batch_bytes_max;
        let ledger = &mut self.ledger;
        let consumed_to =
            builder.take(intake, &earlier, &mut dedupe, &mut identity, ledger, bytes_max)?;
        drop(dedupe);
        if consumed_to != end {
            self.intake.return_to(consumed_to);
        }
        let batch = builder.finish(consumed_to, &self.ledger, self.is_full_due());
        identity.advance(base.plus(batch.offsets()));
        drop(identity);
        self.times.decide += probed.elapsed();
        Ok(self.finish(base, &batch, None))
    }

    /// A record of decisions that were asked for, without events. `None` if it could not be decided;
    /// the asker knows.
    fn build_command(&mut self, command: Command) -> Result<Option<Built>, PipelineError> {
        let base = self.ledger.events_end;
        let now = self.clock.now();
        let shared = Arc::clone(&self.shared);
        let mut identity = shared.people.writer();
        let decided = match &command.act {
            Act::UndoMerge(merge) => identity.undo(*merge, base, now).map(|one| vec![one]),
            Act::Erase(people) => identity.erase(people, base, now),
        };
        let decisions = match decided {
            // Also if there is nothing to decide any more: when this record is durable, so is the one
            // that decided it.
            Ok(decisions) => decisions,
            Err(error) if error.kind() == sluice_profiles::ErrorKind::NotFound => {
                // Whoever asked may have gone; then nobody needs the answer.
                drop(command.reply.send(Err(error.into())));
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let consumed_to = self.ledger.consumed_to;
        let mut batch =
            BatchBuilder::new(base, now).finish(consumed_to, &self.ledger, self.is_full_due());
        batch.decisions = decisions;
        identity.advance(base.plus(batch.offsets()));
        drop(identity);
        Ok(Some(self.finish(base, &batch, Some(command.reply))))
    }

    const fn is_full_due(&self) -> bool {
        self.records_since_full >= self.config.full_counts_every
    }

    fn finish(&mut self, base: Offset, batch: &EventBatch, reply: Option<Reply>) -> Built {
        let started = Instant::now();
        self.records_since_full = if self.is_full_due() { 1 } else { self.records_since_full + 1 };
        self.ledger.apply(base, batch);
        let bytes: usize = batch.events.iter().map(|stored| stored.event.json.len() + 256).sum();
        let mut payload = Vec::with_capacity(bytes);
        batch.encode(&mut payload);
        self.times.encode += started.elapsed();
        Built { payload, offsets: batch.offsets(), reply }
    }

    /// Hands a record to the log; gives it back with the error.
    fn append(&mut self, built: Built) -> Result<InFlight, Box<(PipelineError, Built)>> {
        let started = Instant::now();
        let expected = self.ledger.events_end.0 - built.offsets;
        let ticket = match self.events.append(EventBatch::ENTRY_KIND, built.offsets, &built.payload)
        {
            Ok(ticket) => ticket,
            Err(error) => return Err(Box::new((error.into(), built))),
        };
        self.times.append += started.elapsed();
        let found = ticket.base();
        if found != expected {
            return Err(Box::new((PipelineError::ForeignWriter { expected, found }, built)));
        }
        Ok(InFlight { ticket, ledger: self.ledger.clone(), reply: built.reply })
    }

    /// As [`Pipeline::append`], waiting as long as the log is full; `None` if told to stop meanwhile.
    fn append_when_room(
        &mut self,
        mut built: Built,
        stop: &CancellationToken,
    ) -> Result<Option<InFlight>, PipelineError> {
        loop {
            let (error, returned) = match self.append(built) {
                Ok(in_flight) => return Ok(Some(in_flight)),
                Err(failed) => *failed,
            };
            if !is_full(&error) {
                return Err(error);
            }
            if stop.is_cancelled() {
                self.is_ahead_of_log = true;
                return Ok(None);
            }
            tracing::warn!(%error, "the events log is full: the pipeline waits");
            std::thread::sleep(FULL_WAIT);
            built = returned;
        }
    }

    /// Waits for a record to be durable, then lets the world see it.
    fn settle(&mut self, in_flight: InFlight) -> Result<(), PipelineError> {
        let started = Instant::now();
        in_flight.ticket.wait()?;
        self.times.append += started.elapsed();
        let consumed_to = in_flight.ledger.consumed_to.0;
        *self.shared.ledger.lock() = in_flight.ledger;
        self.shared.decided.send_replace(consumed_to);
        if let Some(reply) = in_flight.reply {
            // Whoever asked may have gone; the merge is undone all the same.
            drop(reply.send(Ok(())));
        }
        Ok(())
    }

    fn is_store_due(&self) -> bool {
        self.shared.dedupe.lock().is_flush_due() || self.is_people_due()
    }

    fn is_people_due(&self) -> bool {
        self.shared.people.is_store_due() || self.is_people_behind()
    }

    fn is_people_behind(&self) -> bool {
        let unstored = self.ledger.events_end.0 - self.shared.people.stored_to().0;
        unstored >= UNSTORED_OFFSETS_MAX
    }

    /// Stores what has grown enough. Nothing may be in flight.
    fn store_due(&mut self) -> Result<(), PipelineError> {
        let started = Instant::now();
        if self.shared.dedupe.lock().is_flush_due() {
            self.store_dedupe()?;
        }
        if self.is_people_behind() {
            self.shared.people.flush()?;
        } else {
            self.shared.people.store_due()?;
        }
        self.times.store += started.elapsed();
        Ok(())
    }

    fn store_dedupe(&mut self) -> Result<(), PipelineError> {
        let mut dedupe = self.shared.dedupe.lock();
        if dedupe.applied_to() == self.ledger.events_end {
            return Ok(());
        }
        let extra = self.ledger.encode();
        dedupe.flush(self.ledger.events_end, extra).map_err(PipelineError::Dedupe)
    }

    fn maintain(&mut self) -> Result<bool, PipelineError> {
        let started = Instant::now();
        let messages =
            self.shared.dedupe.lock().maintain(MERGE_ENTRIES).map_err(PipelineError::Dedupe)?;
        let people = self.shared.people.maintain(MERGE_ENTRIES)?;
        self.times.store += started.elapsed();
        Ok(messages || people)
    }
}

fn is_full(error: &PipelineError) -> bool {
    matches!(error, PipelineError::Log(error) if error.kind() == sluice_log::ErrorKind::Full)
}
