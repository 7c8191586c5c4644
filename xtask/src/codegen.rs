//! `cargo xtask codegen`: files that are made from code and committed, so that a change shows in
//! the diff.
//!
//! Each is held to its code by a test of the crate that makes it, so `cargo test` finds a stale one;
//! the same test writes it anew when `UPDATE_EXPECT` is set. The console's types follow from the
//! first of them and are compared by the step `console` of `cargo xtask test`.

use crate::console;
use crate::run::{cargo, say, succeeds};

/// The file, the crate that makes it, and a filter that names its test.
const GENERATED: &[(&str, &str, &str)] = &[("docs/openapi.json", "sluice-api", "openapi")];

/// Writes the generated files; with `check` only compares. True if nothing was or is stale.
pub(crate) fn codegen(check: bool) -> anyhow::Result<bool> {
    let mut fresh = true;
    for (path, name, filter) in GENERATED {
        let mut command = cargo();
        command.args([
            "test",
            "--quiet",
            "--locked",
            "--package",
            name,
            "--test",
            "it",
            "--",
            filter,
        ]);
        if !check {
            command.env("UPDATE_EXPECT", "1");
        }
        let good = succeeds(&mut command)?;
        say(&match (good, check) {
            (true, true) => format!("{path} is up to date"),
            (true, false) => format!("{path} written"),
            (false, true) => format!("{path} is stale: run `cargo xtask codegen` and commit it"),
            (false, false) => format!("{path} could not be made"),
        });
        fresh &= good;
    }
    fresh &= console::codegen(check)?;
    Ok(fresh)
}
