//! `cargo xtask sim`: the crash simulations with more seeds than a test run has time for.
//!
//! The tests read `SLUICE_SEEDS` (how many) and `SLUICE_SEED` (the first).

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::run::{cargo, say, succeeds};

/// The crates that have simulations; the tests carry `simulat` or `crash` in their names.
const CRATES: &[&str] = &["sluice-log", "sluice-columnar", "sluice-pipeline", "sluice-delivery"];
const SEEDS_PER_ROUND: u64 = 500;

pub(crate) fn sim(args: &[String]) -> anyhow::Result<bool> {
    match args {
        [flag, seed] if flag == "--seed" => {
            let seed: u64 = seed.parse().context("--seed takes a number")?;
            round(seed, 1)
        }
        [flag, minutes] if flag == "--minutes" => {
            let minutes: u64 = minutes.parse().context("--minutes takes a number")?;
            rounds(Duration::from_secs(minutes * 60))
        }
        [] => round(0, SEEDS_PER_ROUND),
        _ => bail!("sim takes `--seed N` or `--minutes M`"),
    }
}

fn rounds(time: Duration) -> anyhow::Result<bool> {
    let started = Instant::now();
    let mut first = 1_000_000;
    while started.elapsed() < time {
        if !round(first, SEEDS_PER_ROUND)? {
            return Ok(false);
        }
        first += SEEDS_PER_ROUND;
    }
    Ok(true)
}

fn round(first: u64, seeds: u64) -> anyhow::Result<bool> {
    say(&format!("seeds {first} to {}", first + seeds - 1));
    let mut command = cargo();
    command.args(["test", "--locked"]);
    for name in CRATES {
        command.args(["--package", name]);
    }
    command.args(["--", "crash", "simulat"]);
    command.env("SLUICE_SEED", first.to_string()).env("SLUICE_SEEDS", seeds.to_string());
    succeeds(&mut command)
}
