//! `cargo xtask codegen`: files that are made from code and committed, so that a change shows in
//! the diff.

use std::path::Path;

use anyhow::Context as _;

use crate::run::{cargo, output, root, say};

/// Path in the tree, and the arguments to cargo that print the file.
const GENERATED: &[(&str, &[&str])] = &[(
    "docs/openapi.json",
    &["run", "--quiet", "--locked", "--package", "sluice-api", "--example", "openapi"],
)];

/// Writes the generated files; with `check` only compares. True if nothing was or is stale.
pub(crate) fn codegen(check: bool) -> anyhow::Result<bool> {
    let mut fresh = true;
    for (path, args) in GENERATED {
        let text = output(cargo().args(*args))?;
        let full = root().join(path);
        if read(&full)?.as_deref() == Some(text.as_str()) {
            say(&format!("{path} is up to date"));
        } else if check {
            say(&format!("{path} is stale: run `cargo xtask codegen` and commit it"));
            fresh = false;
        } else {
            std::fs::write(&full, text).with_context(|| format!("cannot write {path}"))?;
            say(&format!("{path} written"));
        }
    }
    Ok(fresh)
}

fn read(path: &Path) -> anyhow::Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}
