//! `cargo xtask test`: everything that CI runs, in order, with times, and one line of totals.
//!
//! Stale generated files are found by the Rust tests (see `codegen.rs`).
//!
//! A check without tests of its own (formatting, lints, …) counts as one.

use std::time::Instant;

use anyhow::bail;

use crate::run::{cargo, listen, say, succeeds};
use crate::{assets, console, sdk, tidy};

/// Results of one runner, or the sum of several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Totals {
    /// Of a check that passes or fails as a whole.
    pub(crate) const fn check(good: bool) -> Self {
        Self { passed: good as u64, failed: !good as u64, skipped: 0 }
    }

    pub(crate) const fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// A runner that failed without naming a failed test (it did not compile, it crashed) counts
    /// as one failure.
    pub(crate) const fn and_exit(mut self, good: bool) -> Self {
        if !good && self.failed == 0 {
            self.failed = 1;
        }
        self
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

type Step = (&'static str, fn() -> anyhow::Result<Totals>);

/// In order: what is quick to fail comes first.
const STEPS: &[Step] = &[
    ("assets", || Ok(Totals::check(assets::assets()?))),
    ("fmt", fmt),
    ("tidy", || Ok(Totals::check(tidy::tidy()?))),
    ("clippy", clippy),
    ("licences", licences),
    ("console", console::test),
    ("rust", rust),
    ("sdk", sdk::test),
];

/// Runs the named steps, or all. True if nothing failed.
pub(crate) fn test(only: &[String]) -> anyhow::Result<bool> {
    if let Some(unknown) = only.iter().find(|name| STEPS.iter().all(|(step, _)| step != *name)) {
        bail!("there is no step `{unknown}`");
    }
    let started = Instant::now();
    let chosen: Vec<&Step> = STEPS
        .iter()
        .filter(|(name, _)| only.is_empty() || only.iter().any(|chosen| chosen == name))
        .collect();
    let (mut sum, mut table) = (Totals::default(), Vec::new());
    for (number, (name, step)) in chosen.iter().enumerate() {
        say(&format!("\n==> {name} ({} of {})", number + 1, chosen.len()));
        let step_started = Instant::now();
        let totals = step().unwrap_or_else(|error| {
            say(&format!("{name}: {error:#}"));
            Totals::check(false)
        });
        let secs = step_started.elapsed().as_secs_f64();
        say(&format!("<== {name}: {totals} in {secs:.0} s"));
        table.push(format!("{name:<10} {secs:>6.0} s   {totals}"));
        sum.add(totals);
    }
    say(&format!(
        "\n{}\n{:<10} {:>6.0} s",
        table.join("\n"),
        "all",
        started.elapsed().as_secs_f64()
    ));
    say(&sum.to_string());
    Ok(sum.failed == 0)
}

fn fmt() -> anyhow::Result<Totals> {
    Ok(Totals::check(succeeds(cargo().args(["fmt", "--all", "--check"]))?))
}

fn clippy() -> anyhow::Result<Totals> {
    let args = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    Ok(Totals::check(succeeds(cargo().args(args))?))
}

/// By `cargo deny` where it is installed, else by the same list of licences read from `deny.toml`.
fn licences() -> anyhow::Result<Totals> {
    if succeeds(cargo().args(["deny", "--version"]).stderr(std::process::Stdio::null()))? {
        return Ok(Totals::check(succeeds(
            cargo().args(["deny", "check", "bans", "licenses", "sources"]),
        )?));
    }
    Ok(Totals::check(tidy::licences()?))
}

fn rust() -> anyhow::Result<Totals> {
    let mut totals = Totals::default();
    let mut command = cargo();
    command.args(["test", "--workspace", "--locked", "--no-fail-fast"]);
    let good = listen(&mut command, |line| totals.add(cargo_totals(line)))?;
    Ok(totals.and_exit(good))
}

/// From `test result: ok. 12 passed; 0 failed; 1 ignored; …`.
fn cargo_totals(line: &str) -> Totals {
    let Some(rest) = line.trim().strip_prefix("test result:") else { return Totals::default() };
    let number = |label: &str| {
        let (before, _) = rest.split_once(label)?;
        before.rsplit(' ').next()?.parse().ok()
    };
    Totals {
        passed: number(" passed").unwrap_or(0),
        failed: number(" failed").unwrap_or(0),
        skipped: number(" ignored").unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_totals_of_cargo_are_read_and_other_lines_are_not() {
        let line =
            "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 2 filtered out";
        assert_eq!(cargo_totals(line), Totals { passed: 12, failed: 3, skipped: 1 });
        assert_eq!(cargo_totals("test it_works ... ok"), Totals::default());
    }

    #[test]
    fn a_runner_that_dies_without_a_failed_test_counts_as_a_failure() {
        assert_eq!(Totals::default().and_exit(false).failed, 1);
        assert_eq!(Totals { failed: 3, ..Totals::default() }.and_exit(false).failed, 3);
        assert_eq!(Totals::default().and_exit(true).failed, 0);
    }
}
