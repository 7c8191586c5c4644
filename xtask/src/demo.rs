//! `cargo xtask demo`: builds Sluice and becomes `sluice demo`.

use std::os::unix::process::CommandExt as _;

use anyhow::Context as _;

use crate::assets;
use crate::run::{cargo, program, root, say, succeeds};

/// With `--data` left out, everything is kept below `target/` and starts afresh each time, so that
/// the counts equal the truth.
pub(crate) fn demo(args: &[String]) -> anyhow::Result<bool> {
    if !assets::assets()? {
        say("going on without: the pages that need them will say so");
    }
    say("building Sluice (the first time takes some minutes)");
    if !succeeds(cargo().args(["build", "--profile", "demo", "--locked", "--package", "sluice"]))? {
        return Ok(false);
    }
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), Into::into);
    let mut command = program(&target.join("demo/sluice").to_string_lossy());
    command.arg("demo").args(args);
    if !args.iter().any(|arg| arg == "--data" || arg.starts_with("--data=")) {
        let data = target.join("demo-data");
        if data.try_exists()? {
            std::fs::remove_dir_all(&data)
                .with_context(|| format!("cannot clear {}", data.display()))?;
        }
        command.arg("--data").arg(&data);
    }
    // Takes the place of this process, so that Ctrl-C and the exit code are the server's.
    Err(command.exec()).context("cannot start sluice")
}
