//! `cargo xtask …`: the one door for developers, the same on a laptop and in CI.
//!
//! Plain Rust over `cargo`, `npm` and `python3`; no async, no argument parser, so that it compiles
//! in seconds.

mod assets;
mod bench;
mod codegen;
mod console;
mod demo;
mod parity;
mod run;
mod sdk;
mod sim;
mod test;
mod tidy;

use std::process::ExitCode;

use anyhow::bail;

const HELP: &str = "\
cargo xtask <command>

  demo [--once] [--listen ADDR] [--data DIR]
                        build Sluice, run it with the sample shop, print its counts beside the truth;
                        --once ends after printing
  test [STEP …]         all that CI runs: assets, fmt, tidy, clippy, licences, console,
                        rust, sdk
  assets                build what the binary embeds and npm makes: browser/, catalogue/, console/dist
  tidy                  the rules of the tree: layers, file headers, file lengths, numbered TODOs
  codegen [--check]     write generated files; --check only compares
  sim [--seed N | --minutes M]
                        the crash simulations, with one seed or with ever new seeds
  parity [--write]      published destinations in Node and in the sandbox, and what differs
  bench [NAME …]        run the benchmarks and print their tables
  screens DIR [NAME …]  pictures of every page of the console, and how fast each is usable";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            run::complain(&format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// `Ok(false)` if the command ran and found something wrong, which it has printed.
fn dispatch(args: &[String]) -> anyhow::Result<bool> {
    let Some((command, rest)) = args.split_first() else {
        run::say(HELP);
        return Ok(true);
    };
    match command.as_str() {
        "demo" => demo::demo(rest),
        "test" => test::test(rest),
        "assets" => assets::assets(),
        "tidy" => tidy::tidy(),
        "codegen" => codegen::codegen(rest.iter().any(|arg| arg == "--check")),
        "parity" => parity::parity(rest),
        "sim" => sim::sim(rest),
        "bench" => bench::bench(rest),
        "screens" => sdk::screens(rest),
        "help" | "--help" | "-h" => {
            run::say(HELP);
            Ok(true)
        }
        other => bail!("there is no command `{other}`\n\n{HELP}"),
    }
}
