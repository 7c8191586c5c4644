//! The command line: one file per command.

mod browser;
mod demo;
mod serve;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::Config;

/// Collect customer events with Segment's API, deliver them, and ask them questions.
///
/// Point any Segment SDK at this server, and its events are made durable before they are
/// acknowledged, deduplicated, joined to people, sent to every destination, and counted in trends
/// and funnels.
#[derive(Debug, Parser)]
#[command(name = "sluice", version, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  sluice serve --data ./data --listen 127.0.0.1:8080
  SLUICE_ADMIN_TOKEN=secret sluice serve --data ./data
  sluice demo --data /tmp/shop

Send a first event (WRITE_KEY is printed by `sluice serve` at its first start):
  curl http://127.0.0.1:8080/v1/track -u WRITE_KEY: \\
    -d '{\"userId\": \"ann\", \"event\": \"Signed Up\", \"properties\": {\"plan\": \"pro\"}}'

Environment:
  SLUICE_ADMIN_TOKEN  a ready API token with the role admin
  SLUICE_LOG          what is logged, such as `info` or `sluice_delivery=debug` (default: info)";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server until it is told to stop (SIGTERM or Ctrl-C drains and exits with 0).
    Serve(ServeArgs),
    /// Run the server with a sample shop whose traffic comes in through the HTTP API.
    Demo(demo::DemoArgs),
}

/// What every server command takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct ServeArgs {
    /// Folder for everything that Sluice keeps; made if it does not exist [default: data].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Configuration file (TOML). Options on the command line win over it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print log lines as JSON.
    #[arg(long)]
    log_json: bool,
}

impl ServeArgs {
    fn config(&self) -> anyhow::Result<Config> {
        let mut config = Config::load(self.config.as_deref())?;
        if let Some(data) = &self.data {
            config.server.data.clone_from(data);
        }
        if let Some(listen) = self.listen {
            config.server.listen = listen;
        }
        Ok(config)
    }
}

impl Cli {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Serve(args) => serve::run(&args),
            Command::Demo(args) => demo::run(&args),
        }
    }
}

/// The embedded key-value store tells of its inner life at `info`.
const LOG_DEFAULT: &str = "info,fjall=warn,lsm_tree=warn";

fn start_logging(json: bool) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("SLUICE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(LOG_DEFAULT));
    let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(is_terminal);
    if json { builder.json().init() } else { builder.compact().init() }
}

/// Standard output belongs to what a person or a script asked for; logs go to standard error.
#[expect(clippy::print_stdout, reason = "the answer of a command")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "the last word of a command that failed")]
pub(crate) fn print_error(error: &anyhow::Error) {
    eprintln!("sluice: {error:#}");
}
