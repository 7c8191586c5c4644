//! A record of the `received` log: one request's events as they came, write keys stripped.
//!
//! One log entry holds one request and takes one offset per item, so item `i` of an entry at offset
//! `o` is `o + i`. An item that was refused at the door stands as a stub with its reason.

use std::net::IpAddr;

use sluice_base::Timestamp;

use crate::codec::{self, CodecError, Reader};
use crate::{Refusal, SourceNo};

const VERSION: u8 = 1;

/// Which door the request used; decides the type of a single event and the channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// A single-event path; `short` for `/v1/t` and its like (client channel).
    Single { event_type: crate::EventType, short: bool },
    /// `/v1/batch` and `/v1/import`: server channel.
    Batch,
    /// `/v1/b`: client channel.
    ClientBatch,
    /// The pixel: client channel.
    Pixel { event_type: crate::EventType },
    /// Amplitude's API, translated at the door: server channel.
    Amplitude,
}

/// One request as the collector hands it to the log. Borrowed, so that the hot path copies the
/// bytes once, into the log's buffer.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceivedRequest<'a> {
    pub source: SourceNo,
    pub received_at: Timestamp,
    pub endpoint: Endpoint,
    /// The peer's address, as far as trusted proxies tell it.
    pub ip: Option<IpAddr>,
    pub user_agent: Option<&'a str>,
    /// Batch-level `sentAt`, raw JSON text of the value.
    pub sent_at: Option<&'a str>,
    /// Batch-level `context`, raw JSON object.
    pub context: Option<&'a str>,
    /// Batch-level `integrations`, raw JSON object.
    pub integrations: Option<&'a str>,
    pub items: Vec<ReceivedItem<'a>>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ReceivedItem<'a> {
    /// A JSON object, syntactically valid, without a top-level `writeKey`.
    Event(&'a str),
    /// Refused at the door. `size` is the size as received; `head` its first bytes (at most
    /// [`STUB_HEAD_BYTES_MAX`]), cut at a character border, write key blanked.
    Stub { refusal: Refusal, size: u64, head: &'a str },
}

/// How much of a refused event is kept to recognise it by.
pub const STUB_HEAD_BYTES_MAX: usize = 512;

impl ReceivedRequest<'_> {
    /// Kind of a log entry that holds one.
    pub const ENTRY_KIND: u8 = 1;

    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(VERSION);
        codec::put_u64(out, u64::from(self.source.0));
        codec::put_i64(out, self.received_at.as_micros());
        let (door, event_type) = match self.endpoint {
            Endpoint::Single { event_type, short: false } => (0, event_type as u8),
            Endpoint::Single { event_type, short: true } => (1, event_type as u8),
            Endpoint::Batch => (2, 0),
            Endpoint::ClientBatch => (3, 0),
            Endpoint::Pixel { event_type } => (4, event_type as u8),
            Endpoint::Amplitude => (5, 0),
        };
        out.push(door);
        out.push(event_type);
        match self.ip {
            None => out.push(0),
            Some(IpAddr::V4(ip)) => {
                out.push(4);
                out.extend_from_slice(&ip.octets());
            }
            Some(IpAddr::V6(ip)) => {
                out.push(6);
                out.extend_from_slice(&ip.octets());
            }
        }
        codec::put_opt(out, self.user_agent);
        codec::put_opt(out, self.sent_at);
        codec::put_opt(out, self.context);
        codec::put_opt(out, self.integrations);
        codec::put_u64(out, self.items.len() as u64);
        for item in &self.items {
            match item {
                ReceivedItem::Event(json) => {
                    out.push(0);
                    codec::put_bytes(out, json.as_bytes());
                }
                ReceivedItem::Stub { refusal, size, head } => {
                    out.push(refusal.number());
                    codec::put_u64(out, *size);
                    codec::put_bytes(out, head.as_bytes());
                }
            }
        }
    }
}

impl<'a> ReceivedRequest<'a> {
    /// Reads one record back.
    ///
    /// # Errors
    /// If the bytes are not a record of a known version.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, CodecError> {
        let r = &mut Reader::new(bytes);
        let version = r.u8("version")?;
        if version != VERSION {
            return Err(CodecError::Version { what: "a received request", found: version });
        }
        let source = SourceNo(r.u32("source")?);
        let received_at = r.time("received at")?;
        let endpoint = decode_endpoint(r)?;
        let ip = decode_ip(r)?;
        let user_agent = r.opt("user agent")?;
        let sent_at = r.opt("sent at")?;
        let context = r.opt("context")?;
        let integrations = r.opt("integrations")?;
        let count = r.count("items")?;
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(match r.u8("item")? {
                0 => ReceivedItem::Event(r.str("event")?),
                number => ReceivedItem::Stub {
                    refusal: Refusal::from_number(number).ok_or(CodecError::Invalid("refusal"))?,
                    size: r.u64("size")?,
                    head: r.str("head")?,
                },
            });
        }
        Ok(Self {
            source,
            received_at,
            endpoint,
            ip,
            user_agent,
            sent_at,
            context,
            integrations,
            items,
        })
    }
}

fn decode_endpoint(r: &mut Reader<'_>) -> Result<Endpoint, CodecError> {
    let door = r.u8("endpoint")?;
    let number = r.u8("event type")?;
    let event_type =
        || crate::EventType::from_number(number).ok_or(CodecError::Invalid("event type"));
    Ok(match door {
        0 => Endpoint::Single { event_type: event_type()?, short: false },
        1 => Endpoint::Single { event_type: event_type()?, short: true },
        2 => Endpoint::Batch,
        3 => Endpoint::ClientBatch,
        4 => Endpoint::Pixel { event_type: event_type()? },
        5 => Endpoint::Amplitude,
        _ => return Err(CodecError::Invalid("endpoint")),
    })
}

fn decode_ip(r: &mut Reader<'_>) -> Result<Option<IpAddr>, CodecError> {
    fn octets<const N: usize>(r: &mut Reader<'_>) -> Result<[u8; N], CodecError> {
        let mut octets = [0; N];
        for octet in &mut octets {
            *octet = r.u8("address")?;
        }
        Ok(octets)
    }
    Ok(match r.u8("address")? {
        0 => None,
        4 => Some(IpAddr::from(octets::<4>(r)?)),
        6 => Some(IpAddr::from(octets::<16>(r)?)),
        _ => return Err(CodecError::Invalid("address")),
    })
}
