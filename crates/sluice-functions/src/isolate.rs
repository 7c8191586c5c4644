//! One runtime with the calls on their way in it.
//!
//! Whatever enters it (a call, an answer, a timer) runs until nothing is left to do at once; the
//! time for that is what [`Limits::compute_max`] bounds. Nothing in it waits: requests and timers
//! are tasks beside it that enter it again when they are done.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rquickjs::{CatchResultExt, Context, Ctx, Function, IntoJs, Runtime};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use crate::host::{FetchAnswer, FetchFailure, FetchRequest, Host};
use crate::limits::Limits;
use crate::native::{self, Data};
use crate::script::{Code, Program};

/// How long a call that was told to stop may take to clean up.
const STOP_GRACE: Duration = Duration::from_millis(100);
/// As the engine words it.
const OUT_OF_MEMORY: &str = "out of memory";

thread_local! {
    /// What all runtimes of this thread computed.
    static COMPUTED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// Why a call gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    #[error("the program does not load: {0}")]
    Load(String),
    /// What the program threw.
    #[error("{0}")]
    Threw(String),
    #[error("the program computed for longer than {} ms without a pause", .0.as_millis())]
    Compute(Duration),
    #[error("the call took longer than {} ms", .0.as_millis())]
    Time(Duration),
    #[error("the program needed more than {} MB", .0 >> 20)]
    Memory(usize),
    #[error("another call ended the program's runtime")]
    Ended,
    #[error("the engine is stopping")]
    Stopped,
}

pub(crate) struct Isolate {
    // Dropped in this order: the code last, which the runtime refers to.
    context: Context,
    runtime: Runtime,
    shared: Rc<Shared>,
    limits: Limits,
    next_call: Cell<u32>,
    /// What it computed since it was made.
    computed: Cell<Duration>,
    _codes: Vec<Code>,
}

/// What the native functions work on.
pub(crate) struct Shared {
    isolate: RefCell<Weak<Isolate>>,
    calls: RefCell<HashMap<u32, Active>>,
    timers: RefCell<HashMap<u32, AbortHandle>>,
    fetches: RefCell<HashMap<u32, AbortHandle>>,
    deadline: Cell<Instant>,
    was_interrupted: Cell<bool>,
    /// It takes no further calls.
    is_spent: Cell<bool>,
}

struct Active {
    host: Arc<dyn Host>,
    settle: oneshot::Sender<Result<String, String>>,
}

impl Isolate {
    pub(crate) fn open(program: &Program, limits: Limits) -> Result<Rc<Self>, CallError> {
        let wrong = |error: rquickjs::Error| CallError::Load(error.to_string());
        let runtime = Runtime::new().map_err(wrong)?;
        runtime.set_memory_limit(limits.memory_bytes_max);
        runtime.set_max_stack_size(limits.stack_bytes_max);
        let context = Context::full(&runtime).map_err(wrong)?;
        let shared = Rc::new(Shared {
            isolate: RefCell::default(),
            calls: RefCell::default(),
            timers: RefCell::default(),
            fetches: RefCell::default(),
            // Loading counts as computing; compiling, at the first use of a script, does not.
            deadline: Cell::new(Instant::now() + Duration::from_secs(60)),
            was_interrupted: Cell::new(false),
            is_spent: Cell::new(false),
        });
        let watch = Rc::clone(&shared);
        runtime.set_interrupt_handler(Some(Box::new(move || {
            let is_late = Instant::now() > watch.deadline.get();
            watch.was_interrupted.set(watch.was_interrupted.get() || is_late);
            is_late
        })));
        let codes = context.with(|ctx| {
            native::install(&ctx, &shared, &program.environment)
                .catch(&ctx)
                .map_err(|error| CallError::Load(error.to_string()))?;
            let scripts =
                std::iter::once(&**native::WEB).chain(program.scripts.iter().map(|s| &**s));
            scripts
                .map(|script| script.load(&ctx).map_err(CallError::Load))
                .collect::<Result<Vec<_>, _>>()
        })?;
        let isolate = Rc::new(Self {
            context,
            runtime,
            shared,
            limits,
            next_call: Cell::new(1),
            computed: Cell::default(),
            _codes: codes,
        });
        *isolate.shared.isolate.borrow_mut() = Rc::downgrade(&isolate);
        Ok(isolate)
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.shared.is_spent.get()
    }

