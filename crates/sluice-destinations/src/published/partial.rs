//! What of an event is done already, so that another attempt repeats only what failed: an event may
//! start several subscriptions. Delivery keeps it with the event while that waits, also over a
//! restart; subscriptions go by their ids, since they may change meanwhile.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sluice_destination_kit::Reason;

/// Of the reason of a refusal, so much is kept.
const MESSAGE_CHARS_MAX: usize = 500;

/// Bit `i`: subscription `i` needs no further attempt.
#[derive(Clone, Debug, Default)]
pub(super) struct Done {
    pub(super) bits: u64,
    /// If one of them was refused for good.
    pub(super) refused: Option<Reason>,
}

#[derive(Default, Serialize, Deserialize)]
struct Kept {
    done: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refused: Option<(String, String)>,
}

impl Done {
    /// `ids` are those of the subscriptions, in their order.
    pub(super) fn read<'a>(progress: &str, ids: impl Iterator<Item = &'a str>) -> Self {
        let Ok(kept) = serde_json::from_str::<Kept>(progress) else { return Self::default() };
        let is_done = |id: &str| kept.done.iter().any(|done| done == id);
        let bits =
            ids.enumerate().filter(|(_, id)| is_done(id)).fold(0, |bits, (i, _)| bits | 1 << i);
        let refused = kept.refused.map(|(code, message)| Reason::new(code, message));
        Self { bits, refused }
    }

    /// `None` if nothing is done.
    pub(super) fn write<'a>(&self, ids: impl Iterator<Item = &'a str>) -> Option<Arc<str>> {
        let done = ids.enumerate().filter(|(i, _)| self.bits & (1 << i) != 0);
        let kept = Kept {
            done: done.map(|(_, id)| id.to_owned()).collect(),
            refused: self.refused.as_ref().map(|reason| {
                let message = reason.message.chars().take(MESSAGE_CHARS_MAX).collect();
                (reason.code.to_string(), message)
            }),
        };
        (self.bits != 0).then(|| serde_json::to_string(&kept).ok().map(Arc::from)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_goes_by_the_subscriptions_ids_and_not_by_their_places() {
        let done = Done { bits: 0b101, refused: Some(Reason::new("400", "no")) };
        let text = done.write(["a", "b", "c"].into_iter()).unwrap();
        let read = Done::read(&text, ["c", "new", "b", "a"].into_iter());
        assert_eq!(read.bits, 0b1001);
        assert_eq!(read.refused, Some(Reason::new("400", "no")));
        assert_eq!(Done::default().write(["a"].into_iter()), None);
        assert_eq!(Done::read("nonsense", ["a"].into_iter()).bits, 0);
    }
}
