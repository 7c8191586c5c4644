//! The tests against the real binary: stock SDKs from their registries (`tests-sdk/`), and journeys
//! through the console in a browser (`console/journeys/`).
//!
//! Everything installed goes below `.tools/` in the checkout.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::assets;
use crate::run::{cargo, listen, output, program, root, say, succeeds};
use crate::test::Totals;

pub(crate) fn test() -> anyhow::Result<Totals> {
    if !assets::assets()? {
        bail!("the browser SDK does not build");
    }
    if !succeeds(&mut build())? {
        bail!("sluice does not build");
    }
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let sluice = target.join("debug/sluice");
    install_node("tests-sdk/node", "node")?;
    let interpreter = install_python()?;
    let mut totals = node(&sluice, &interpreter)?;
    totals.add(python(&sluice, &interpreter)?);
    totals.add(browser(&sluice)?);
    totals.add(journeys(&sluice)?);
    totals.add(go(&sluice)?);
    totals.add(languages(&target)?);
    totals.add(java(&sluice)?);
    Ok(totals)
}

/// The binary and the examples with the features that the Rust tests build them with: a build of one
/// package alone would have fewer, and make most crates once more.
fn build() -> Command {
    let mut command = cargo();
    command.args(["test", "--no-run", "--quiet", "--locked", "--workspace"]);
    command
}

fn tools(name: &str) -> PathBuf {
    root().join(".tools").join(name)
}

/// `npm ci` in a copy of the tests' manifest and lock, so that the packages live in `.tools`.
/// What is there already is not asked for again, so that later runs need no network.
fn install_node(folder: &str, name: &str) -> anyhow::Result<()> {
    let (tests, tools) = (root().join(folder), tools(name));
    let (lock, installed) = (tests.join("package-lock.json"), tools.join("installed-lock.json"));
    if same_text(&lock, &installed) {
        return Ok(());
    }
    std::fs::create_dir_all(&tools).with_context(|| format!("cannot make {}", tools.display()))?;
    for file in ["package.json", "package-lock.json"] {
        std::fs::copy(tests.join(file), tools.join(file))
            .with_context(|| format!("cannot copy {file}"))?;
    }
    say(&format!("installing what {folder}/ needs"));
    let install = [
        "ci",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--prefer-offline",
        "--loglevel=error",
    ];
    if !succeeds(program("npm").args(install).current_dir(&tools))? {
        bail!("npm could not install what {folder}/ needs");
    }
    std::fs::copy(lock, installed).context("cannot copy package-lock.json")?;
    Ok(())
}

