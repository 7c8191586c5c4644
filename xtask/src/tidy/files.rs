//! Rules about single files: length, header, numbered to-dos, words that are refused.

use std::path::Path;

use anyhow::Context as _;

use super::Finding;
use crate::run::{output, program, root};

/// Nine of ten files stay below this.
pub(super) const LINES_USUAL: usize = 400;
/// No file of Rust is longer.
const LINES_MAX: usize = 800;

#[derive(Default)]
pub(super) struct Report {
    pub(super) files: usize,
    pub(super) findings: Vec<Finding>,
    /// Files over the usual length, with their lines.
    pub(super) long: Vec<(String, usize)>,
}

/// Everything that git knows, or would know after `git add`.
pub(super) fn check() -> anyhow::Result<Report> {
    let args = ["ls-files", "--cached", "--others", "--exclude-standard"];
    let listing = output(program("git").args(args))?;
    let mut report = Report::default();
    for path in listing.lines() {
        let full = root().join(path);
        if !full.is_file() || !is_source(Path::new(path)) {
            continue;
        }
        let text = std::fs::read_to_string(&full).with_context(|| format!("cannot read {path}"))?;
        report.files += 1;
        check_file(path, &text, &mut report);
    }
    Ok(report)
}

fn is_source(path: &Path) -> bool {
    let extension = path.extension().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
    ["rs", "py", "mjs", "js", "ts", "tsx", "toml", "md", "sh"].contains(&extension)
}

fn check_file(path: &str, text: &str, report: &mut Report) {
    let is_rust = path.ends_with(".rs");
    if is_rust {
        let lines = text.lines().count();
        if lines > LINES_MAX {
            report.findings.push(Finding::new(path, format!("{lines} lines; at most {LINES_MAX}")));
        } else if lines > LINES_USUAL {
            report.long.push((path.to_owned(), lines));
        }
        if !text.starts_with("//!") && !text.starts_with("#![") {
            let rule = "a file starts with `//!`: its purpose, and what is not here";
            report.findings.push(Finding::new(path, rule));
        }
    }
    for (number, line) in text.lines().enumerate() {
        if let Some(rule) = check_line(path, line, is_rust) {
            report.findings.push(Finding::new(format!("{path}:{}", number + 1), rule));
        }
    }
}

/// This folder spells out what it refuses.
const EXEMPT: &str = "xtask/src/tidy/";

fn check_line(path: &str, line: &str, is_rust: bool) -> Option<&'static str> {
    if path.starts_with(EXEMPT) {
        return None;
    }
    for word in ["TODO", "FIXME", "XXX"] {
        if let Some((before, after)) = line.split_once(word) {
            let stands_alone = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
                && !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            let numbered = after
                .strip_prefix("(#")
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            if stands_alone && !numbered {
                return Some("an open point carries the number of its issue, as in TODO(#12)");
            }
        }
    }
    if !is_rust {
        return None;
    }
    for (refused, rule) in REFUSED {
        let rest = line.trim_start().strip_prefix(refused);
        if rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)) {
            return Some(rule);
        }
    }
    None
}

/// What a line of Rust may not begin with.
const REFUSED: &[(&str, &str)] = &[
    ("#[ignore", "no ignored tests: a test runs or is removed"),
    ("#[should_panic", "no expected panics: assert on the error"),
    (
        "pub struct Segment",
        "a file of the log is a `LogSegment`; a segment of people is an audience",
    ),
    (
        "pub(crate) struct Segment",
        "a file of the log is a `LogSegment`; a segment of people is an audience",
    ),
    ("#[allow", "write #[expect(…, reason = \"…\")]"),
    ("#![allow", "write #![expect(…, reason = \"…\")]"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<String> {
        let mut report = Report::default();
        check_file(path, text, &mut report);
        report.findings.into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn a_file_needs_a_header_and_an_end() {
        assert_eq!(findings("a.rs", "fn main() {}\n"), ["a.rs"]);
        assert!(findings("a.rs", "//! Purpose.\n").is_empty());
        let long = format!("//! Purpose.\n{}", "// x\n".repeat(LINES_MAX));
        assert_eq!(findings("a.rs", &long), ["a.rs"]);
        assert!(findings("a.md", "no header\n").is_empty());
    }

    #[test]
    fn an_open_point_needs_a_number() {
        assert_eq!(findings("a.rs", "//! P.\n// TODO: later\n"), ["a.rs:2"]);
        assert!(findings("a.rs", "//! P.\n// TODO(#7): later\n").is_empty());
        assert!(findings("a.rs", "//! P.\nlet x = TODOS;\n").is_empty());
    }

    #[test]
    fn ignored_tests_and_the_wrong_word_are_refused() {
        assert_eq!(findings("a.rs", "//! P.\n    #[ignore]\n"), ["a.rs:2"]);
        assert_eq!(findings("a.rs", "//! P.\npub struct Segment;\n"), ["a.rs:2"]);
        assert!(findings("a.rs", "//! P.\npub struct LogSegment;\n").is_empty());
        assert!(findings("a.rs", "//! P.\npub struct SegmentHeader;\n").is_empty());
    }
}
