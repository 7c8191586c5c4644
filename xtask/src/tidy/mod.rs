//! `cargo xtask tidy`: rules of the tree that a tool can check. Each finding names file, line and
//! rule.

mod files;
mod layers;
mod packages;

use crate::run::say;

pub(crate) use packages::licences;

/// One broken rule.
pub(crate) struct Finding {
    /// File and, where there is one, line.
    pub(crate) place: String,
    pub(crate) rule: String,
}

impl Finding {
    fn new(place: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { place: place.into(), rule: rule.into() }
    }
}

/// True if every rule holds.
pub(crate) fn tidy() -> anyhow::Result<bool> {
    let mut findings = layers::check()?;
    let report = files::check()?;
    findings.extend(report.findings);
    for (path, lines) in &report.long {
        say(&format!(
            "note: {path} has {lines} lines; most files stay under {}",
            files::LINES_USUAL
        ));
    }
    for finding in &findings {
        say(&format!("{}: {}", finding.place, finding.rule));
    }
    say(&format!("tidy: {} files, {} findings", report.files, findings.len()));
    Ok(findings.is_empty())
}
