//! What a destination is made of: the kind with its settings, the destination that takes batches,
//! the verdict on what a peer answered, and the one client by which Sluice calls out.
//!
//! - [`kind`]: [`DestinationKind`], one per entry of the catalogue, and the [`Catalog`].
//! - [`action`]: what a kind can do with events, and what it proposes.
//! - [`settings`]: the settings as data: forms are drawn from it and values checked by it.
//! - [`device`]: what works in the sender's own page or app instead of on the server.
//! - [`remark`]: what a kind has to say about settings.
//! - [`destination`]: [`Destination`], what takes a batch of deliveries and says what became of it.
//! - [`keep`]: where it puts settings that its peer gave anew.
//! - [`oauth`]: settings of a kind that is connected by OAuth.
//! - [`verdict`]: the closed set of answers a scheduler acts on, and the usual rule by status.
//! - [`http`]: [`HttpOut`], the only HTTP client; it refuses private addresses.
//! - [`record`]: what is kept of an exchange with a peer, redacted and cut.
//!
//! Not here: when something is sent, retried or given up (`sluice-delivery`); the destinations
//! themselves (`sluice-destinations`).

pub mod action;
pub mod destination;
pub mod device;
#[cfg(feature = "testing")]
pub mod golden;
pub mod http;
pub mod keep;
pub mod kind;
pub mod oauth;
#[cfg(feature = "testing")]
pub mod peer;
#[cfg(feature = "testing")]
pub mod peer_tls;
pub mod record;
pub mod remark;
pub mod settings;
pub mod verdict;

pub use action::{Action, Preset};
pub use destination::{BatchLimits, BatchOutcome, BoxFuture, Delivery, Destination, Verdicts};
pub use device::DeviceMode;
pub use http::{HttpAnswer, HttpFailure, HttpOut, HttpOutConfig, HttpRequest};
pub use keep::{KeepNothing, KeepSettings};
pub use kind::{Catalog, Comparison, DestinationKind};
pub use record::{Exchange, Redactor};
pub use remark::{Remark, Seen};
pub use settings::{DELIVERY_SECTION, Field, FieldKind, Settings, SettingsError, SettingsSchema};
pub use verdict::{Reason, Verdict};
