//! Runs the parity cases (`catalogue/parity/`) in the sandbox and compares each with what Node made
//! of it: outcome, error class and text, the status of each event, and every request with method,
//! URL, headers and body. `cargo xtask parity` starts both sides.
//!
//! No destination may do worse than `catalogue/parity/compared.json` says, which `--write` writes
//! anew; the catalogue takes from there what it says of each destination.
//!
//! The fields are filled by our own mapping engine, as in the server; the engines' own wording of
//! TypeErrors, SyntaxErrors and RangeErrors is not compared.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a tool")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sluice_destination_kit::{Comparison, DestinationKind};
use sluice_destinations::published::{self, Files};
use sluice_functions::{
    Engine, EngineConfig, FetchAnswer, FetchRequest, Fetching, Host, Limits, Program, Script,
};
use sluice_mapping::Mapping;

const LIMITS: Limits = Limits {
    memory_bytes_max: 256 << 20,
    stack_bytes_max: 1 << 20,
    compute_max: Duration::from_secs(10),
    call_max: Duration::from_secs(5),
    calls_at_a_time_max: 1,
};
const TRANSPORT: &[&str] = &["accept", "accept-encoding", "connection", "content-length", "host"];

/// A peer that answers all alike and writes down what it was asked.
struct Peer {
    status: u16,
    body: String,
    requests: Mutex<Vec<Value>>,
}

impl Host for Peer {
    fn fetch(&self, request: FetchRequest) -> Fetching {
        let mut headers = request.headers.clone();
        headers.retain(|(name, _)| !TRANSPORT.contains(&name.as_str()));
        headers.sort();
        let (status, body) = (self.status, Bytes::from(self.body.clone()));
        self.requests.lock().push(json!({
            "method": request.method, "url": request.url, "headers": headers,
            "body": String::from_utf8_lossy(&request.body),
        }));
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Box::pin(async move { Ok(FetchAnswer { status, headers, body }) })
    }
}

