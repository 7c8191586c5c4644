//! `sluice demo`: the server, with a sample shop that talks to it through its HTTP API like any
//! customer.

use anyhow::Context as _;
use clap::Args;
use sluice_base::{Clock as _, Secret, SystemClock};
use sluice_demo::console;
use sluice_demo::shop_page::{self, PageKey};
use sluice_demo::{DemoOptions, Live, Receivers, Target, receivers, send_live};
use sluice_destination_kit::http::Cidr;

use super::serve::{ADMIN_TOKEN, announce, runtime, stop_signal};
use super::{ServeArgs, browser, say, start_logging};
use crate::assemble::Server;

/// The demonstration's own token, unless the operator brings one.
const DEMO_TOKEN: &str = "demo";
/// Where the receivers are.
const LOOPBACK: [&str; 2] = ["127.0.0.0/8", "::1/128"];

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    #[command(flatten)]
    serve: ServeArgs,
    /// Visitors in the shop's history.
    #[arg(long, default_value_t = 2_000)]
    visitors: u32,
    /// Days of history.
    #[arg(long, default_value_t = 30)]
    days: u32,
    /// The same seed gives the same shop.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Compare the counts, then stop; fails if one differs.
    #[arg(long)]
    once: bool,
    /// Do not open the console in a browser.
    #[arg(long)]
    no_browser: bool,
}

pub(super) fn run(args: &DemoArgs) -> anyhow::Result<()> {
    start_logging(args.serve.log_json);
    let mut config = args.serve.config()?;
    // The demonstration's receivers are on this machine, and destinations may reach them there.
    config
        .outbound
        .allow
        .extend(LOOPBACK.iter().filter_map(|network| network.parse::<Cidr>().ok()));
    let token = std::env::var(ADMIN_TOKEN).ok().filter(|token| !token.is_empty());
    let token = token.unwrap_or_else(|| DEMO_TOKEN.to_owned());
    let page_key = PageKey::default();
    let receivers = Receivers::new(args.seed);
    let pages = shop_page::router(page_key.clone()).merge(receivers::router(receivers.clone()));
    let server = Server::start(&config, Some(&Secret::new(token.clone())), pages)?;
    anyhow::ensure!(
        server.first_start.is_some(),
        "{} holds data already, and the demo compares counts from an empty start; give another --data folder",
        config.server.data.display()
    );
    announce(&server);
    let shop = sluice_demo::Server::new(&server.base_url(), &token)?;
    let options = DemoOptions {
        seed: args.seed,
        visitors: args.visitors,
        days: args.days,
        waits_for_delivery: args.once,
    };
    let (done, finished) = tokio::sync::oneshot::channel();
    let is_once = args.once;
    let may_open = !args.no_browser;
    let setup_token = server.setup_token.clone().context("the server is set up already")?;
    runtime()?.block_on(async move {
        let play = async {
            let way_in = WayIn { setup_token, may_open };
            let who = (&*token, way_in);
            let outcome = play(&shop, options, &receivers, &page_key, who, is_once).await;
            drop(done.send(outcome));
            if !is_once {
                std::future::pending::<()>().await;
            }
        };
        let stop = async {
            tokio::select! {
                () = stop_signal() => {}
                () = play => {}
            }
        };
        server.run_until(stop).await
    })?;
    match finished.blocking_recv() {
        Ok(outcome) => outcome,
        Err(_stopped_before_the_end) => Ok(()),
    }
}

/// Sends the history, compares, tells where to look, and goes on with live traffic.
async fn play(
    shop: &sluice_demo::Server,
    options: DemoOptions,
    receivers: &Receivers,
    page_key: &PageKey,
    (token, way_in): (&str, WayIn),
    is_once: bool,
) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let account = console::set_up(shop, way_in.setup_token.expose()).await?;
    let (demo, report) = sluice_demo::run(shop, options, receivers, now, say).await?;
    say(&report.to_string());
    if is_once {
        anyhow::ensure!(report.is_true(), "Sluice counts differently from the shop; see above");
        return Ok(());
    }
    shop_page::open(shop, &demo, page_key).await?;
    let link = console::sign_in_link(shop).await?;
    say(&next_steps(shop.base_url(), token, &demo.source));
    say(&enter_console(&link, &account, shop.base_url()));
    if way_in.may_open {
        browser::open(&link);
    }
    let target = Target::new(shop.base_url(), &demo.source.write_key)?;
    send_live(&target, Live::new(options.seed, now)).await?;
    Ok(())
}

/// What it takes to open the console.
struct WayIn {
    setup_token: Secret<String>,
    may_open: bool,
}

fn enter_console(link: &str, account: &console::Account, base_url: &str) -> String {
    format!(
        "
Open the console, signed in (the link works once, for 15 minutes):
  {link}
Later, sign in at {base_url} as {} with the password {}",
        account.email, account.password
    )
}

fn next_steps(base_url: &str, token: &str, source: &sluice_demo::Source) -> String {
    let (key, id) = (&source.write_key, &source.id);
    format!(
        "The shop is open: a few events a second arrive from now on. Ctrl-C ends it.

Click in the shop and see what each call becomes:
  {base_url}/demo-shop/?sluice_overlay=1
See what a demo Amplitude and a demo webhook receive of it, and where they fail:
  {base_url}/demo-receivers/

Send an event of your own:
  curl {base_url}/v1/track -u {key}: \\
    -d '{{\"userId\": \"you\", \"event\": \"Product Viewed\", \"messageId\": \"first-1\"}}'
See where it is:
  curl -H 'Authorization: Bearer {token}' {base_url}/api/v1/events/{id}/first-1
Everything that came in, and what became of it:
  curl -H 'Authorization: Bearer {token}' {base_url}/api/v1/ledger
A funnel over the last 30 days:
  curl -H 'Authorization: Bearer {token}' {base_url}/api/v1/insights/query \\
    -d '{{\"kind\": \"funnel\", \"range\": {{\"last_days\": 30}}, \"window_seconds\": 604800,
         \"steps\": [{{\"event\": \"Product Viewed\"}}, {{\"event\": \"Order Completed\"}}]}}'"
    )
}
