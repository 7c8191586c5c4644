//! A sandbox for JavaScript: programs run in QuickJS, on threads of their own, within limits of
//! memory, computing time and waiting time, and reach the outside only through their [`Host`].
//!
//! - [`script`]: [`Script`] and [`Program`]; compiled here, at first use. Code that was compiled
//!   elsewhere is never loaded.
//! - [`engine`]: [`Engine`], the threads; a runtime per key, kept while it is used.
//! - [`host`]: what a program may ask of the outside: requests, and a place for its log lines.
//! - [`limits`]: the bounds.
//! - `isolate`: one runtime with its calls; `native`: the functions in Rust under `js/web.js`, which
//!   gives programs what they expect of a platform (URL, fetch, timers, …).
//!
//! A program is any script that sets `globalThis.main = async (argument, {signal}) => value`.
//! Several calls of one program may be on their way in one runtime; each has a signal of its own, and
//! a request that carries the signal is made by the call's host.
//!
//! Not here: what programs do (`sluice-destinations` runs published destinations).

pub mod engine;
pub mod host;
mod isolate;
pub mod limits;
mod native;
pub mod script;

pub use engine::{Engine, EngineConfig};
pub use host::{FetchAnswer, FetchFailure, FetchRequest, Fetching, Host};
pub use isolate::CallError;
pub use limits::Limits;
pub use script::{Program, Script};
