//! `cargo xtask assets`: what npm makes and the binary embeds (`crates/sluice/build.rs`).
//!
//! A folder is built again only if one of its files is younger than its last build, so that every
//! command that needs the assets can simply ask for them.

use std::fs::File;
use std::path::Path;
use std::time::SystemTime;

use anyhow::Context as _;

use crate::run::{program, root, say, succeeds};

/// Folders with a `package.json`; `npm run build` there writes `dist/`.
const FOLDERS: &[&str] = &["browser", "catalogue", "console"];

/// Builds what is not fresh. False if npm is missing or a build failed, which was said.
pub(crate) fn assets() -> anyhow::Result<bool> {
    let mut stale = Vec::new();
    for name in FOLDERS {
        let folder = root().join(name);
        if folder.join("package.json").try_exists()? && !is_fresh(&folder)? {
            stale.push((*name, folder));
        }
    }
    if stale.is_empty() {
        return Ok(true);
    }
    if program("npm").arg("--version").stdout(std::process::Stdio::null()).status().is_err() {
        let names: Vec<String> = stale.iter().map(|(name, _)| format!("{name}/")).collect();
        let names = names.join(", ");
        say(&format!("npm is not installed: {names} cannot be built (Node 20 or later has it)"));
        return Ok(false);
    }
    // Packages come over the network: all at once.
    let installed: Vec<anyhow::Result<bool>> = std::thread::scope(|scope| {
        let installs: Vec<_> =
            stale.iter().map(|(name, _)| scope.spawn(move || install(name))).collect();
        let failed = |_| Err(anyhow::anyhow!("an installation broke"));
        installs.into_iter().map(|one| one.join().unwrap_or_else(failed)).collect()
    });
    let mut good = true;
    for ((name, folder), installed) in stale.iter().zip(installed) {
        good &= installed? && build(name, folder)?;
    }
    Ok(good)
}

fn build(name: &str, folder: &Path) -> anyhow::Result<bool> {
    say(&format!("building {name}/"));
    if !succeeds(program("npm").args(["run", "--silent", "build"]).current_dir(folder))? {
        say(&format!("{name}/ does not build"));
        return Ok(false);
    }
    let built = File::create(stamp(folder)).and_then(|stamp| stamp.metadata()?.modified());
    let built = built.context("cannot mark the build")?;
    // Cargo does not watch a folder that was not there at its last look.
    File::options().write(true).open(root().join("crates/sluice/build.rs"))?.set_modified(built)?;
    Ok(true)
}

/// `npm ci`, unless it was done for the same lock file. False if it failed, which was said.
pub(crate) fn install(name: &str) -> anyhow::Result<bool> {
    let folder = root().join(name);
    if is_installed(&folder)? {
        return Ok(true);
    }
    say(&format!("installing the packages of {name}/"));
    let args = ["ci", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
    if !succeeds(program("npm").args(args).current_dir(&folder))? {
        say(&format!("npm could not install what {name}/ needs"));
        return Ok(false);
    }
    std::fs::copy(folder.join("package-lock.json"), installed(&folder))
        .context("cannot keep the lock file")?;
    Ok(true)
}

fn installed(folder: &Path) -> std::path::PathBuf {
    folder.join("node_modules/.installed-lock.json")
}

fn stamp(folder: &Path) -> std::path::PathBuf {
    folder.join("node_modules/.built")
}

fn is_installed(folder: &Path) -> anyhow::Result<bool> {
    let lock = std::fs::read(folder.join("package-lock.json"))
        .with_context(|| format!("{} has no lock file", folder.display()))?;
    Ok(std::fs::read(installed(folder)).is_ok_and(|installed| installed == lock))
}

fn is_fresh(folder: &Path) -> anyhow::Result<bool> {
    let built = stamp(folder).metadata().and_then(|meta| meta.modified());
    let Ok(built) = built else { return Ok(false) };
    Ok(folder.join("dist").try_exists()? && youngest(folder)? <= built)
}

/// When a file of the folder was last changed, what npm made left out.
fn youngest(folder: &Path) -> anyhow::Result<SystemTime> {
    let mut last = SystemTime::UNIX_EPOCH;
    for entry in
        std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?
    {
        let entry = entry?;
        if ["node_modules", "dist"].iter().any(|made| entry.file_name() == *made) {
            continue;
        }
        let meta = entry.metadata()?;
        let changed = if meta.is_dir() { youngest(&entry.path())? } else { meta.modified()? };
        last = last.max(changed);
    }
    Ok(last)
}
