//! Loads 20 million events of a made-up product and times questions on them, in four states of the
//! store; writes the same events as plain columns, so that `bench/peers.py` asks other engines the
//! same question in the same run.
//!
//! `cargo bench -p sluice-insights --bench peers -- DIR [EVENTS [again]]`, `again` to time an
//! existing DIR; without DIR it does nothing, so
//! that a plain `cargo bench` stays short.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measuring program")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use sluice_base::{OsDisk, SystemClock, Timestamp};
use sluice_columnar::{Store, StoreConfig};
use sluice_event::{
    Decision, Event, EventBatch, EventType, MergeId, Offset, PersonId, SourceNo, StoredEvent,
};
use sluice_insights::paths::spec::PathsColumn;
use sluice_insights::{
    Calendar, CohortDefinition, Context, InsightQuery, InsightResult, answer, cohort,
};

const T0_MS: i64 = 1_767_225_600_000; // 2026-01-01
const DAY_MS: i64 = 86_400_000;
const DAYS: i64 = 60;
const EVENTS: [&str; 40] = [
    "landing_view",
    "signup_start",
    "signup",
    "activation",
    "page_view",
    "purchase",
    "cancel",
    "add_to_cart",
    "search",
    "product_view",
    "video_play",
    "share",
    "login",
    "logout",
    "invite_sent",
    "file_upload",
    "export",
    "settings_view",
    "profile_edit",
    "notification_open",
    "email_open",
    "email_click",
    "push_open",
    "app_open",
    "app_background",
    "feature_a",
    "feature_b",
    "feature_c",
    "feature_d",
    "feature_e",
    "error_shown",
    "help_view",
    "chat_open",
    "pricing_view",
    "plan_view",
    "trial_start",
    "comment",
    "like",
    "follow",
    "download",
];
const COUNTRIES: [&str; 30] = [
    "US", "DE", "GB", "FR", "IN", "BR", "CA", "JP", "ES", "IT", "NL", "AU", "MX", "PL", "SE", "CH",
    "AT", "BE", "DK", "NO", "FI", "PT", "IE", "CZ", "RO", "KR", "SG", "ZA", "AR", "TR",
];
const PLANS: [&str; 4] = ["free", "pro", "team", "enterprise"];
const PLATFORMS: [&str; 5] = ["web", "ios", "android", "desktop", "tv"];

/// Splitmix64.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
    fn exponential(&mut self, mean: f64) -> i64 {
        (-mean * (1.0 - self.unit()).ln()) as i64
    }
}

/// (milliseconds since T0, user, event), in order of arrival, no two of a user at one millisecond.
fn make(count: usize) -> Vec<(i64, u32, u8)> {
    let users = (count / 20).max(1) as u64;
    let mut rng = Rng(42);
    let span = DAYS * DAY_MS;
    let mut rows: Vec<(i64, u32, u8)> = Vec::with_capacity(count);
    let first: Vec<i64> = (0..users).map(|_| (rng.unit() * span as f64) as i64).collect();
    for (user, start) in first.iter().enumerate() {
        let mut at = *start;
        for (step, (share, mean)) in
            [(0.9, 0.0), (0.6, 3.6e6), (0.7, 6.0 * 3.6e6), (0.6, 2.5 * DAY_MS as f64)]
                .into_iter()
                .enumerate()
        {
            at += if step == 0 { 0 } else { rng.exponential(mean) + 1_000 };
            if rng.unit() >= share || at >= span {
                break;
            }
            rows.push((at, user as u32, step as u8));
        }
    }
    let mut weights = vec![0.02, 0.01, 0.003, 0.01, 0.35, 0.03, 0.005];
    let rest: Vec<f64> = (1..=33).map(|i| 1.0 / f64::from(i).powf(0.8)).collect();
    let left = 1.0 - weights.iter().sum::<f64>();
    let sum: f64 = rest.iter().sum();
    weights.extend(rest.iter().map(|w| w / sum * left));
    while rows.len() < count {
        // A few users do much: a power of the unit.
        let user = ((rng.unit().powf(2.2) * users as f64) as u64 * 2_654_435_761 % users) as usize;
        let at = first[user] + ((span - first[user]) as f64 * rng.unit().powf(1.7)) as i64;
        let mut draw = rng.unit();
        let event = weights
            .iter()
            .position(|w| {
                draw -= w;
                draw < 0.0
            })
            .unwrap_or(39);
        rows.push((at.min(span - 1), user as u32, event as u8));
    }
    rows.sort_unstable_by_key(|(at, user, event)| (*user, *at, *event));
    for i in 1..rows.len() {
        if rows[i].1 == rows[i - 1].1 && rows[i].0 <= rows[i - 1].0 {
            rows[i].0 = rows[i - 1].0 + 1;
        }
    }
    rows.sort_unstable();
    rows
}

