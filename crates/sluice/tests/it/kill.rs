//! Killed with SIGKILL at random moments under load: every event that was answered 200 is there
//! exactly once, in the log, in analytics and (by message id) at the webhook; people are the same as
//! without the kills; and the ledger balances.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::http::{Client, Receiver};
use crate::server::Server;

const SENDERS: u64 = 4;
const PEOPLE_PER_SENDER: u64 = 25;
const READY_WITHIN: Duration = Duration::from_secs(10);

fn kills() -> u64 {
    std::env::var("SLUICE_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(20)
}

/// One sender's life: a stream of small batches about people of its own, each repeated with the same
/// message ids until it is answered 200.
struct Sender {
    no: u64,
    next: u64,
    acknowledged: BTreeSet<String>,
}

impl Sender {
    /// Person `p` acts on two devices and signs in on both, so that its two nodes merge.
    fn event(&mut self) -> Value {
        let n = self.next;
        self.next += 1;
        let person = n % PEOPLE_PER_SENDER;
        let round = n / PEOPLE_PER_SENDER;
        let device = format!("device-{}-{person}-{}", self.no, round % 2);
        let user = format!("user-{}-{person}", self.no);
        let id = format!("m-{}-{n}", self.no);
        if round % 5 == 4 {
            json!({ "type": "identify", "messageId": id, "anonymousId": device, "userId": user,
                    "traits": { "round": round } })
        } else {
            json!({ "type": "track", "messageId": id, "anonymousId": device, "event": "Worked",
                    "properties": { "round": round, "sender": self.no } })
        }
    }

    fn run(
        mut self,
        addr: std::net::SocketAddr,
        write_key: &str,
        stop: &AtomicBool,
        tries: &AtomicU64,
    ) -> Self {
        let mut client = Client::new(addr);
        while !stop.load(Ordering::SeqCst) {
            let batch: Vec<Value> = (0..=self.next % 7).map(|_| self.event()).collect();
            let body = json!({ "writeKey": write_key, "batch": batch }).to_string();
            loop {
                tries.fetch_add(1, Ordering::Relaxed);
                match client.send("POST", "/v1/batch", &[], body.as_bytes()) {
                    Ok(answer) if answer.status == 200 => break,
                    _ => std::thread::sleep(Duration::from_millis(20)),
                }
            }
            let ids = batch.iter().map(|event| event["messageId"].as_str().unwrap().to_owned());
            self.acknowledged.extend(ids);
        }
        self
    }
}

/// The next number of a small generator; the moments of the kills, repeatable by seed.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

#[test]
fn every_acknowledged_event_survives_kills_exactly_once() {
    let data = tempfile::tempdir().unwrap();
    let receiver = Receiver::start();
    let mut server = Server::start(data.path());
    let (source_id, write_key) = server.source("killed");
    let url = format!("http://{}/hook", receiver.addr);
    server.webhook(&source_id, "receiver", &json!({ "url": url, "batchSize": 10 }));
    let stop = Arc::new(AtomicBool::new(false));
    let tries = Arc::new(AtomicU64::new(0));
    let senders: Vec<_> = (0..SENDERS)
        .map(|no| {
            let (stop, tries, key, addr) =
                (Arc::clone(&stop), Arc::clone(&tries), write_key.clone(), server.addr);
            let sender = Sender { no, next: 0, acknowledged: BTreeSet::new() };
            std::thread::spawn(move || sender.run(addr, &key, &stop, &tries))
        })
        .collect();
    let (mut seed, mut slowest) = (7, Duration::ZERO);
    for _ in 0..kills() {
        // The moment of the kill is what the test varies.
        std::thread::sleep(Duration::from_millis(50 + random(&mut seed) % 400));
        slowest = slowest.max(server.kill_and_restart());
    }
    std::thread::sleep(Duration::from_millis(300));
    stop.store(true, Ordering::SeqCst);
    let senders: Vec<Sender> = senders.into_iter().map(|thread| thread.join().unwrap()).collect();
    let acknowledged: BTreeSet<String> =
        senders.iter().flat_map(|sender| sender.acknowledged.iter().cloned()).collect();
    let count = acknowledged.len() as u64;

    let ledger = server.wait_for_ledger(|ledger| {
        ledger["waitingForPipeline"] == 0
            && ledger["analytics"]["stored"] == count
            && ledger["connections"][0]["delivered"] == count
    });
    assert_eq!(ledger["balances"], true, "{ledger:#}");
    let account =
        ledger["sources"].as_array().unwrap().iter().find(|s| s["sourceId"] == *source_id).unwrap();
    assert_eq!(account["accepted"], count, "in the log exactly once");
    let delivered = receiver.message_ids();
    let distinct: BTreeSet<String> = delivered.iter().cloned().collect();
    assert_eq!(distinct, acknowledged, "at the webhook, once deduplicated by message id");
    check_counts(&server, &senders);
    check_people(&server, &senders);
    assert!(slowest < READY_WITHIN, "ready again after {slowest:?}");
    println!(
        "kills {}, requests tried {}, events acknowledged and found {count}, in duplicate requests {}, \
         repeated at the webhook {}, slowest restart {slowest:?}",
        kills(),
        tries.load(Ordering::Relaxed),
        account["duplicate"],
        delivered.len() - distinct.len(),
    );
}

/// What analytics counts equals what was sent.
fn check_counts(server: &Server, senders: &[Sender]) {
    let is_track = |n: &u64| n / PEOPLE_PER_SENDER % 5 != 4;
    let tracked: usize =
        senders.iter().map(|sender| (0..sender.next).filter(is_track).count()).sum();
    let query = json!({ "kind": "trend", "range": { "last_days": 2 }, "interval": "day",
                        "events": [{ "event": "Worked" }], "measure": "totals" });
    let answer = server.ask("POST", "/api/v1/insights/query", Some(&query));
    assert_eq!(answer["result"]["series"][0]["total"], tracked, "{answer:#}");
}

/// The partition of ids into people is that of an undisturbed run: both devices and the user id of a
/// person are one, and no two persons are.
fn check_people(server: &Server, senders: &[Sender]) {
    let mut owner = BTreeMap::new();
    for sender in senders {
        let rounds =
            |person: u64| (0..sender.next).filter(move |n| n % PEOPLE_PER_SENDER == person);
        for person in 0..PEOPLE_PER_SENDER {
            let user = format!("user-{}-{person}", sender.no);
            let mut devices = BTreeSet::new();
            for n in rounds(person) {
                let round = n / PEOPLE_PER_SENDER;
                if round % 5 == 4 {
                    devices.insert(round % 2);
                }
            }
            if devices.is_empty() {
                continue;
            }
            let of_user = find(server, "user_id", &user);
            for device in devices {
                let device = format!("device-{}-{person}-{device}", sender.no);
                assert_eq!(find(server, "anonymous_id", &device), of_user, "{user} and {device}");
            }
            let other = owner.insert(of_user.to_string(), user.clone());
            assert_eq!(other, None, "{user} shares its person with another");
        }
    }
    assert!(!owner.is_empty(), "nobody signed in: the run was too short to test people");
}

fn find(server: &Server, kind: &str, value: &str) -> Value {
    server.ask("GET", &format!("/api/v1/people?externalId={kind}:{value}"), None)["people"][0]["id"]
        .clone()
}
