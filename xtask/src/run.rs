//! Running other programs and talking to the terminal.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;

use anyhow::{Context as _, bail};

/// Where the checkout is.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    // A closed pipe (`| head`) is no reason to fail.
    drop(writeln!(out, "{text}").and_then(|()| out.flush()));
}

#[expect(clippy::print_stderr, reason = "the last word of a command that failed")]
pub(crate) fn complain(text: &str) {
    eprintln!("{text}");
}

/// `cargo` as it runs this program, in the checkout, without input.
pub(crate) fn cargo() -> Command {
    let mut command = program(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    // Variables of the cargo that runs this program would make the inner one rebuild needlessly.
    for (name, _) in std::env::vars() {
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command
}

/// A program run in the checkout, without input.
pub(crate) fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root()).stdin(Stdio::null());
    command
}

fn describe(command: &Command) -> String {
    let words = command.get_args().map(|arg| arg.to_string_lossy().into_owned());
    let name = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    std::iter::once(name.to_string_lossy().into_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// Runs to the end with its output on the terminal; true if it succeeded.
pub(crate) fn succeeds(command: &mut Command) -> anyhow::Result<bool> {
    let status = command.status().with_context(|| format!("cannot run `{}`", describe(command)))?;
    Ok(status.success())
}

/// Runs to the end and gives what it printed.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run `{}`", describe(command)))?;
    if !output.status.success() {
        bail!("`{}` failed: {}", describe(command), output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("output of `{}`", describe(command)))
}

/// Runs to the end, printing each line of both outputs and showing it to `hear`; true if it
/// succeeded.
pub(crate) fn listen(command: &mut Command, mut hear: impl FnMut(&str)) -> anyhow::Result<bool> {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run `{}`", describe(command)))?;
    let (tell, lines) = mpsc::channel();
    let pipes: [Option<Box<dyn std::io::Read + Send>>; 2] = [
        child.stdout.take().map(|pipe| Box::new(pipe) as _),
        child.stderr.take().map(|pipe| Box::new(pipe) as _),
    ];
    for pipe in pipes.into_iter().flatten() {
        let tell = tell.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
                if tell.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    return;
                }
            }
        });
    }
    drop(tell);
    for line in lines {
        say(&line);
        hear(&line);
    }
    Ok(child.wait().with_context(|| describe(command))?.success())
}
