//! What the standard library lacks and every part of Sluice needs: time through a seam, a disk
//! through a seam, small durable files, secrets that do not print, the name that was meant,
//! JSON values as JavaScript sees them.
//!
//! No noun of the product appears here; this crate would serve any durable server.

pub mod byte_size;
pub mod clock;
pub mod disk;
pub mod ecma;
pub mod journal;
pub mod memory;
mod nearest;
pub mod priority;
pub mod secret;
pub mod state_file;
pub mod time;

pub use byte_size::ByteSize;
pub use clock::{Clock, ManualClock, SystemClock};
#[cfg(any(test, feature = "testing"))]
pub use disk::CrashDisk;
pub use disk::{Disk, DiskFile, FileBytes, OsDisk, PacedFile};
pub use journal::Journal;
pub use nearest::nearest;
pub use secret::Secret;
pub use state_file::StateFile;
pub use time::Timestamp;