fn properties(rng: &mut Rng, user: u32, out: &mut String) {
    use std::fmt::Write;
    let u = u64::from(user).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
    out.clear();
    let r = rng.next();
    write!(
        out,
        r#"{{"plan":"{}","country":"{}","platform":"{}","price":{}.{:02},"revenue":{},"category":"cat_{:02}","experiment":"exp_{:02}","variant":"v{}"}}"#,
        PLANS[(u % 4) as usize], COUNTRIES[((u >> 2) % 30) as usize], PLATFORMS[((u >> 8) % 5) as usize],
        r % 90, (r >> 8) % 100, (r >> 16) % 400, (r >> 24) % 50, (r >> 32) % 20, (u + (r >> 32) % 20) % 3
    )
    .unwrap();
}

struct Loader {
    store: Store,
    next: u64,
    people: Vec<u64>,
}

impl Loader {
    fn open(dir: &Path, config: StoreConfig) -> Self {
        std::fs::create_dir_all(dir).unwrap();
        let store =
            Store::open(Arc::new(OsDisk), dir.to_owned(), config, Arc::new(SystemClock)).unwrap();
        Self { store, next: 0, people: Vec::new() }
    }

    fn load(&mut self, rows: &[(i64, u32, u8)]) {
        let mut rng = Rng(7);
        let mut text = String::new();
        let source = SourceNo(1);
        for chunk in rows.chunks(4_000) {
            let mut batch = empty(self.next);
            for (index, (at, user, event)) in chunk.iter().enumerate() {
                let seq = self.next + 1 + index as u64;
                if self.people.len() <= *user as usize {
                    self.people.resize(*user as usize + 1, 0);
                }
                // A person's number is the offset of the event that made them, plus one.
                let person = &mut self.people[*user as usize];
                if *person == 0 {
                    *person = seq + 1;
                }
                let person = PersonId(*person);
                properties(&mut rng, *user, &mut text);
                let event = row(EVENTS[*event as usize], (T0_MS + at) * 1_000, &text);
                let received_offset = Offset(seq);
                batch.events.push(StoredEvent {
                    source,
                    received_offset,
                    person,
                    canonical: person,
                    traits: 0,
                    event,
                });
            }
            self.store.ingest(Offset(self.next), &batch).unwrap();
            self.next += batch.offsets();
        }
        self.store.flush().unwrap();
    }

    /// Merges one pair in ten people: a fifth of the people are then part of a merge.
    fn merge_a_fifth(&mut self) {
        let mut people: Vec<u64> = self.people.iter().copied().filter(|p| *p != 0).collect();
        people.sort_unstable();
        let mut batch = empty(self.next);
        let mut rng = Rng(3);
        for index in 0..people.len() / 10 {
            let (a, b) = (people[index * 10], people[index * 10 + 1 + (rng.next() % 9) as usize]);
            batch.decisions.push(Decision::Merge {
                merge: MergeId(index as u64 + 1),
                survivor: PersonId(a),
                absorbed: PersonId(b),
                at: Timestamp::ZERO,
            });
        }
        self.store.ingest(Offset(self.next), &batch).unwrap();
        self.next += batch.offsets();
        self.store.flush().unwrap();
    }
}

fn empty(base: u64) -> EventBatch {
    EventBatch {
        consumed_to: Offset(base),
        decided_at: Timestamp::ZERO,
        turned_away: Vec::new(),
        decisions: Vec::new(),
        counts: Vec::new(),
        trait_sets: Vec::new(),
        events: Vec::new(),
    }
}

fn row(name: &str, micros: i64, properties: &str) -> Event {
    let timestamp = Timestamp::from_micros(micros);
    Event {
        event_type: EventType::Track,
        message_id: "m".into(),
        anonymous_id: None,
        user_id: None,
        group_id: None,
        previous_id: None,
        name: name.into(),
        original_timestamp: None,
        sent_at: None,
        received_at: timestamp,
        timestamp,
        session_id: -1,
        json: properties.into(),
        body: 0..properties.len() as u32,
        context: 0..0,
        integrations: 0..0,
    }
}

