//! The outside of an event: its call, library and ids.

use rand::Rng;
use rand::rngs::StdRng;
use serde_json::{Map, Value, json};
use sluice_base::Timestamp;

use crate::visitor::Sender;

pub(crate) fn call(
    kind: &str,
    name_key: &str,
    name: &str,
    properties: Value,
) -> Map<String, Value> {
    let mut json = Map::new();
    json.insert("type".into(), kind.into());
    json.insert(name_key.into(), name.into());
    json.insert("properties".into(), properties);
    json
}

pub(crate) fn library(name: &str, version: &str) -> Value {
    json!({ "name": name, "version": version })
}

/// A message id in the form of the library that the sender uses.
pub(crate) fn message_id(rng: &mut StdRng, sender: Sender, at: Timestamp) -> String {
    match sender {
        Sender::Browser => format!("ajs-next-{}-{}", at.as_millis(), uuid(rng)),
        Sender::Phone => uuid(rng),
        Sender::Server => format!("node-next-{}-{}", at.as_millis(), uuid(rng)),
    }
}

/// A random UUID (version 4) from the seed.
pub(crate) fn uuid(rng: &mut StdRng) -> String {
    let bits = (rng.random::<u128>() & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
