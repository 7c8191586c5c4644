//! Dependencies point down: a crate uses only crates from rows above its own.

use anyhow::Context as _;
use serde_json::Value;

use super::Finding;
use super::packages::metadata;

/// Lowest first. A crate may use only crates of earlier rows.
const LAYERS: &[&[&str]] = &[
    &["sluice-base"],
    &["sluice-event"],
    &["sluice-model"],
    &[
        "sluice-filter",
        "sluice-mapping",
        "sluice-log",
        "sluice-columnar",
        "sluice-functions",
        "sluice-store",
        "sluice-destination-kit",
    ],
    &["sluice-profiles", "sluice-insights", "sluice-destinations"],
    &["sluice-collector", "sluice-pipeline", "sluice-delivery", "sluice-api"],
    &["sluice-demo"],
    &["sluice"],
];

/// Stand beside the product and use none of its crates.
const APART: &[&str] = &["xtask"];

pub(super) fn check() -> anyhow::Result<Vec<Finding>> {
    let metadata = metadata(&["--no-deps"])?;
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let mut findings = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let edges: Vec<&str> = package["dependencies"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|dependency| dependency["path"].is_string())
            .filter_map(|dependency| dependency["name"].as_str())
            .filter(|dependency| *dependency != name)
            .collect();
        findings.extend(check_edges(name, &edges));
    }
    Ok(findings)
}

fn layer_of(name: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&name))
}

fn check_edges(name: &str, edges: &[&str]) -> Vec<Finding> {
    let place = format!("crates/{name}/Cargo.toml");
    let Some(layer) = layer_of(name) else {
        if APART.contains(&name) && edges.is_empty() {
            return Vec::new();
        }
        let rule = "the crate has no row in LAYERS (xtask/src/tidy/layers.rs)";
        return vec![Finding::new(place, rule)];
    };
    edges
        .iter()
        .filter(|edge| layer_of(edge).is_none_or(|below| below >= layer))
        .map(|edge| {
            Finding::new(
                &place,
                format!("{name} may not depend on {edge}: dependencies point down"),
            )
        })
        .collect()
}

/// The registry's packages only, for the licence check.
pub(super) fn is_ours(package: &Value) -> bool {
    package["source"].is_null()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_to_the_same_row_or_up_is_a_finding() {
        assert!(check_edges("sluice-pipeline", &["sluice-log", "sluice-profiles"]).is_empty());
        assert_eq!(check_edges("sluice-pipeline", &["sluice-delivery"]).len(), 1);
        assert_eq!(check_edges("sluice-event", &["sluice-log"]).len(), 1);
    }

    #[test]
    fn a_crate_without_a_row_is_a_finding() {
        assert_eq!(check_edges("sluice-new", &[]).len(), 1);
        assert!(check_edges("xtask", &[]).is_empty());
    }
}