    /// How long other runtimes of this thread have computed.
    fn held_up(&self) -> Duration {
        COMPUTED.get().saturating_sub(self.computed.get())
    }

    /// Comes back when the call has had its time. What others computed meanwhile does not count.
    async fn time_is_up(&self) {
        let (started, before) = (Instant::now(), self.held_up());
        let mut left = self.limits.call_max;
        while !left.is_zero() {
            tokio::time::sleep(left).await;
            let had = started.elapsed().saturating_sub(self.held_up().saturating_sub(before));
            left = self.limits.call_max.saturating_sub(had);
        }
    }

    /// Runs one call to its end. It is stopped when `caller` is closed. A program that is told to
    /// stop may still give what it has.
    pub(crate) async fn call<T>(
        &self,
        argument: &str,
        host: Arc<dyn Host>,
        caller: &mut oneshot::Sender<T>,
    ) -> Result<String, CallError> {
        let id = self.next_call.replace(self.next_call.get().wrapping_add(1));
        let (settle, mut settled) = oneshot::channel();
        self.shared.calls.borrow_mut().insert(id, Active { host, settle });
        self.enter(|ctx| function(ctx, "__start")?.call::<_, ()>((id, argument)));
        let (result, is_late) = tokio::select! {
            result = &mut settled => (result.ok(), false),
            () = self.time_is_up() => (None, true),
            () = caller.closed() => (None, true),
        };
        if is_late {
            self.enter(|ctx| function(ctx, "__stop")?.call::<_, ()>((id,)));
            let stopped = tokio::time::timeout(STOP_GRACE, settled).await;
            // Something of it may still go on in there.
            self.shared.is_spent.set(true);
            self.shared.calls.borrow_mut().remove(&id);
            return match stopped {
                Ok(Ok(Ok(value))) => Ok(value),
                _ => Err(CallError::Time(self.limits.call_max)),
            };
        }
        match result {
            Some(Ok(value)) => Ok(value),
            Some(Err(thrown)) if thrown.contains(OUT_OF_MEMORY) => {
                self.shared.is_spent.set(true);
                Err(CallError::Memory(self.limits.memory_bytes_max))
            }
            Some(Err(thrown)) => Err(CallError::Threw(thrown)),
            None if self.shared.was_interrupted.get() => {
                Err(CallError::Compute(self.limits.compute_max))
            }
            None => Err(CallError::Ended),
        }
    }

    /// Runs `act`, and then all that is left to do at once.
    fn enter(&self, act: impl FnOnce(&Ctx<'_>) -> rquickjs::Result<()>) {
        if self.shared.was_interrupted.get() {
            return;
        }
        let entered = Instant::now();
        self.shared.deadline.set(entered + self.limits.compute_max);
        let mut thrown =
            self.context.with(|ctx| act(&ctx).catch(&ctx).err().map(|error| error.to_string()));
        while !self.shared.was_interrupted.get() {
            match self.runtime.execute_pending_job() {
                Ok(true) => {}
                Ok(false) => break,
                Err(_) => thrown = Some("a job failed".to_owned()),
            }
        }
        let took = entered.elapsed();
        self.computed.set(self.computed.get() + took);
        COMPUTED.set(COMPUTED.get() + took);
        if let Some(thrown) = &thrown {
            tracing::debug!(%thrown, "a callback of a function failed");
        }
        if self.shared.was_interrupted.get() || thrown.is_some_and(|t| t.contains(OUT_OF_MEMORY)) {
            // What it left undone is unknown, so all its calls end here.
            self.shared.is_spent.set(true);
            self.shared.calls.borrow_mut().clear();
            self.shared.stop_tasks();
        }
    }
}

impl Drop for Isolate {
    fn drop(&mut self) {
        self.shared.stop_tasks();
    }
}

fn function<'js>(ctx: &Ctx<'js>, name: &str) -> rquickjs::Result<Function<'js>> {
    ctx.globals().get(name)
}

