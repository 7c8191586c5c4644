//! The sample shop: a month of plausible traffic whose true counts are known.
//!
//! [`Shop::generate`] is pure and seeded: the same seed gives the same bytes, and with them a
//! [`ShopTruth`], counted in the generator, to hold beside what the server answers. [`Live`] goes on
//! from there at a few events a second. [`send`] carries both over HTTP as an SDK would, and
//! [`run`] does the whole demonstration against a running server.
//!
//! Inside: `catalog` (what is sold, where visitors come from), `rhythm` (when people shop),
//! `visitor` (what one visitor does, with `envelope` and `order`), `faults` (what a careless
//! integration sends), `shop` (packs it into requests), `truth` (counts it), `api` and `report`
//! (ask the server and compare), `board` (what is saved for a newcomer), `shop_page` (a shop to
//! click in, at `/demo-shop/`).
//!
//! Not here: starting the server. Everything goes through its public HTTP interface.

mod api;
mod board;
mod catalog;
pub mod console;
mod demo;
mod envelope;
mod error;
mod faults;
mod live;
mod order;
pub mod receivers;
mod report;
mod rhythm;
pub mod send;
mod shop;
pub mod shop_page;
mod truth;
mod visitor;

pub use api::{Server, Source};
pub use demo::{Demo, DemoOptions, run};
pub use error::DemoError;
pub use live::Live;
pub use receivers::Receivers;
pub use report::Report;
pub use send::{SendReport, Target, send_all, send_live};
pub use shop::{Auth, Shop, ShopCall};
pub use truth::{
    EXPERIMENT_FUNNEL, FUNNEL_WINDOW, FunnelTruth, PURCHASE_FUNNEL, SIGNUP_FUNNEL, ShopTruth,
};
