//! What `cargo metadata` tells: our own crates, and the licences of all others.

use anyhow::Context as _;
use serde_json::Value;

use crate::run::{cargo, output, root, say};

pub(super) fn metadata(args: &[&str]) -> anyhow::Result<Value> {
    let mut command = cargo();
    command.args(["metadata", "--locked", "--format-version=1"]).args(args);
    serde_json::from_str(&output(&mut command)?).context("cargo metadata printed no JSON")
}

/// True if every dependency may be used under a licence that `deny.toml` allows. Stands in for
/// `cargo deny` where that is not installed.
pub(crate) fn licences() -> anyhow::Result<bool> {
    let text =
        std::fs::read_to_string(root().join("deny.toml")).context("cannot read deny.toml")?;
    let allowed = allowed_licences(&text);
    let metadata = metadata(&[])?;
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let (mut bad, mut seen) = (0, 0);
    for package in packages.iter().filter(|package| !super::layers::is_ours(package)) {
        seen += 1;
        let licence = package["license"].as_str().unwrap_or("");
        let source = package["source"].as_str().unwrap_or("");
        if !is_allowed(licence, &allowed) {
            say(&format!("{}: licence `{licence}` is not in deny.toml", package["name"]));
            bad += 1;
        }
        if !source.starts_with("registry+https://github.com/rust-lang/crates.io-index") {
            say(&format!("{}: source `{source}` is not crates.io", package["name"]));
            bad += 1;
        }
    }
    say(&format!("licences: {seen} packages, {bad} findings"));
    Ok(bad == 0)
}

/// The strings of `allow = [ … ]` in the table `[licenses]`.
fn allowed_licences(deny: &str) -> Vec<String> {
    let table = deny.split("[licenses]").nth(1).unwrap_or("");
    let list = table.split_once("allow = [").map_or("", |(_, rest)| rest);
    let list = list.split_once(']').map_or("", |(list, _)| list);
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// An SPDX expression of ANDs over ORs, which is all that crates use in practice; `/` is the old
/// way to write OR.
fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    let plain = expression.replace('/', " OR ");
    !plain.trim().is_empty() && plain.split(" AND ").all(|part| any_allowed(part, allowed))
}

fn any_allowed(part: &str, allowed: &[String]) -> bool {
    part.split(" OR ")
        .map(|name| name.trim_matches(|c: char| c == '(' || c == ')' || c == ' '))
        .any(|name| allowed.iter().any(|allowed| allowed == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_allowed_if_each_of_its_parts_has_an_allowed_choice() {
        let allowed = allowed_licences("[licenses]\nallow = [\n  \"MIT\",\n  \"Apache-2.0\",\n]\n");
        assert_eq!(allowed, ["MIT", "Apache-2.0"]);
        for good in ["MIT", "GPL-3.0 OR MIT", "MIT/Apache-2.0", "(MIT OR Zlib) AND Apache-2.0"] {
            assert!(is_allowed(good, &allowed), "{good}");
        }
        for bad in ["", "GPL-3.0", "MIT AND GPL-3.0"] {
            assert!(!is_allowed(bad, &allowed), "{bad}");
        }
    }
}
