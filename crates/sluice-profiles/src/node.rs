//! One node of the graph as the map keeps it, and its bytes.

use std::sync::Arc;

use sluice_base::Timestamp;
use sluice_event::codec::{self, CodecError, Reader};
use sluice_event::{ExternalId, MergeId, Offset, PersonId};

use crate::traits::Traits;

/// Version 2 added whether a node is erased.
const VERSION: u8 = 2;

const MERGE_VERSION: u8 = 1;

/// A node: what was created once and owns its identifiers for ever.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) created_at: Timestamp,
    /// The live merge that put this node under an older one.
    pub(crate) parent: Option<(MergeId, PersonId)>,
    /// The live merges that put other nodes under this one.
    pub(crate) children: Vec<(MergeId, PersonId)>,
    /// The other ends of undone merges.
    pub(crate) apart_from: Vec<PersonId>,
    pub(crate) ids: Vec<(ExternalId, Timestamp)>,
    /// What this node's own events have set.
    pub(crate) traits: Traits,
    /// As long as this node is a root: offset that brought the person's traits to what they are.
    pub(crate) traits_version: Offset,
    /// The person's traits as JSON, while this node is a root; made when first asked for.
    pub(crate) traits_json: Option<Arc<str>>,
    /// Nothing is known of it any more, and nobody is it. Its links stay: they are numbers.
    pub(crate) is_erased: bool,
}

impl Node {
    pub(crate) fn new(created_at: Timestamp) -> Self {
        Self {
            created_at,
            parent: None,
            children: Vec::new(),
            apart_from: Vec::new(),
            ids: Vec::new(),
            traits: Traits::default(),
            traits_version: Offset(0),
            traits_json: None,
            is_erased: false,
        }
    }

    pub(crate) fn erase(&mut self) {
        self.ids.clear();
        self.traits = Traits::default();
        self.traits_version = Offset(0);
        self.traits_json = None;
        self.is_erased = true;
    }

    /// About what the node takes in memory.
    pub(crate) fn bytes(&self) -> usize {
        let ids: usize = self.ids.iter().map(|(id, _)| id.kind.len() + id.value.len() + 80).sum();
        let json = self.traits_json.as_ref().map_or(0, |json| json.len());
        let links = (self.children.len() + self.apart_from.len()) * 16;
        size_of::<Self>() + ids + links + json + self.traits.bytes()
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.push(VERSION);
        codec::put_i64(out, self.created_at.as_micros());
        let (merge, parent) = self.parent.map_or((0, 0), |(merge, parent)| (merge.0, parent.0));
        codec::put_u64(out, parent);
        codec::put_u64(out, merge);
        codec::put_u64(out, self.children.len() as u64);
        for (merge, child) in &self.children {
            codec::put_u64(out, merge.0);
            codec::put_u64(out, child.0);
        }
        codec::put_u64(out, self.apart_from.len() as u64);
        for other in &self.apart_from {
            codec::put_u64(out, other.0);
        }
        codec::put_u64(out, self.ids.len() as u64);
        for (id, at) in &self.ids {
            codec::put_bytes(out, id.kind.as_bytes());
            codec::put_bytes(out, id.value.as_bytes());
            codec::put_i64(out, at.as_micros());
        }
        codec::put_u64(out, self.traits_version.0);
        self.traits.encode(out);
        out.push(u8::from(self.is_erased));
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let r = &mut Reader::new(bytes);
        let version = r.u8("version")?;
        if !(1..=VERSION).contains(&version) {
            return Err(CodecError::Version { what: "a node of the identity map", found: version });
        }
        let mut node = Self::new(r.time("creation")?);
        let (parent, merge) = (PersonId(r.u64("parent")?), MergeId(r.u64("merge")?));
        node.parent = (!parent.is_nobody()).then_some((merge, parent));
        for _ in 0..r.count("children")? {
            node.children.push((MergeId(r.u64("merge")?), PersonId(r.u64("child")?)));
        }
        for _ in 0..r.count("undone merges")? {
            node.apart_from.push(PersonId(r.u64("node")?));
        }
        for _ in 0..r.count("identifiers")? {
            let id = ExternalId { kind: r.arc("id type")?, value: r.arc("id value")? };
            node.ids.push((id, r.time("attachment")?));
        }
        node.traits_version = Offset(r.u64("traits version")?);
        node.traits = Traits::decode(r)?;
        node.is_erased = version > 1 && r.u8("erasure")? != 0;
        Ok(node)
    }
}

/// A merge as it was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MergeRecord {
    pub(crate) survivor: PersonId,
    pub(crate) absorbed: PersonId,
    pub(crate) at: Timestamp,
    pub(crate) undone_at: Option<Timestamp>,
}

impl MergeRecord {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.push(MERGE_VERSION);
        codec::put_u64(out, self.survivor.0);
        codec::put_u64(out, self.absorbed.0);
        codec::put_i64(out, self.at.as_micros());
        codec::put_opt_time(out, self.undone_at);
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let r = &mut Reader::new(bytes);
        let version = r.u8("version")?;
        if version != MERGE_VERSION {
            return Err(CodecError::Version {
                what: "a merge of the identity map",
                found: version,
            });
        }
        Ok(Self {
            survivor: PersonId(r.u64("survivor")?),
            absorbed: PersonId(r.u64("absorbed")?),
            at: r.time("time")?,
            undone_at: r.opt_time("time of undoing")?,
        })
    }
}
