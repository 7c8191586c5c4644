//! Opens a page in the browser of whoever sits at this machine, if somebody does.

use std::io::IsTerminal as _;
use std::process::{Command, Stdio};

/// Does nothing without a terminal and a desktop; what fails, fails in silence: the address is
/// printed anyway.
pub(super) fn open(url: &str) {
    if !std::io::stdout().is_terminal() {
        return;
    }
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else if ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some()) {
        "xdg-open"
    } else {
        return;
    };
    let opened = Command::new(opener)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if let Err(error) = opened {
        tracing::debug!(%error, opener, "cannot open a browser");
    }
}
