//! What a peer's answer means for a delivery: a closed set on which the scheduler acts.
//!
//! Only a destination knows its peer and only the scheduler knows time, so a verdict carries no
//! deadline and no count of attempts.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// Why something did not work, for people and for grouping.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reason {
    /// Short and stable: a status (`503`), a network code (`ETIMEDOUT`), or a name in capitals.
    pub code: Cow<'static, str>,
    /// One sentence; must hold no secret.
    pub message: String,
}

impl Reason {
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }

    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { code: status.to_string().into(), message: format!("the peer answered {status}") }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// What became of one event, or of a batch as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Delivered,
    /// A passing failure. `after` is the least time to wait, as the peer asked.
    Retry {
        reason: Reason,
        after: Option<Duration>,
    },
    /// The peer does not let this connection in: every event would fail, so nothing more is sent
    /// until the owner has changed something. The events wait.
    Suspend {
        reason: Reason,
    },
    /// This event will never be taken.
    Reject {
        reason: Reason,
    },
    /// The batch is too large: send it in halves. For a single event it means [`Verdict::Reject`].
    Split {
        reason: Reason,
    },
    /// The destination wants nothing of this event, though it took it before: its owner has changed
    /// what it wants. It is counted as filtered, for this reason.
    Filtered(&'static str),
    /// Nothing is known of this event: the peer refused its batch on account of others, or it was
    /// not sent because of them. It goes again at once, in its place, and no attempt is counted.
    Again,
}

impl Verdict {
    /// The rule for HTTP answers, unless a destination knows better of its peer.
    ///
    /// 2xx is delivered; 401 and 403 suspend the connection; 408, 423, 429 and every 5xx but 501
    /// are tried again; 413 splits the batch; all else is final, with redirects that could not be
    /// followed.
    #[must_use]
    pub fn of_status(status: u16, retry_after: Option<Duration>) -> Self {
        let reason = Reason::status(status);
        match status {
            200..=299 => Self::Delivered,
            401 | 403 => Self::Suspend { reason },
            413 => Self::Split { reason },
            501 => Self::Reject { reason },
            408 | 423 | 429 | 500..=599 => Self::Retry { reason, after: retry_after },
            _ => Self::Reject { reason },
        }
    }

    #[must_use]
    pub const fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Delivered | Self::Filtered(_) | Self::Again => None,
            Self::Retry { reason, .. }
            | Self::Suspend { reason }
            | Self::Reject { reason }
            | Self::Split { reason } => Some(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_the_verdict_of_the_table() {
        let kind = |status| match Verdict::of_status(status, None) {
            Verdict::Delivered => "delivered",
            Verdict::Retry { .. } => "retry",
            Verdict::Suspend { .. } => "suspend",
            Verdict::Reject { .. } => "reject",
            Verdict::Split { .. } => "split",
            Verdict::Filtered(_) => "filtered",
            Verdict::Again => "again",
        };
        let table = [
            ("delivered", &[200, 201, 202, 204, 299][..]),
            ("reject", &[301, 307, 400, 402, 404, 405, 409, 410, 422, 451, 501][..]),
            ("suspend", &[401, 403][..]),
            ("retry", &[408, 423, 429, 500, 502, 503, 504, 505, 511, 598, 599][..]),
            ("split", &[413][..]),
        ];
        for (expected, statuses) in table {
            for status in statuses {
                assert_eq!(kind(*status), expected, "{status}");
            }
        }
    }
}