#[derive(Default)]
struct Tally {
    destinations: BTreeMap<String, Comparison>,
    equal_requests: usize,
    by_js_mapping: usize,
    differing: BTreeMap<String, Vec<String>>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = PathBuf::from(std::env::args().nth(1).expect("the folder of the cases"));
    let read = |name: &str| -> Vec<Value> {
        serde_json::from_str(&std::fs::read_to_string(folder.join(name)).unwrap()).unwrap()
    };
    let (cases, node) = (read("cases.json"), read("node.json"));
    let engine = Engine::start(&EngineConfig { threads: 1, ..EngineConfig::default() }).unwrap();
    let files = Files::folder(&root.join("catalogue/dist"));
    let kinds = published::kinds(&files, &engine).unwrap();
    let driver = std::fs::read_to_string(root.join("catalogue/parity/driver.js")).unwrap();
    let mut programs: BTreeMap<String, Arc<Program>> = BTreeMap::new();
    let mut tally = Tally::default();
    for (case, expected) in cases.iter().zip(&node) {
        let slug = case["slug"].as_str().unwrap().to_owned();
        let program = programs.entry(slug.clone()).or_insert_with(|| {
            let kind = kinds.iter().find(|kind| kind.is(&slug)).unwrap();
            let driver = Script::of_text("driver.js", driver.clone());
            let main = Script::of_text("main.js", MAIN);
            let mut scripts = kind.scripts().to_vec();
            scripts.extend([Arc::new(driver), Arc::new(main)]);
            Arc::new(Program { scripts, environment: case["environment"].to_string() })
        });
        let found = run(&engine, &slug, program, case, &mut tally).await;
        compare(&mut tally, case, expected, &found);
    }
    let path = root.join("catalogue/parity/compared.json");
    let mut known: Known = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let version = &std::fs::read_to_string(folder.join("version.txt")).unwrap();
    report(&tally, &kinds, &known);
    let mut text = String::new();
    for (slug, runs) in &tally.differing {
        text.push_str(&format!("{slug}\n"));
        runs.iter().for_each(|run| text.push_str(&format!("  {run}\n")));
    }
    std::fs::write(folder.join("differences.txt"), text).unwrap();
    if std::env::args().any(|arg| arg == "--write") {
        known.version.clone_from(version);
        known.destinations.clone_from(&tally.destinations);
        let text = serde_json::to_string_pretty(&known).unwrap();
        std::fs::write(path, format!("{text}\n")).unwrap();
    }
    let is_good = is_as_known(&tally, version, &known);
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

const MAIN: &str = "
    crypto.getRandomValues = (array) => array.fill(0);
    crypto.randomUUID = () => '00000000-0000-4000-8000-000000000000';
    globalThis.main = (one, { signal }) => {
      if (one.payloads) one.events.forEach((event, i) => __resolved.set(event, one.payloads[i]));
      return parityRun(__made(), one);
    }";

async fn run(
    engine: &Engine,
    slug: &str,
    program: &Arc<Program>,
    case: &Value,
    tally: &mut Tally,
) -> Value {
    let mut argument = case.clone();
    let events = case["events"].as_array().unwrap();
    let payloads = Mapping::parse(&case["mapping"]).ok().and_then(|mapping| {
        events.iter().map(|event| mapping.apply(event).ok()).collect::<Option<Vec<_>>>()
    });
    match payloads {
        Some(payloads) => argument["payloads"] = Value::Array(payloads),
        None => tally.by_js_mapping += 1,
    }
    let peer = Arc::new(Peer {
        status: u16::try_from(case["peer"]["status"].as_u64().unwrap()).unwrap(),
        body: case["peer"]["body"].as_str().unwrap().to_owned(),
        requests: Mutex::default(),
    });
    let host = Arc::clone(&peer) as Arc<dyn Host>;
    let called = engine.call(slug, program, LIMITS, argument.to_string(), host).await;
    let mut result: Value = match called {
        Ok(text) => serde_json::from_str(&text).unwrap(),
        Err(error) => json!({ "outcome": "sandbox", "message": error.to_string() }),
    };
    result["requests"] = Value::Array(std::mem::take(&mut peer.requests.lock()));
    result
}

fn compare(tally: &mut Tally, case: &Value, expected: &Value, found: &Value) {
    let (theirs, ours) = (&expected["requests"], &found["requests"]);
    let (theirs, ours) = (theirs.as_array().unwrap(), ours.as_array().unwrap());
    tally.equal_requests += ours.iter().zip(theirs).filter(|(a, b)| a == b).count();
    let slug = case["slug"].as_str().unwrap().to_owned();
    let nothing = Comparison { runs: 0, equal: 0, requests: 0 };
    let of = tally.destinations.entry(slug.clone()).or_insert(nothing);
    of.runs += 1;
    of.requests += ours.len() as u64;
    if expected == found {
        of.equal += 1;
        return;
    }
    let what = format!(
        "{} {}{}\n      node:    {expected}\n      sandbox: {found}",
        case["action"].as_str().unwrap(),
        case["pass"].as_str().unwrap(),
        if case["batch"] == true { " batch" } else { "" },
    );
    tally.differing.entry(slug).or_default().push(what);
}

/// `catalogue/parity/compared.json`: what is known. Of what differs a person has written why.
#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
struct Known {
    version: String,
    destinations: BTreeMap<String, Comparison>,
    differing: BTreeMap<String, String>,
}

fn report(tally: &Tally, kinds: &[published::Published], known: &Known) {
    let sum = |of: fn(&Comparison) -> u64| -> u64 { tally.destinations.values().map(of).sum() };
    let runnable = kinds.iter().filter(|kind| kind.can_run()).count();
    let (all, actions) = (kinds.len(), kinds.iter().filter(|kind| kind.can_run()));
    let actions: usize = actions.map(|kind| kind.actions().len()).sum();
    let sending = tally.destinations.values().filter(|one| one.requests > 0).count();
    println!("destinations       {all} in the package, {runnable} can run, {} not", all - runnable);
    println!("loaded and run     {} with {actions} actions", tally.destinations.len());
    println!("sent a request     {sending}");
    println!("runs               {}, equal to Node {}", sum(|one| one.runs), sum(|one| one.equal));
    println!("requests           {}, equal to Node {}", sum(|o| o.requests), tally.equal_requests);
    println!("mapped in JS       {} runs", tally.by_js_mapping);
    println!("all runs equal     {}", tally.destinations.len() - tally.differing.len());
    for (slug, runs) in &tally.differing {
        let why = known.differing.get(slug).map_or("NOT KNOWN WHY", String::as_str);
        println!("  differs: {slug}, {} runs: {why}", runs.len());
    }
    for kind in kinds.iter().filter(|kind| !kind.can_run()) {
        println!("  not available: {}: {}", kind.slug(), kind.unavailable().unwrap_or_default());
    }
}

/// Nothing did worse than before, and of all that differs somebody has written why.
fn is_as_known(tally: &Tally, version: &str, known: &Known) -> bool {
    let mut is_good = version == known.version;
    if !is_good {
        println!(
            "compared.json is of {}, this is {version}: look, then give --write",
            known.version
        );
    }
    for (slug, before) in &known.destinations {
        let now = tally.destinations.get(slug).map_or(0, |now| now.equal);
        if now < before.equal {
            println!("{slug} did worse: {now} runs are equal, and were {}", before.equal);
            is_good = false;
        }
    }
    for slug in tally.differing.keys().filter(|slug| !known.differing.contains_key(*slug)) {
        println!("{slug} differs: mend it, or write in compared.json why");
        is_good = false;
    }
    is_good
}
