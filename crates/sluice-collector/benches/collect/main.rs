//! Collecting against a bare axum server: `cargo bench -p sluice-collector --bench collect`.
//!
//! The bare server reads the same bodies, parses them into typed events (properties and context
//! raw), answers the same and keeps nothing. Ours keeps everything: real log, real disk, synced
//! before it answers. Each server is a process of its own on core 0, the load comes from core 1, in
//! alternating pairs; medians are printed. `SLUICE_BENCH_SECONDS` (2) and `SLUICE_BENCH_PAIRS` (5)
//! set length and number; `SLUICE_BENCH_ONLY` (`single` or `batch`) leaves out one load. Needs `taskset` and two cores.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench")]

mod load;
mod servers;

use std::io::BufRead as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

struct Server {
    child: Child,
    port: u16,
    _dir: tempfile::TempDir,
}

impl Server {
    fn start(kind: &str) -> Self {
        let dir = tempfile::Builder::new().prefix("sluice-bench").tempdir_in(data_dir()).unwrap();
        let mut child = Command::new("taskset")
            .args(["-c", "0"])
            .arg(std::env::current_exe().unwrap())
            .args(["--serve", kind])
            .arg(dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, port: line.trim().parse().unwrap(), _dir: dir }
    }
}

impl Server {
    /// Processor time used so far, all threads; what other programs take does not count.
    fn cpu_micros(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let ticks = |field: &str| field.parse::<f64>().unwrap();
        let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        (ticks(fields[11]) + ticks(fields[12])) * 10_000.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A real disk: the target folder's.
fn data_dir() -> std::path::PathBuf {
    std::env::current_exe().unwrap().parent().unwrap().to_owned()
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let Some(at) = args.iter().position(|arg| arg == "--serve") {
        servers::run(&args[at + 1], std::path::Path::new(&args[at + 2]));
        return;
    }
    let pid = std::process::id().to_string();
    Command::new("taskset").args(["-cp", "1", &pid]).stdout(Stdio::null()).status().unwrap();
    let seconds = Duration::from_secs(number("SLUICE_BENCH_SECONDS", 2));
    let pairs = number("SLUICE_BENCH_PAIRS", 5);
    let only = std::env::var("SLUICE_BENCH_ONLY").unwrap_or_default();
    for (name, path, events, body) in [
        ("single event", "/v1/track", 1, load::event(7)),
        ("batch of 100", "/v1/batch", 100, load::batch(100)),
    ] {
        if !name.starts_with(&only) {
            continue;
        }
        let request = load::request(path, &body);
        let mut rates = [Vec::new(), Vec::new()];
        let mut costs = [Vec::new(), Vec::new()];
        let mut ratios = Vec::new();
        let mut p99s = [Vec::new(), Vec::new()];
        for _ in 0..pairs {
            for ((kind, rates), costs) in
                ["bare", "sluice"].into_iter().zip(&mut rates).zip(&mut costs)
            {
                let server = Server::start(kind);
                load::run(server.port, &request, seconds / 4, None);
                let before = server.cpu_micros();
                let rate = load::run(server.port, &request, seconds, None).per_second;
                rates.push(rate);
                costs.push((server.cpu_micros() - before) / (rate * seconds.as_secs_f64()));
            }
            let (bare, ours) = (rates[0].last().unwrap(), *rates[1].last().unwrap());
            ratios.push(ours / bare);
            for (kind, p99s) in ["bare", "sluice"].into_iter().zip(&mut p99s) {
                let server = Server::start(kind);
                load::run(server.port, &request, seconds / 4, Some(ours / 2.0));
                p99s.push(load::run(server.port, &request, seconds, Some(ours / 2.0)).p99_millis);
            }
        }
        let [bare, ours] = rates.map(|mut rates| median(&mut rates));
        let [bare_cost, our_cost] = costs.map(|mut costs| median(&mut costs));
        let [bare_p99, our_p99] = p99s.map(|mut p99s| median(&mut p99s));
        println!(
            "{name}: p99 at half of sluice's load {our_p99:.2} ms, bare at the same {bare_p99:.2} ms"
        );
        println!(
            "{name}: processor time a request {bare_cost:.1} us bare, {our_cost:.1} us sluice, ratio {:.2}",
            bare_cost / our_cost
        );
        println!(
            "{name} of {} bytes, 64 connections: bare axum {bare:.0} requests/s ({:.0} events/s), \
             sluice durable {ours:.0} requests/s ({:.0} events/s), ratio {:.2} (pairs {})",
            body.len(),
            bare * f64::from(events),
            ours * f64::from(events),
            median(&mut ratios.clone()),
            ratios.iter().map(|ratio| format!("{ratio:.2}")).collect::<Vec<_>>().join(" "),
        );
    }
}
