//! Reading a request's body: bounded in size, time and inflation, whatever the peer sends.

use std::future::poll_fn;
use std::io::Read as _;
use std::pin::{Pin, pin};
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body as _, Incoming};

use crate::answer::Answer;
use crate::{CollectorConfig, CollectorStats};

/// A body too large is read on (and thrown away) up to this much, so that a sender who writes it
/// whole before reading sees the answer and not a broken connection.
const DISCARD_BYTES_MAX: usize = 8 << 20;

const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];

const TOO_LARGE: Answer = Answer::TooLarge("Exceed payload limit");
const NOT_IN_TIME: Answer = Answer::Unavailable("the request body did not arrive in time");
const BUSY: Answer = Answer::Busy { retry_after: Duration::from_secs(1) };

/// A body's bytes, counted against the server's limit as long as it lives.
pub(crate) struct Held<'s> {
    stats: &'s CollectorStats,
    counted: usize,
    pub(crate) bytes: Bytes,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.stats.in_flight_bytes.fetch_sub(self.counted as u64, Ordering::Relaxed);
    }
}

impl Held<'_> {
    fn count(&mut self, bytes: usize, config: &CollectorConfig) -> Result<(), Answer> {
        self.counted += bytes;
        let before = self.stats.in_flight_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        if before + bytes as u64 > config.in_flight_bytes_max as u64 { Err(BUSY) } else { Ok(()) }
    }
}

/// Reads the body and inflates it if it is gzip. What the headers say of type and encoding is not
/// asked: SDKs send JSON as text, and proxies inflate without saying so.
pub(crate) async fn read<'s>(
    mut incoming: Incoming,
    config: &CollectorConfig,
    stats: &'s CollectorStats,
) -> Result<Held<'s>, Answer> {
    let mut held = Held { stats, counted: 0, bytes: Bytes::new() };
    if let Err(answer) = collect_in_time(&mut incoming, &mut held, config).await {
        if answer == TOO_LARGE {
            discard(&mut incoming, config.body_timeout).await;
        }
        return Err(answer);
    }
    CollectorStats::add(&stats.body_bytes, held.bytes.len() as u64);
    if held.bytes.starts_with(GZIP_MAGIC) {
        let inflated = inflate(&held.bytes, config)?;
        held.count(inflated.len(), config)?;
        held.bytes = inflated.into();
    }
    Ok(held)
}

async fn collect_in_time(
    incoming: &mut Incoming,
    held: &mut Held<'_>,
    config: &CollectorConfig,
) -> Result<(), Answer> {
    let mut read = pin!(collect(incoming, held, config));
    // Most bodies came with their head; these need no timer.
    match poll_fn(|cx| Poll::Ready(read.as_mut().poll(cx))).await {
        Poll::Ready(read) => read,
        Poll::Pending => {
            let read = tokio::time::timeout(config.body_timeout, read).await;
            read.unwrap_or(Err(NOT_IN_TIME))
        }
    }
}

async fn next_data(incoming: &mut Incoming) -> Result<Option<Bytes>, Answer> {
    loop {
        match poll_fn(|cx| Pin::new(&mut *incoming).poll_frame(cx)).await {
            None => return Ok(None),
            Some(Err(_)) => return Err(Answer::Malformed("the request body is incomplete")),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

async fn collect(
    incoming: &mut Incoming,
    held: &mut Held<'_>,
    config: &CollectorConfig,
) -> Result<(), Answer> {
    let max = config.batch_bytes_max;
    let announced = incoming.size_hint();
    if announced.lower() > max as u64 {
        return Err(TOO_LARGE);
    }
    let Some(first) = next_data(incoming).await? else { return Ok(()) };
    held.count(first.len(), config)?;
    if incoming.is_end_stream() && first.len() <= max {
        held.bytes = first;
        return Ok(());
    }
    let announced = announced.exact().and_then(|bytes| usize::try_from(bytes).ok());
    let mut all = Vec::with_capacity(announced.unwrap_or(first.len() * 2).min(max));
    let mut next = Some(first);
    while let Some(data) = next {
        if all.len() + data.len() > max {
            return Err(TOO_LARGE);
        }
        if !all.is_empty() {
            held.count(data.len(), config)?;
        }
        all.extend_from_slice(&data);
        next = next_data(incoming).await?;
    }
    held.bytes = all.into();
    Ok(())
}

async fn discard(incoming: &mut Incoming, timeout: Duration) {
    let read_on = async {
        let mut discarded = 0;
        while discarded < DISCARD_BYTES_MAX {
            match next_data(incoming).await {
                Ok(Some(data)) => discarded += data.len(),
                _ => break,
            }
        }
    };
    // Either way the answer follows.
    drop(tokio::time::timeout(timeout, read_on).await);
}

fn inflate(gzip: &[u8], config: &CollectorConfig) -> Result<Vec<u8>, Answer> {
    let max = config.batch_bytes_max.min(gzip.len().saturating_mul(config.inflation_ratio_max));
    let mut inflated = Vec::with_capacity(gzip.len().saturating_mul(8).min(max));
    let limit = max as u64 + 1;
    flate2::bufread::MultiGzDecoder::new(gzip)
        .take(limit)
        .read_to_end(&mut inflated)
        .map_err(|_| Answer::Malformed("malformed gzip"))?;
    if inflated.len() > max { Err(TOO_LARGE) } else { Ok(inflated) }
}
