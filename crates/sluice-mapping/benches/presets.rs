//! What it costs to make a payload: the mapping of a product-analytics destination's track call, as
//! large as those in the wild, on an order of three products; and reading such a mapping.
//!
//! `cargo bench -p sluice-mapping --bench presets`
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measuring program")]

use std::hint::black_box;
use std::time::Instant;

use serde_json::Value;
use sluice_mapping::Mapping;

const RUNS: usize = 7;
const EVENTS: u32 = 20_000;

fn main() {
    let mapping: Value = serde_json::from_str(include_str!("preset.json")).unwrap();
    let event: Value = serde_json::from_str(include_str!("event.json")).unwrap();
    let read = Mapping::parse(&mapping).unwrap();
    let payload = read.apply(&event).unwrap();
    println!(
        "mapping of {} fields ({} bytes) on an event of {} bytes gives a payload of {} bytes",
        mapping.as_object().unwrap().len(),
        mapping.to_string().len(),
        event.to_string().len(),
        payload.to_string().len()
    );
    let text = event.to_string();
    report("apply", || drop(black_box(read.apply(black_box(&event)).unwrap())));
    report("parse the event's JSON, for comparison", || {
        drop(black_box(serde_json::from_str::<Value>(black_box(&text)).unwrap()));
    });
    report("print the payload, for comparison", || {
        drop(black_box(black_box(&payload).to_string()))
    });
    report("read the mapping", || drop(black_box(Mapping::parse(black_box(&mapping)).unwrap())));
}

fn report(what: &str, mut act: impl FnMut()) {
    let mut runs: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            (0..EVENTS).for_each(|_| act());
            start.elapsed().as_secs_f64() * 1e6 / f64::from(EVENTS)
        })
        .collect();
    runs.sort_by(f64::total_cmp);
    let median = runs[RUNS / 2];
    println!("{what}: {median:.2} µs, {:.0} per second and core", 1e6 / median);
}
