//! One timer a connection, for the time it may take for a request's head.
//!
//! The HTTP library sets and drops that deadline with every request. Here the connection keeps one
//! entry in the runtime's wheel: it is set anew only when it goes off and the deadline has moved on,
//! which is once in many requests.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};
use parking_lot::Mutex;

/// The timer of one connection. Only its youngest deadline counts.
#[derive(Clone, Default)]
pub(crate) struct ConnectionTimer {
    entry: Arc<Mutex<Option<Pin<Box<tokio::time::Sleep>>>>>,
}

struct Deadline {
    timer: ConnectionTimer,
    at: Instant,
}

impl Timer for ConnectionTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Deadline { timer: self.clone(), at })
    }
}

impl Future for Deadline {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let at = self.at.into();
        let mut entry = self.timer.entry.lock();
        let entry = entry.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        if entry.deadline() > at {
            entry.as_mut().reset(at);
        }
        while entry.as_mut().poll(cx).is_ready() {
            if entry.deadline() >= at {
                return Poll::Ready(());
            }
            entry.as_mut().reset(at);
        }
        Poll::Pending
    }
}

impl Sleep for Deadline {}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_youngest_deadline_counts_whether_it_is_earlier_or_later() {
        let timer = ConnectionTimer::default();
        let begun = Instant::now();
        let poll_once = async |after| {
            let mut sleep = timer.sleep_until(begun + Duration::from_millis(after));
            std::future::poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx).is_pending())).await
        };
        assert!(poll_once(20).await);
        timer.sleep_until(begun + Duration::from_millis(60)).await;
        assert!(begun.elapsed() >= Duration::from_millis(60), "the first deadline is forgotten");
        assert!(poll_once(60_000).await);
        timer.sleep_until(begun + Duration::from_millis(80)).await;
        assert!(begun.elapsed() < Duration::from_millis(60_000));
    }
}