/// False if either cannot be read.
fn same_text(one: &Path, other: &Path) -> bool {
    match (std::fs::read(one), std::fs::read(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// Gives the interpreter that has the packages.
fn install_python() -> anyhow::Result<PathBuf> {
    let tools = root().join(".tools/python");
    let interpreter = tools.join("bin/python");
    if !interpreter.try_exists()? {
        say("making a Python environment");
        if !succeeds(program("python3").args(["-m", "venv"]).arg(&tools))? {
            bail!("python3 could not make a virtual environment in .tools/python");
        }
    }
    say("installing the Python SDKs");
    let mut install = program(&interpreter.to_string_lossy());
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--requirement",
    ]);
    if !succeeds(install.arg(root().join("tests-sdk/python/requirements.txt")))? {
        bail!("pip could not install the Python SDKs");
    }
    Ok(interpreter)
}

fn node(sluice: &Path, interpreter: &Path) -> anyhow::Result<Totals> {
    let tests = root().join("tests-sdk/node");
    let mut command = node_test(&[
        tests.join("sdk.test.mjs"),
        tests.join("examples.test.mjs"),
        tests.join("amplitude.test.mjs"),
    ]);
    command.env("SLUICE_BIN", sluice).env("SLUICE_SDKS", tools("node"));
    command.env("SLUICE_PYTHON", interpreter);
    run_node(command)
}

/// Triggers and mappings against Segment's own code.
fn languages(target: &Path) -> anyhow::Result<Totals> {
    install_node("tests-sdk/mapping", "mapping")?;
    let mut command = node_test(&[root().join("tests-sdk/mapping/languages.test.mjs")]);
    command.env("SLUICE_LANGUAGES_TOOLS", tools("mapping")).env("TZ", "UTC");
    command.env("SLUICE_LANGUAGES", target.join("debug/examples/apply_mappings"));
    command.env("SLUICE_LANGUAGES_FILTER", target.join("debug/examples/match_triggers"));
    run_node(command)
}

/// The browser SDK in a headless Chromium; counted as skipped where there is none.
fn browser(sluice: &Path) -> anyhow::Result<Totals> {
    let Some(chromium) = chromium()? else {
        say("skipped: there is no Chromium for the tests of the browser SDK");
        return Ok(Totals { skipped: 1, ..Totals::default() });
    };
    install_node("tests-sdk/browser", "browser")?;
    let tests = root().join("tests-sdk/browser");
    let files = [
        "browser.test.mjs",
        "amplitude.test.mjs",
        "device.test.mjs",
        "device-calls.test.mjs",
        "consent.test.mjs",
        "published.test.mjs",
    ];
    let mut command = node_test(&files.map(|file| tests.join(file)));
    command.env("SLUICE_BIN", sluice).env("SLUICE_CHROMIUM", chromium);
    command.env("SLUICE_BROWSER_TOOLS", tools("browser"));
    run_node(command)
}

/// What people do in the console, in the same browser.
fn journeys(sluice: &Path) -> anyhow::Result<Totals> {
    let Some(chromium) = chromium()? else {
        say("skipped: there is no Chromium for the journeys through the console");
        return Ok(Totals { skipped: 1, ..Totals::default() });
    };
    install_node("console/journeys", "journeys")?;
    let tests = root().join("console/journeys");
    let files = ["journeys", "charts", "hubspot", "demo"]
        .map(|name| tests.join(format!("{name}.test.mjs")));
    let mut command = node_test(&files);
    command.env("SLUICE_BIN", sluice).env("SLUICE_CHROMIUM", chromium);
    command.env("SLUICE_BROWSER_TOOLS", tools("journeys"));
    run_node(command)
}

/// `cargo xtask screens DIR [NAME…]`: pictures of every page of the console in the demonstration, or of
/// those with one of the names in theirs.
pub(crate) fn screens(args: &[String]) -> anyhow::Result<bool> {
    let [dir, only @ ..] = args else { bail!("usage: cargo xtask screens DIR [NAME…]") };
    let dir = std::path::absolute(dir).context("DIR is no path")?;
    if !assets::assets()? || !succeeds(&mut build())? {
        bail!("sluice does not build");
    }
    let chromium = chromium()?.context("there is no Chromium")?;
    install_node("console/journeys", "journeys")?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let mut command = program("node");
    command.arg(root().join("console/journeys/screens.mjs")).arg(dir).args(only);
    command.env("SLUICE_BIN", target.join("debug/sluice")).env("SLUICE_CHROMIUM", chromium);
    succeeds(command.env("SLUICE_BROWSER_TOOLS", tools("journeys")))
}

/// Segment's Go library; counted as skipped where there is no Go.
fn go(sluice: &Path) -> anyhow::Result<Totals> {
    if which("go").is_none() {
        say("skipped: Go is not installed");
        return Ok(Totals { skipped: 1, ..Totals::default() });
    }
    let mut command = program("go");
    command.args(["test", "-count=1", "-v", "./..."]);
    command.current_dir(root().join("tests-sdk/go")).env("SLUICE_BIN", sluice);
    let mut totals = Totals::default();
    let good = listen(&mut command, |line| {
        totals.passed += u64::from(line.starts_with("--- PASS"));
        totals.failed += u64::from(line.starts_with("--- FAIL"));
        totals.skipped += u64::from(line.starts_with("--- SKIP"));
    })?;
    Ok(totals.and_exit(good))
}

/// Segment's Java library; counted as skipped where there is no Maven or no compiler.
fn java(sluice: &Path) -> anyhow::Result<Totals> {
    if which("mvn").is_none() || which("javac").is_none() {
        say("skipped: Maven or a JDK is not installed");
        return Ok(Totals { skipped: 1, ..Totals::default() });
    }
    let mut command = program("mvn");
    command.args(["--batch-mode", "--no-transfer-progress", "test"]);
    command.arg(format!("-Dsluice.build={}", tools("java").display()));
    command.current_dir(root().join("tests-sdk/java")).env("SLUICE_BIN", sluice);
    let mut totals = Totals::default();
    let good = listen(&mut command, |line| {
        if let Some(seen) = surefire_totals(line) {
            totals = seen;
        }
    })?;
    Ok(totals.and_exit(good))
}

/// From `[INFO] Tests run: 2, Failures: 0, Errors: 0, Skipped: 0`; the last such line has the sums.
fn surefire_totals(line: &str) -> Option<Totals> {
    let (_, rest) = line.split_once("Tests run:")?;
    let number = |label: &str| {
        let (_, after) = rest.split_once(label)?;
        after.split(',').next()?.trim().parse::<u64>().ok()
    };
    let ran = rest.split(',').next()?.trim().parse::<u64>().ok()?;
    let failed = number("Failures:")? + number("Errors:")?;
    let skipped = number("Skipped:")?;
    Some(Totals { passed: ran.saturating_sub(failed + skipped), failed, skipped })
}

/// The system's Chromium; installed by its package manager if that can be done.
fn chromium() -> anyhow::Result<Option<String>> {
    const NAMES: &[&str] = &["chromium", "chromium-browser", "google-chrome"];
    let find = || NAMES.iter().copied().find_map(which);
    if let Some(found) = find() {
        return Ok(Some(found));
    }
    let is_root = output(program("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if is_root && which("apt-get").is_some() {
        say("installing Chromium");
        for args in [&["update", "-qq"][..], &["install", "-qq", "--yes", "chromium"]] {
            if !succeeds(program("apt-get").args(args).env("DEBIAN_FRONTEND", "noninteractive"))? {
                break;
            }
        }
    }
    Ok(find())
}

/// The program's whole path, if it is installed.
fn which(name: &str) -> Option<String> {
    let paths = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&paths)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())?;
    Some(found.to_string_lossy().into_owned())
}

