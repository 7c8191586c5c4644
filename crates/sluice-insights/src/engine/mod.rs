//! The scan under every question: matching rows of a selection, person by person.
//!
//! - [`plan`]: a question's events and filters, compiled for each part: event codes to slots,
//!   conditions to one bit per dictionary code.
//! - [`cursor`]: the matching rows of one part in order, found 64 rows at a time.
//! - [`scan`]: the merge of all parts by person, over threads, cancellable.
//! - [`sweep`]: the same in order of time and some thousand people at once, for questions that
//!   seldom need more; by [`collect`] and [`place`].
//! - [`timeline`]: a sweep whose rows are times and events only, in order.
//! - [`groups`]: the values of a breakdown.
//! - [`accounts`]: gives groups instead of people.
//! - [`admit`]: leaves people out whom a question does not count.

mod accounts;
mod admit;
mod collect;
mod cursor;
pub(crate) mod groups;
mod latest;
mod limits;
mod mask;
mod numbers;
mod pick;
mod place;
pub(crate) mod plan;
pub(crate) mod scan;
pub(crate) mod sweep;
mod test;
mod timeline;
mod wide;

pub(crate) use accounts::{Accounts, FirstSeen};
pub(crate) use groups::{Groups, GroupsOf};
pub(crate) use latest::Latest;
pub use limits::Limits;
pub(crate) use numbers::{Numbers, Ranks, finite};
pub(crate) use place::{ALIKE_MAX, Alike, Places};
pub(crate) use plan::{Plan, SLOTS_MAX, SlotSpec};
pub(crate) use scan::{Hit, Operator, Scan, is_given_up, scan};
pub(crate) use sweep::{
    Mark, SWEPT_PARTS_MAX, Sweeper, Units, Whole, sweep, sweep_in_groups, sweep_starts,
};
pub(crate) use test::{CellsOf, Test};
pub(crate) use timeline::{Rows, Timeline, timeline};
pub(crate) use wide::widest;
