//! How often passwords and codes may be tried: so many wrong ones per address and per account, then
//! one now and then. What was right costs nothing.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use sluice_base::Timestamp;
use sluice_store::{Store, StoreError};
use tokio::sync::Semaphore;

use crate::error::ApiError;
use crate::state::ApiState;
use crate::visitor::Visitor;

/// Wrong attempts in a row from one address, and the time after which one more is allowed.
const ADDRESS: Rate = Rate { burst: 20, every: Duration::from_secs(6) };
/// The same for one account, wherever they come from.
const ACCOUNT: Rate = Rate { burst: 10, every: Duration::from_secs(60) };
/// Addresses and accounts remembered at once; about 6 MB.
const BUCKETS_MAX: usize = 100_000;
/// Passwords hashed at once: each takes 19 MiB and a core.
const HASHING_MAX: usize = 2;
/// Longer than this nobody waits for their turn to be hashed.
const HASHING_WAIT_MAX: Duration = Duration::from_secs(5);

struct Rate {
    burst: u32,
    every: Duration,
}

/// Who tried; text of strangers is kept as a hash of fixed size.
type Key = [u8; 32];

/// The attempts of late.
pub(crate) struct Attempts {
    /// When the bucket will be empty again (the generic cell rate algorithm).
    empty_at: Mutex<HashMap<Key, Timestamp>>,
    hashing: Semaphore,
}

impl Default for Attempts {
    fn default() -> Self {
        Self { empty_at: Mutex::default(), hashing: Semaphore::new(HASHING_MAX) }
    }
}

impl Attempts {
    /// Counts an attempt, or says how long to wait.
    fn take(&self, key: Key, rate: &Rate, now: Timestamp) -> Result<(), Duration> {
        let mut all = self.empty_at.lock();
        if all.len() >= BUCKETS_MAX {
            all.retain(|_, empty_at| *empty_at > now);
            if all.len() >= BUCKETS_MAX && !all.contains_key(&key) {
                return Err(ACCOUNT.every);
            }
        }
        let empty_at = (*all.get(&key).unwrap_or(&now)).max(now).plus(rate.every);
        let wait = empty_at.since(now.plus(rate.every * rate.burst));
        if wait > Duration::ZERO {
            return Err(wait);
        }
        all.insert(key, empty_at);
        Ok(())
    }

    /// Takes the count of one attempt back.
    fn give_back(&self, key: Key, rate: &Rate) {
        if let Some(empty_at) = self.empty_at.lock().get_mut(&key) {
            *empty_at = empty_at.minus(rate.every);
        }
    }

    fn forget(&self, key: Key) {
        self.empty_at.lock().remove(&key);
    }
}

/// Checks a password or a code off the async workers, if this visitor, and this account, have not
/// been wrong too often. `act` gives `None` for a wrong one, which is then told as `wrong`.
pub(crate) async fn attempt<T: Send + 'static>(
    api: &ApiState,
    visitor: &Visitor,
    account: Option<&str>,
    wrong: ApiError,
    act: impl FnOnce(&Store) -> Result<Option<T>, StoreError> + Send + 'static,
) -> Result<T, ApiError> {
    let (attempts, now) = (api.attempts(), api.site().clock.now());
    let address = address_key(visitor.address);
    let account = account.map(|email| key("account", email.trim().to_lowercase().as_bytes()));
    let wait = |wait: Duration| ApiError::TooManyAttempts { retry_after_seconds: seconds(wait) };
    attempts.take(address, &ADDRESS, now).map_err(wait)?;
    if let Some(account) = account {
        attempts.take(account, &ACCOUNT, now).map_err(wait)?;
    }
    let turn = tokio::time::timeout(HASHING_WAIT_MAX, attempts.hashing.acquire()).await;
    let Ok(Ok(_turn)) = turn else {
        let message = "too many people are signing in at once".to_owned();
        return Err(ApiError::Busy { message, retry_after_seconds: 2 });
    };
    let outcome = api.store().call(act).await;
    let is_wrong = matches!(outcome, Ok(None) | Err(StoreError::Spent { .. }));
    if !is_wrong {
        attempts.give_back(address, &ADDRESS);
    }
    if let Some(account) = account.filter(|_| !is_wrong) {
        attempts.forget(account);
    }
    outcome?.ok_or(wrong)
}

/// Rounded up, so that who waits as told is let in.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// Whoever has one IPv6 address has a whole /64 of them.
fn address_key(address: IpAddr) -> Key {
    match address.to_canonical() {
        IpAddr::V4(ip) => key("v4", &ip.octets()),
        IpAddr::V6(ip) => key("v6", &ip.octets()[..8]),
    }
}

fn key(kind: &str, text: &[u8]) -> Key {
    Sha256::new().chain_update(kind).chain_update([0]).chain_update(text).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 3, every: Duration::from_secs(10) };

    #[test]
    fn after_the_burst_one_attempt_comes_free_at_a_time() {
        let attempts = Attempts::default();
        let start = Timestamp::from_secs(1_700_000_000);
        let take = |name: &str, secs| {
            let at = start.plus(Duration::from_secs(secs));
            attempts.take(key("account", name.as_bytes()), &RATE, at)
        };
        for _ in 0..3 {
            assert_eq!(take("ann", 0), Ok(()));
        }
        assert_eq!(take("ann", 0), Err(Duration::from_secs(10)));
        assert_eq!(take("bob", 0), Ok(()), "somebody else is not concerned");
        assert_eq!(take("ann", 9), Err(Duration::from_secs(1)));
        assert_eq!(take("ann", 10), Ok(()));
        assert_eq!(take("ann", 10), Err(Duration::from_secs(10)));
    }

    #[test]
    fn neighbours_in_a_v6_network_are_one_and_v4_addresses_are_not() {
        let of = |text: &str| address_key(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::2"));
        assert_ne!(of("2001:db8:0:1::1"), of("2001:db8::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
