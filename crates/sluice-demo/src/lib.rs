//! The sample shop: a month of plausible traffic whose true counts are known.
//!
//! [`Shop::generate`] is pure and seeded: the same seed gives the same bytes, and with them a
//! [`ShopTruth`], counted in the generator, to hold beside what the server answers. [`Live`] goes on
//! from there at a few events a second. [`send`] carries both over HTTP as an SDK would.
//!
//! - [`catalog`]: what is sold, where visitors come from.
//! - [`rhythm`]: when people shop.
//! - [`visitor`]: what one visitor does, as events.
//! - [`faults`]: what a careless integration sends.
//!
//! Not here: asking the server for its counts; the commands that print both do.

mod catalog;
mod error;
mod faults;
mod live;
mod rhythm;
pub mod send;
mod shop;
mod truth;
mod visitor;

pub use error::DemoError;
pub use live::Live;
pub use send::{SendReport, Target, send_all, send_live};
pub use shop::{Auth, Shop, ShopCall};
pub use truth::{
    EXPERIMENT_FUNNEL, FUNNEL_WINDOW, FunnelTruth, PURCHASE_FUNNEL, SIGNUP_FUNNEL, ShopTruth,
};
