//! `cargo xtask parity`: every action of every published destination, in Node and in the sandbox,
//! with the same events, settings and peers; prints the tally and where they differ, and fails if a
//! destination does worse than `catalogue/parity/compared.json` says. With `--write` it writes that file.

use crate::assets::assets;
use crate::run::{cargo, program, root, say, succeeds};

pub(crate) fn parity(args: &[String]) -> anyhow::Result<bool> {
    if !assets()? {
        return Ok(false);
    }
    let folder = root().join("target/parity");
    say("running the cases in Node");
    let mut node = program("node");
    node.args(["catalogue/parity/node.mjs"]).arg(&folder);
    if !succeeds(&mut node)? {
        return Ok(false);
    }
    say("running the cases in the sandbox");
    let mut sandbox = cargo();
    sandbox.args(["run", "--quiet", "--locked", "--package", "sluice-destinations"]);
    sandbox.args(["--example", "parity", "--"]).arg(&folder).args(args);
    let is_good = succeeds(&mut sandbox)?;
    say(&format!("what differs, run by run: {}", folder.join("differences.txt").display()));
    Ok(is_good)
}
