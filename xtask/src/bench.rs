//! `cargo xtask bench`: runs the benchmarks, which print their own tables.

use crate::run::{cargo, say, succeeds};

/// Every bench of the workspace, or those named.
pub(crate) fn bench(names: &[String]) -> anyhow::Result<bool> {
    say("figures belong into docs/performance.md together with the machine they were taken on");
    let mut command = cargo();
    command.args(["bench", "--locked", "--workspace"]);
    if names.is_empty() {
        command.arg("--benches");
    }
    for name in names {
        command.args(["--bench", name]);
    }
    succeeds(&mut command)
}
