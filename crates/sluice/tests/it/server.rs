//! The real binary as a child process, and the little API client that tests ask it with.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http::{Answer, Client};

pub(crate) const TOKEN: &str = "token-of-the-tests";
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Server {
    child: Child,
    pub(crate) addr: SocketAddr,
    /// Of the printed link, while nobody has an account.
    pub(crate) setup_token: Option<String>,
    data: PathBuf,
    outbound: String,
}

impl Server {
    /// Starts `sluice serve` on a free port and waits until it listens.
    pub(crate) fn start(data: &Path) -> Self {
        Self::start_on(data, "127.0.0.1:0".parse().unwrap())
    }

    /// As [`Server::start`], with more lines in `[outbound]`.
    pub(crate) fn start_outbound(data: &Path, outbound: &str) -> Self {
        Self::start_with(data, "127.0.0.1:0".parse().unwrap(), outbound)
    }

    pub(crate) fn start_on(data: &Path, addr: SocketAddr) -> Self {
        Self::start_with(data, addr, "")
    }

    fn start_with(data: &Path, addr: SocketAddr, outbound: &str) -> Self {
        let config = data.join("sluice.toml");
        std::fs::create_dir_all(data).unwrap();
        let rest = "[collector]\nrequests_per_second_max = 100000\n\
                    [logs]\nsegment_bytes = \"4MiB\"\ndisk_reserve = \"1MiB\"\n";
        let text = format!("[outbound]\nallow_private = true\n{outbound}{rest}");
        std::fs::write(&config, text).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_sluice"))
            .args(["serve", "--listen", &addr.to_string(), "--data"])
            .arg(data)
            .arg("--config")
            .arg(&config)
            .env("SLUICE_ADMIN_TOKEN", TOKEN)
            .env("SLUICE_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut setup_token = None;
        let addr = loop {
            let line = lines.next().expect("the server ended before it listened").unwrap();
            if let Some((_, token)) = line.split_once("/setup?token=") {
                setup_token = Some(token.to_owned());
            }
            if let Some(url) = line.strip_prefix("listening on http://") {
                break url.parse().unwrap();
            }
        };
        Self { child, addr, setup_token, data: data.to_owned(), outbound: outbound.to_owned() }
    }

    /// Kills it without warning and starts it again on the same data and port. Gives the time from
    /// the start to ready.
    pub(crate) fn kill_and_restart(&mut self) -> Duration {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let started = Instant::now();
        // The fresh server takes this one's place; what is dropped is the dead one.
        let outbound = self.outbound.clone();
        *self = Self::start_with(&self.data.clone(), self.addr, &outbound);
        started.elapsed()
    }

    /// Ends it with SIGTERM; gives the exit code.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        let pid = self.pid().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.addr)
    }

    /// An API call, whatever comes of it.
    pub(crate) fn api(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let bearer = format!("Bearer {TOKEN}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let body = body.map(ToString::to_string).unwrap_or_default();
        self.client().send(method, path, &headers, body.as_bytes()).unwrap()
    }

    /// An API call that must succeed; gives its `data`.
    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let answer = self.api(method, path, body);
        assert!(
            (200..300).contains(&answer.status),
            "{method} {path}: {} {}",
            answer.status,
            answer.body
        );
        answer.json()["data"].clone()
    }

    /// A source; gives its id and write key.
    pub(crate) fn source(&self, slug: &str) -> (String, String) {
        let body = json!({ "slug": slug, "name": slug, "enabled": true, "metadataId": "http" });
        let source = &self.ask("POST", "/api/v1/sources", Some(&body))["source"];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&source["id"]), text(&source["writeKeys"][0]))
    }

    /// A webhook destination of the source; gives its id.
    pub(crate) fn webhook(&self, source_id: &str, name: &str, settings: &Value) -> String {
        let body = json!({ "sourceId": source_id, "metadataId": "webhook", "name": name,
                           "enabled": true, "settings": settings });
        let answer = self.ask("POST", "/api/v1/destinations", Some(&body));
        answer["destination"]["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn ledger(&self) -> Value {
        self.ask("GET", "/api/v1/ledger", None)["ledger"].clone()
    }

    /// Asks again and again until `done`; panics with the last answer when patience ends.
    pub(crate) fn wait_for_ledger(&self, done: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let ledger = self.ledger();
            if done(&ledger) {
                return ledger;
            }
            assert!(Instant::now() < deadline, "the ledger did not come to rest: {ledger:#}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Asks again and again until `done`; panics when patience ends.
pub(crate) fn wait(done: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "it did not come about");
        std::thread::sleep(Duration::from_millis(50));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
