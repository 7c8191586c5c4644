//! The `sluice` binary: reads the command line and the configuration, and assembles the parts.
//!
//! Not here: anything a part does. `assemble.rs` alone knows every part.

mod assemble;
mod assets;
mod commands;
mod config;

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    sluice_base::memory::use_small_pages();
    let command = commands::Cli::parse();
    match command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            commands::print_error(&error);
            ExitCode::FAILURE
        }
    }
}
