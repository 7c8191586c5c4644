//! The threads on which programs run. A key (a destination, a function) has one runtime, on one
//! thread, made at its first call and dropped when others were used more lately.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::LocalSet;

use crate::host::Host;
use crate::isolate::{CallError, Isolate};
use crate::limits::Limits;
use crate::script::Program;

/// Calls that wait for their thread to look at them; more wait at the caller's.
const JOBS_MAX: usize = 256;
/// Arguments of one runtime's calls may take this part of its memory as text; as values they are
/// several times as large.
const ARGUMENTS_PART: usize = 16;

#[derive(Clone, Debug)]
pub struct EngineConfig {
    pub threads: usize,
    /// Runtimes kept on a thread; of those without a call the one used least lately goes.
    pub runtimes_per_thread_max: usize,
}

impl Default for EngineConfig {
    fn default() -> Self {
        // More than processors: a program that computes holds up those of its own thread alone, and
        // the system shares the processors between the threads.
        Self { threads: 8, runtimes_per_thread_max: 16 }
    }
}

/// Cheap to clone. The threads end with the last clone.
#[derive(Clone)]
pub struct Engine {
    threads: Arc<[mpsc::Sender<Order>]>,
}

enum Order {
    Call(Box<Job>),
    Forget(String),
}

struct Job {
    key: String,
    program: Arc<Program>,
    limits: Limits,
    argument: String,
    host: Arc<dyn Host>,
    reply: oneshot::Sender<Result<String, CallError>>,
}

impl Engine {
    /// # Errors
    /// If a thread cannot be started.
    pub fn start(config: &EngineConfig) -> io::Result<Self> {
        let mut threads = Vec::with_capacity(config.threads);
        for number in 0..config.threads.max(1) {
            let (sender, receiver) = mpsc::channel(JOBS_MAX);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
            let runtimes_max = config.runtimes_per_thread_max.max(1);
            std::thread::Builder::new()
                .name(format!("functions/{number}"))
                .stack_size(8 << 20)
                .spawn(move || LocalSet::new().block_on(&runtime, work(receiver, runtimes_max)))?;
            threads.push(sender);
        }
        Ok(Self { threads: threads.into() })
    }

    /// Calls the program's `main` in the runtime of `key` and gives the value as JSON. `key` must
    /// name one program with one set of limits. Dropping the future stops the call.
    ///
    /// # Errors
    /// If the program does not load, throws, or goes beyond its limits.
    pub async fn call(
        &self,
        key: &str,
        program: &Arc<Program>,
        limits: Limits,
        argument: String,
        host: Arc<dyn Host>,
    ) -> Result<String, CallError> {
        let (reply, answer) = oneshot::channel();
        let program = Arc::clone(program);
        let job = Job { key: key.to_owned(), program, limits, argument, host, reply };
        self.thread_of(key)
            .send(Order::Call(Box::new(job)))
            .await
            .map_err(|_| CallError::Stopped)?;
        answer.await.unwrap_or(Err(CallError::Stopped))
    }

    /// Drops the runtime of `key`, once its calls have ended. If the thread is too busy to hear of
    /// it, the runtime goes when others need its place.
    pub fn forget(&self, key: &str) {
        if self.thread_of(key).try_send(Order::Forget(key.to_owned())).is_err() {
            tracing::debug!(key, "a runtime will be dropped later");
        }
    }

    fn thread_of(&self, key: &str) -> &mpsc::Sender<Order> {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(key);
        let count = self.threads.len() as u64;
        &self.threads[usize::try_from(hash % count).unwrap_or(0)]
    }
}

async fn work(mut orders: mpsc::Receiver<Order>, runtimes_max: usize) {
    let slots = Rc::new(Slots { all: RefCell::default(), turns: Cell::new(0), runtimes_max });
    while let Some(order) = orders.recv().await {
        match order {
            Order::Call(job) => drop(tokio::task::spawn_local(run(*job, Rc::clone(&slots)))),
            Order::Forget(key) => drop(slots.all.borrow_mut().remove(&key)),
        }
    }
}

struct Slots {
    all: RefCell<HashMap<String, Rc<Slot>>>,
    turns: Cell<u64>,
    runtimes_max: usize,
}

struct Slot {
    isolate: RefCell<Option<Rc<Isolate>>>,
    permits: Semaphore,
    /// One for each byte of the arguments of calls on their way.
    room: Semaphore,
    room_bytes: usize,
    used_at: Cell<u64>,
}

impl Slots {
    fn of(&self, job: &Job) -> Rc<Slot> {
        let mut all = self.all.borrow_mut();
        self.turns.set(self.turns.get() + 1);
        if !all.contains_key(&job.key) {
            if all.len() >= self.runtimes_max {
                let idle = all.iter().filter(|(_, slot)| Rc::strong_count(slot) == 1);
                let oldest = idle.min_by_key(|(_, slot)| slot.used_at.get());
                let oldest = oldest.map(|(key, _)| key.clone());
                oldest.and_then(|key| all.remove(&key));
            }
            let room_bytes = (job.limits.memory_bytes_max / ARGUMENTS_PART).max(1);
            let slot = Slot {
                isolate: RefCell::default(),
                permits: Semaphore::new(job.limits.calls_at_a_time_max.max(1)),
                room: Semaphore::new(room_bytes),
                room_bytes,
                used_at: Cell::new(0),
            };
            all.insert(job.key.clone(), Rc::new(slot));
        }
        let slot = Rc::clone(&all[&job.key]);
        slot.used_at.set(self.turns.get());
        slot
    }
}

impl Slot {
    fn isolate(&self, program: &Program, limits: Limits) -> Result<Rc<Isolate>, CallError> {
        let mut isolate = self.isolate.borrow_mut();
        if let Some(isolate) = isolate.as_ref().filter(|isolate| !isolate.is_spent()) {
            return Ok(Rc::clone(isolate));
        }
        let made = Isolate::open(program, limits)?;
        *isolate = Some(Rc::clone(&made));
        Ok(made)
    }
}

async fn run(job: Job, slots: Rc<Slots>) {
    let slot = slots.of(&job);
    let Ok(_permit) = slot.permits.acquire().await else { return };
    // One that is larger goes alone.
    let bytes = u32::try_from(job.argument.len().min(slot.room_bytes)).unwrap_or(u32::MAX);
    let Ok(_room) = slot.room.acquire_many(bytes).await else { return };
    let mut reply = job.reply;
    if reply.is_closed() {
        return;
    }
    let result = match slot.isolate(&job.program, job.limits) {
        Ok(isolate) => isolate.call(&job.argument, job.host, &mut reply).await,
        Err(error) => Err(error),
    };
    if reply.send(result).is_err() {
        tracing::debug!("whoever called a function has gone");
    }
}
