//! What a sandbox loads for one configured destination: the core, libraries, the destination, and a
//! last script with its configuration.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Value, json};
use sluice_functions::{Limits, Program, Script};
use sluice_model::Subscription;

use super::files::Files;
use super::schema::Split;

/// A batch of a thousand events takes a second or two; a loop without an end is cut off after this.
const COMPUTE_MAX: Duration = Duration::from_secs(10);
/// Of one call: a few requests, each within the client's own time-out.
pub(super) const CALL_MAX: Duration = Duration::from_secs(30);
const MEMORY_BYTES_MAX: usize = 128 << 20;
/// The scheduler bounds requests per connection; this is its largest setting.
const CALLS_AT_A_TIME_MAX: usize = 200;

pub(super) const LIMITS: Limits = Limits {
    memory_bytes_max: MEMORY_BYTES_MAX,
    stack_bytes_max: 1 << 20,
    compute_max: COMPUTE_MAX,
    call_max: CALL_MAX,
    calls_at_a_time_max: CALLS_AT_A_TIME_MAX,
};

/// Unpacked and compiled when it is first needed, once for all destinations.
pub(super) fn script(files: &Files, name: &str) -> Arc<Script> {
    let (files, file) = (files.clone(), format!("{name}.js"));
    Arc::new(Script::new(file.clone(), move || {
        let text = files.text(&file).map_err(|error| error.to_string())?;
        text.map(String::into_bytes).ok_or_else(|| "the file is missing".to_owned())
    }))
}

/// Libraries are shared by the kinds that need them.
pub(super) struct Libraries {
    files: Files,
    made: Mutex<HashMap<String, Arc<Script>>>,
}

impl Libraries {
    pub(super) fn new(files: &Files) -> Self {
        Self { files: files.clone(), made: Mutex::default() }
    }

    pub(super) fn get(&self, name: &str) -> Arc<Script> {
        let mut made = self.made.lock();
        let one = made.entry(name.to_owned());
        Arc::clone(one.or_insert_with(|| script(&self.files, &format!("lib/{name}"))))
    }
}

pub(super) fn program(
    scripts: &[Arc<Script>],
    split: &Split,
    subscriptions: &[Subscription],
) -> Arc<Program> {
    let subscriptions: Vec<Value> = subscriptions
        .iter()
        .map(|one| json!({ "id": one.id.as_str(), "action": one.action, "mapping": one.mapping }))
        .collect();
    let configuration = json!({
        "settings": split.settings,
        "auth": split.auth,
        "subscriptions": subscriptions,
    });
    // As text in a text: an object literal would be slower, and `__proto__` in it something else.
    let text = Value::String(configuration.to_string());
    let last = format!("globalThis.__configuration = JSON.parse({text})");
    let mut scripts = scripts.to_vec();
    scripts.push(Arc::new(Script::of_text("configuration.js", last)));
    Arc::new(Program { scripts, environment: split.environment.clone() })
}