fn export(dir: &Path, rows: &[(i64, u32, u8)]) {
    let write = |name: &str, bytes: &mut dyn Iterator<Item = Vec<u8>>| {
        let mut file = std::io::BufWriter::new(std::fs::File::create(dir.join(name)).unwrap());
        for one in bytes {
            file.write_all(&one).unwrap();
        }
        file.flush().unwrap();
    };
    write("time_ms.i64", &mut rows.iter().map(|row| (T0_MS + row.0).to_le_bytes().to_vec()));
    write("user.u32", &mut rows.iter().map(|row| row.1.to_le_bytes().to_vec()));
    write("event.u8", &mut rows.iter().map(|row| vec![row.2]));
    write("events.txt", &mut EVENTS.iter().map(|name| format!("{name}\n").into_bytes()));
}

fn ask(store: &Store, name: &str, query: &str, threads: usize) {
    time(name, threads, || {
        let query = InsightQuery::from_json(query).unwrap();
        let result = answer(&query, &context(store, threads), &AtomicBool::new(false)).unwrap();
        shown(&result)
    });
}

fn context(store: &Store, threads: usize) -> Context {
    let now = Timestamp::from_millis(T0_MS + 400 * DAY_MS);
    Context::new(store.snapshot(), Calendar::default(), now, threads)
}

/// What tells that answers are the same.
fn shown(result: &InsightResult) -> String {
    match result {
        InsightResult::Funnel(funnel) => {
            let people: Vec<u64> = funnel.overall.steps.iter().map(|step| step.people).collect();
            format!("{people:?} parts {}", funnel.explain.parts_scanned)
        }
        InsightResult::Retention(retention) => {
            let summed = retention.overall.summed.iter().take(4).map(|cell| cell.people);
            let parts = retention.explain.parts_scanned;
            format!("{:?} parts {parts}", summed.collect::<Vec<_>>())
        }
        InsightResult::Trend(trend) => {
            let values: Vec<_> = trend.series.iter().take(3).map(|s| s.total).collect();
            format!("{values:?} parts {}", trend.explain.parts_scanned)
        }
        InsightResult::Paths(paths) => {
            let people = |column: &PathsColumn| -> u64 {
                column.nodes.iter().map(|node| node.amount.people).sum()
            };
            format!("{:?}", paths.columns.iter().map(people).collect::<Vec<_>>())
        }
        other => panic!("no question here is answered by {other:?}"),
    }
}

fn time(name: &str, threads: usize, run: impl Fn() -> String) {
    let mut times = Vec::new();
    let mut shown = String::new();
    let on_cpu = processor_ms();
    for _ in 0..16 {
        let started = Instant::now();
        shown = run();
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    let cpu = (processor_ms() - on_cpu) / times.len() as f64;
    times.remove(0);
    times.sort_by(f64::total_cmp);
    println!(
        "{name:36} {threads} thr  median {:6.1} ms  least {:6.1}  one thread's processor {cpu:6.1}  {shown}",
        times[7], times[0]
    );
}

/// Processor time of this thread (Linux), which other processes on the machine do not lengthen much.
fn processor_ms() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) / 1e6
}

fn funnel(resolution: &str, breakdown: bool) -> String {
    let by = if breakdown { r#","breakdown":{"property":"country"}"# } else { "" };
    format!(
        r#"{{"kind":"funnel","range":{{"start":"2026-01-01","end":"2026-03-01"}},"window_seconds":604800,
        "resolution":"{resolution}","steps":[{{"event":"landing_view"}},{{"event":"signup_start"}},{{"event":"signup"}},
        {{"event":"activation"}}]{by}}}"#
    )
}

/// The states of the store that are asked, each a folder of parts under DIR.
const STATES: [&str; 4] = ["unmerged", "clean", "months", "merged"];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let Some(dir) = args.first().map(PathBuf::from) else { return };
    let count: usize = args.get(1).map_or(20_000_000, |text| text.parse().unwrap());
    if args.get(2).is_none_or(|text| text != "again") {
        std::fs::create_dir_all(&dir).unwrap();
        make_states(&dir, count);
    }
    if let Ok(state) = std::env::var("PROFILE") {
        let loader = Loader::open(&dir.join(state), StoreConfig::default());
        return all(&loader.store, 1);
    }
    let loaders =
        STATES.map(|state| (state, Loader::open(&dir.join(state), StoreConfig::default())));
    for threads in [1, 2] {
        for (state, loader) in &loaders {
            let name = format!("funnel, {state}");
            ask(&loader.store, &name, &funnel("millisecond", false), threads);
            let name = format!("retention, {state}");
            ask(&loader.store, &name, RETENTION, threads);
        }
        all(&loaders[1].1.store, threads);
    }
}