impl Shared {
    fn stop_tasks(&self) {
        let fetches = std::mem::take(&mut *self.fetches.borrow_mut());
        let timers = std::mem::take(&mut *self.timers.borrow_mut());
        fetches.into_values().chain(timers.into_values()).for_each(|task| task.abort());
    }

    fn enter(&self, act: impl FnOnce(&Ctx<'_>) -> rquickjs::Result<()>) {
        if let Some(isolate) = self.isolate.borrow().upgrade() {
            isolate.enter(act);
        }
    }

    /// The call's own host; of a request that came without its call's signal that of any call, as
    /// all calls of a runtime are of one owner.
    fn host_of(&self, call: u32) -> Option<Arc<dyn Host>> {
        let calls = self.calls.borrow();
        let active = calls.get(&call).or_else(|| calls.values().next())?;
        Some(Arc::clone(&active.host))
    }

    pub(crate) fn settle(&self, call: u32, result: Result<String, String>) {
        if let Some(active) = self.calls.borrow_mut().remove(&call) {
            // The caller may have gone.
            drop(active.settle.send(result));
        }
    }

    pub(crate) fn log(&self, level: &str, line: &str) {
        if let Some(host) = self.host_of(0) {
            host.log(level, line);
        }
    }

    pub(crate) fn start_timer(self: &Rc<Self>, id: u32, delay: Duration) {
        let shared = Rc::clone(self);
        let task = tokio::task::spawn_local(async move {
            tokio::time::sleep(delay).await;
            shared.timers.borrow_mut().remove(&id);
            shared.enter(|ctx| function(ctx, "__fired")?.call::<_, ()>((id,)));
        });
        self.timers.borrow_mut().insert(id, task.abort_handle());
    }

    pub(crate) fn stop_timer(&self, id: u32) {
        if let Some(task) = self.timers.borrow_mut().remove(&id) {
            task.abort();
        }
    }

    pub(crate) fn start_fetch(self: &Rc<Self>, id: u32, call: u32, request: FetchRequest) {
        let shared = Rc::clone(self);
        let host = self.host_of(call);
        let task = tokio::task::spawn_local(async move {
            let answer = match host {
                Some(host) => host.fetch(request).await,
                None => Err(FetchFailure {
                    code: "ECANCELED".to_owned(),
                    message: "no call is on its way".to_owned(),
                }),
            };
            shared.fetches.borrow_mut().remove(&id);
            shared.enter(|ctx| answered(ctx, id, answer));
        });
        self.fetches.borrow_mut().insert(id, task.abort_handle());
    }

    pub(crate) fn stop_fetch(&self, id: u32) {
        if let Some(task) = self.fetches.borrow_mut().remove(&id) {
            task.abort();
        }
    }
}

fn answered(
    ctx: &Ctx<'_>,
    id: u32,
    answer: Result<FetchAnswer, FetchFailure>,
) -> rquickjs::Result<()> {
    match answer {
        Ok(answer) => {
            let headers: Vec<String> =
                answer.headers.into_iter().flat_map(|(name, value)| [name, value]).collect();
            let body = match std::str::from_utf8(&answer.body) {
                Ok(text) => text.into_js(ctx)?,
                Err(_) => Data::Bytes(answer.body.to_vec()).into_js(ctx)?,
            };
            let reason = native::reason_phrase(answer.status);
            function(ctx, "__answered")?.call((id, answer.status, reason, headers, body))
        }
        Err(failure) => function(ctx, "__failed")?.call((id, failure.code, failure.message)),
    }
}
