//! The step `console` of `cargo xtask test`: types, lints and tests of the console, and whether its
//! types of the API are those of `docs/openapi.json`.

use anyhow::{Context as _, bail};

use crate::assets;
use crate::run::{listen, program, root, say, succeeds};
use crate::test::Totals;

/// What `openapi-typescript` writes.
const TYPES: &str = "src/api/schema.gen.ts";

pub(crate) fn test() -> anyhow::Result<Totals> {
    let dir = root().join("console");
    if !assets::install("console")? {
        return Ok(Totals::check(false));
    }
    let mut totals = Totals::default();
    totals.add(Totals::check(codegen(true)?));
    for script in ["check", "lint"] {
        let args = ["run", "--silent", script];
        totals.add(Totals::check(succeeds(program("npm").args(args).current_dir(&dir))?));
    }
    let mut vitest = program("npx");
    vitest.args(["vitest", "run", "--reporter=tap-flat"]).current_dir(&dir);
    let mut seen = Totals::default();
    let good = listen(&mut vitest, |line| seen.add(tap_totals(line)))?;
    totals.add(seen.and_exit(good));
    Ok(totals)
}

/// Writes the types, or with `check` compares. True if they are now, or were, up to date.
pub(crate) fn codegen(check: bool) -> anyhow::Result<bool> {
    let dir = root().join("console");
    if !assets::install("console")? {
        return Ok(false);
    }
    let path = dir.join(TYPES);
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    let made = succeeds(program("npm").args(["run", "--silent", "codegen"]).current_dir(&dir))?;
    if !made {
        bail!("openapi-typescript failed");
    }
    let after = std::fs::read_to_string(&path).context("openapi-typescript wrote nothing")?;
    if !check || before == after {
        return Ok(true);
    }
    std::fs::write(&path, before)?;
    say(&format!("console/{TYPES} is stale: run `cargo xtask codegen` and commit it"));
    Ok(false)
}

/// From lines like `ok 3 - src/lib/url.test.ts > a name`.
fn tap_totals(line: &str) -> Totals {
    let line = line.trim();
    if line.starts_with("not ok ") {
        Totals { failed: 1, ..Totals::default() }
    } else if line.starts_with("ok ") {
        let skipped = u64::from(line.contains("# SKIP"));
        Totals { passed: 1 - skipped, skipped, ..Totals::default() }
    } else {
        Totals::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_tap_are_counted_and_others_are_not() {
        assert_eq!(tap_totals("ok 1 - a.test.ts > works").passed, 1);
        assert_eq!(tap_totals("not ok 2 - a.test.ts > fails # time=1ms").failed, 1);
        assert_eq!(tap_totals("ok 3 - a.test.ts > later # SKIP").skipped, 1);
        assert_eq!(tap_totals("okay, 1..3"), Totals::default());
    }
}