fn make_states(dir: &Path, count: usize) {
    let started = Instant::now();
    let rows = make(count);
    export(dir, &rows);
    println!("{} events made in {:.1} s", rows.len(), started.elapsed().as_secs_f64());
    let started = Instant::now();
    let parts = dir.join("clean");
    let mut loader = Loader::open(&parts, StoreConfig::default());
    let head = rows.len() - rows.len() / 20;
    loader.load(&rows[..head]);
    println!("19 of 20 loaded in {:.1} s", started.elapsed().as_secs_f64());
    compact(&loader.store);
    // The newest twentieth, as it lies before any compaction.
    for some in rows[head..].chunks((rows.len() - head).div_ceil(10)) {
        loader.load(some);
    }
    copy(&parts, &dir.join("unmerged"));
    compact(&loader.store);
    copy(&parts, &dir.join("months"));
    loader =
        Loader { store: Loader::open(&dir.join("months"), StoreConfig::default()).store, ..loader };
    // A part of the same events in each of the 22 months before.
    for month in 1..=22 {
        let earlier: Vec<_> = rows
            .iter()
            .filter(|(at, user, _)| user % 16 == month % 16 && *at < 30 * DAY_MS)
            .map(|(at, user, event)| (at - i64::from(month) * 30 * DAY_MS, *user, *event))
            .collect();
        loader.load(&earlier);
    }
    compact(&loader.store);
    copy(&dir.join("clean"), &dir.join("merged"));
    loader =
        Loader { store: Loader::open(&dir.join("merged"), StoreConfig::default()).store, ..loader };
    loader.next = loader.store.snapshot().cursor().0;
    loader.merge_a_fifth();
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// All questions, or those whose name has the text of `ONLY`.
fn all(store: &Store, threads: usize) {
    let only = std::env::var("ONLY").unwrap_or_default();
    let questions = [
        ("funnel, milliseconds", funnel("millisecond", false)),
        ("funnel, seconds", funnel("second", false)),
        ("funnel by country", funnel("second", true)),
        ("retention 60 x 60", RETENTION.to_owned()),
        ("daily uniques by plan, two filters", UNIQUES.to_owned()),
        ("paths", PATHS.to_owned()),
    ];
    for (name, question) in questions.iter().filter(|(name, _)| name.contains(&only)) {
        ask(store, name, question, threads);
    }
    if "cohort".contains(&only) {
        time("cohort", threads, || {
            let definition: CohortDefinition = serde_json::from_str(COHORT).unwrap();
            let size = cohort::size(&definition, &context(store, threads), &AtomicBool::new(false));
            let size = size.unwrap();
            format!("{} of {}", size.people, size.of)
        });
    }
}

const RETENTION: &str = r#"{"kind":"retention","range":{"start":"2026-01-01","end":"2026-03-01"},
    "start":{"event":"landing_view"},"returning":{"event":"page_view"},"windows":"calendar","periods":59}"#;

const PATHS: &str = r#"{"kind":"paths","range":{"start":"2026-01-01","end":"2026-03-01"},
    "start":{"event":"landing_view"},"columns_max":5}"#;

const COHORT: &str = r#"{"clauses":[
    {"any_of":[{"kind":"performed","event":{"event":"purchase"},"count":2}]},
    {"not":true,"any_of":[{"kind":"performed","event":{"event":"cancel"}}]}]}"#;

const UNIQUES: &str = r#"{"kind":"trend","range":{"start":"2026-01-01","end":"2026-03-01"},
    "events":[{"event":"page_view"}],"breakdown":{"property":"plan"},
    "segment":[{"property":"country","op":"is","values":["US","DE","GB"]},
    {"property":"platform","op":"is","values":["web"]}]}"#;

fn compact(store: &Store) {
    let started = Instant::now();
    store.compact_all().unwrap();
    let parts = store.snapshot().parts().len();
    let (seconds, megabytes) = (started.elapsed().as_secs_f64(), store.disk_bytes() as f64 / 1e6);
    println!("compacted in {seconds:.1} s to {parts} parts, {megabytes:.0} MB");
}
