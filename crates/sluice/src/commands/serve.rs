//! `sluice serve`.

use sluice_base::Secret;

use super::{ServeArgs, say, start_logging};
use crate::assemble::Server;

/// The operator's own admin token.
pub(super) const ADMIN_TOKEN: &str = "SLUICE_ADMIN_TOKEN";

pub(super) fn run(args: &ServeArgs) -> anyhow::Result<()> {
    start_logging(args.log_json);
    let config = args.config()?;
    let token = std::env::var(ADMIN_TOKEN).ok().filter(|token| !token.is_empty()).map(Secret::new);
    let server = Server::start(&config, token.as_ref(), axum::Router::new())?;
    if let Some(token) = &server.setup_token {
        say(&format!("set up at {}/setup?token={}", server.console_url(), token.expose()));
    }
    announce(&server);
    runtime()?.block_on(server.run_until(stop_signal()))
}

/// A small runtime for waiting; the parts have their own.
pub(super) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// The lines scripts wait for, and what the first start made.
pub(super) fn announce(server: &Server) {
    if let Some(first) = &server.first_start {
        say(&format!("write key of the first source: {}", first.write_key));
        if let Some(token) = &first.admin_token {
            say(&format!("admin API token (shown once): {token}"));
        }
    }
    say(&format!("listening on {}", server.base_url()));
}

/// SIGTERM or Ctrl-C.
pub(super) async fn stop_signal() {
    let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    let Ok(mut terminate) = terminate else {
        drop(tokio::signal::ctrl_c().await);
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