fn node_test(files: &[PathBuf]) -> Command {
    let mut command = program("node");
    command.args(["--test", "--test-reporter=tap", "--test-timeout=120000"]).args(files);
    command
}

fn run_node(mut command: Command) -> anyhow::Result<Totals> {
    let mut totals = Totals::default();
    let good = listen(&mut command, |line| totals.add(node_totals(line)))?;
    Ok(totals.and_exit(good))
}

fn python(sluice: &Path, interpreter: &Path) -> anyhow::Result<Totals> {
    let mut command = program(&interpreter.to_string_lossy());
    command.args(["-m", "unittest", "--verbose", "test_sdk", "test_amplitude", "test_dashboard"]);
    command.current_dir(root().join("tests-sdk/python"));
    command.env("SLUICE_BIN", sluice).env("PYTHONDONTWRITEBYTECODE", "1");
    let mut summary = Summary::default();
    let good = listen(&mut command, |line| summary.hear(line))?;
    Ok(summary.totals().and_exit(good))
}

/// From TAP's last lines: `# pass 4`, `# fail 0`, `# skipped 0`.
fn node_totals(line: &str) -> Totals {
    let mut totals = Totals::default();
    let mut words = line.trim().split(' ');
    if let (Some("#"), Some(label), Some(Ok(number))) =
        (words.next(), words.next(), words.next().map(str::parse))
    {
        match label {
            "pass" => totals.passed = number,
            "fail" | "cancelled" => totals.failed = number,
            "skipped" => totals.skipped = number,
            _ => {}
        }
    }
    totals
}

/// What unittest says at its end: `Ran 5 tests in …`, then `OK (skipped=1)` or
/// `FAILED (failures=1, errors=2)`.
#[derive(Default)]
struct Summary {
    ran: u64,
    totals: Totals,
}

impl Summary {
    fn hear(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("Ran ") {
            self.ran = rest.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0);
        }
        if line.starts_with("OK") || line.starts_with("FAILED") {
            let number = |label: &str| {
                let (_, rest) = line.split_once(label)?;
                rest.split([',', ')']).next()?.parse::<u64>().ok()
            };
            self.totals.skipped = number("skipped=").unwrap_or(0);
            self.totals.failed = number("failures=").unwrap_or(0) + number("errors=").unwrap_or(0);
        }
    }

    const fn totals(mut self) -> Totals {
        self.totals.passed = self.ran.saturating_sub(self.totals.skipped + self.totals.failed);
        self.totals
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_totals_of_node_are_read() {
        assert_eq!(node_totals("# pass 4").passed, 4);
        assert_eq!(node_totals("# fail 2").failed, 2);
        assert_eq!(node_totals("ok 1 - # pass 3"), Totals::default());
    }

    #[test]
    fn the_totals_of_surefire_are_read() {
        let line = "[ERROR] Tests run: 5, Failures: 1, Errors: 1, Skipped: 1, Time elapsed: 2 s";
        assert_eq!(surefire_totals(line), Some(Totals { passed: 2, failed: 2, skipped: 1 }));
        assert_eq!(surefire_totals("[INFO] BUILD SUCCESS"), None);
    }

    #[test]
    fn the_totals_of_unittest_are_read() {
        let mut summary = Summary::default();
        summary.hear("Ran 6 tests in 1.2s");
        summary.hear("FAILED (failures=1, errors=2, skipped=1)");
        assert_eq!(summary.totals(), Totals { passed: 2, failed: 3, skipped: 1 });
        let mut summary = Summary::default();
        summary.hear("Ran 6 tests in 1.2s");
        summary.hear("OK");
        assert_eq!(summary.totals(), Totals { passed: 6, failed: 0, skipped: 0 });
    }
}
