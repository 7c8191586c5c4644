//! The map's state: three tables and the fold of decisions over them.
//!
//! Live decisions and decisions read from the log take the same way through
//! [`State::apply_decision`] and [`State::take_traits`], so that a rebuilt map equals the live one.
//!
//! Not here: the rules (`graph`), locking and the read model (`map`).

use std::sync::Arc;

use sluice_base::Timestamp;
use sluice_event::{CodecError, Decision, Event, ExternalId, MergeId, Offset, PersonId};

use crate::error::IdentityError;
use crate::graph::{Component, Situation};
use crate::identifiers::Identifiers;
use crate::ids::IdIndex;
use crate::node::{MergeRecord, Node};
use crate::rules::{ANONYMOUS_ID, USER_ID};
use crate::tier::{Kept, Key, Tier};
use crate::{operations, traits};

impl Key for PersonId {
    fn with_bytes<R>(&self, run: impl FnOnce(&[u8]) -> R) -> R {
        run(&self.0.to_be_bytes())
    }

    fn memory_bytes(&self) -> usize {
        size_of::<Self>()
    }
}

impl Key for MergeId {
    fn with_bytes<R>(&self, run: impl FnOnce(&[u8]) -> R) -> R {
        run(&self.0.to_be_bytes())
    }

    fn memory_bytes(&self) -> usize {
        size_of::<Self>()
    }
}

impl Kept for Node {
    fn encode(&self, out: &mut Vec<u8>) {
        Self::encode(self, out);
    }

    fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        Self::decode(bytes)
    }

    fn memory_bytes(&self) -> usize {
        self.bytes()
    }
}

impl Kept for MergeRecord {
    fn encode(&self, out: &mut Vec<u8>) {
        Self::encode(self, out);
    }

    fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        Self::decode(bytes)
    }

    fn memory_bytes(&self) -> usize {
        size_of::<Self>()
    }
}

pub(crate) struct State {
    pub(crate) ids: IdIndex,
    pub(crate) nodes: Tier<PersonId, Node>,
    pub(crate) merges: Tier<MergeId, MergeRecord>,
    /// Next offset of `events` to apply.
    pub(crate) applied: Offset,
    /// Up to here nodes and merges were stored when the map was opened; below, only identifiers are
    /// taken from the log.
    pub(crate) nodes_from: Offset,
}

impl State {
    pub(crate) fn dirty_bytes(&self) -> usize {
        self.nodes.dirty_bytes() + self.merges.dirty_bytes()
    }

    pub(crate) fn age(&mut self) {
        self.ids.age();
        self.nodes.age();
        self.merges.age();
    }

    pub(crate) fn node(&mut self, person: PersonId) -> Result<&Node, IdentityError> {
        self.nodes.get(&person)?.ok_or(IdentityError::MissingNode(person.0))
    }

    /// The canonical person: the root above a node.
    pub(crate) fn root(&mut self, person: PersonId) -> Result<PersonId, IdentityError> {
        let mut at = person;
        while let Some((_, parent)) = self.node(at)?.parent {
            at = parent;
        }
        Ok(at)
    }

    /// The node that owns an identifier; none if it was erased.
    pub(crate) fn owner(
        &mut self,
        kind: &str,
        value: &str,
    ) -> Result<Option<PersonId>, IdentityError> {
        let Some(owner) = self.last_owner(kind, value) else { return Ok(None) };
        let is_erased = self.nodes.get(&owner)?.is_some_and(|node| node.is_erased);
        Ok((!is_erased).then_some(owner))
    }

    /// The same, also if it was erased.
    pub(crate) fn last_owner(&mut self, kind: &str, value: &str) -> Option<PersonId> {
        let key = self.ids.key(kind, value);
        self.ids.get(key)
    }

    /// All nodes under a root, the root first.
    pub(crate) fn members(&mut self, root: PersonId) -> Result<Vec<PersonId>, IdentityError> {
        let mut members = vec![root];
        let mut at = 0;
        while at < members.len() {
            members.extend(self.node(members[at])?.children.iter().map(|(_, child)| *child));
            at += 1;
        }
        Ok(members)
    }

    fn component(&mut self, root: PersonId) -> Result<Component, IdentityError> {
        let nodes = self.members(root)?;
        let mut component = Component { root, ..Component::default() };
        for node in &nodes {
            let node = self.node(*node)?;
            component.ids.extend(node.ids.iter().map(|(id, at)| (Arc::clone(&id.kind), *at)));
            component.apart_from.extend(&node.apart_from);
        }
        component.nodes = nodes;
        Ok(component)
    }

    /// What the graph must know to decide on an event's identifiers.
    pub(crate) fn situation(&mut self, found: Identifiers) -> Result<Situation, IdentityError> {
        let mut situation =
            Situation { is_alias: found.previous.is_some(), ..Situation::default() };
        let mut roots: Vec<(PersonId, PersonId)> = Vec::new();
        let mut is_new = false;
        for id in found.ids {
            let owner = self.owner(&id.kind, &id.value)?;
            situation.ids.push((id, owner));
        }
        if let Some(previous) = found.previous {
            let entry = self.previous(&previous)?;
            if !situation.ids.iter().any(|(id, _)| *id == entry.0) {
                situation.ids.push(entry);
            }
        }
        for (_, owner) in &situation.ids {
            match owner {
                Some(owner) if !roots.iter().any(|(known, _)| known == owner) => {
                    roots.push((*owner, self.root(*owner)?));
                }
                Some(_) => {}
                None => is_new = true,
            }
        }
        let is_one = roots.windows(2).all(|pair| pair[0].1 == pair[1].1);
        if let Some((_, root)) = roots.first().filter(|_| is_one && !is_new) {
            // Nothing can change: the identifiers of all the nodes need not be read.
            let nodes = roots.iter().map(|(owner, _)| *owner).collect();
            situation.people.push(Component { root: *root, nodes, ..Component::default() });
            return Ok(situation);
        }
        for (_, root) in roots {
            if !situation.people.iter().any(|person| person.root == root) {
                situation.people.push(self.component(root)?);
            }
        }
        Ok(situation)
    }

    /// An alias call's previous id: a user id if one is known by it, else an anonymous id.
    fn previous(&mut self, value: &str) -> Result<(ExternalId, Option<PersonId>), IdentityError> {
        let user = self.owner(USER_ID, value)?;
        if user.is_some() {
            return Ok((ExternalId::new(USER_ID, value), user));
        }
        Ok((ExternalId::new(ANONYMOUS_ID, value), self.owner(ANONYMOUS_ID, value)?))
    }

    /// Applies one decision. `offset` is that of the record that carries it; only an undo needs it.
    pub(crate) fn apply_decision(
        &mut self,
        decision: &Decision,
        offset: Offset,
    ) -> Result<(), IdentityError> {
        match decision {
            Decision::Create { person, at } => {
                self.nodes.put(*person, Node::new(*at));
                Ok(())
            }
            Decision::Attach { person, id, at } => {
                self.ensure(*person, *at)?;
                if id.value.is_empty() {
                    // Of a person who is erased further on in the log.
                    return Ok(());
                }
                self.put_id(id, *person);
                self.nodes.change(person, |node| node.ids.push((id.clone(), *at)))?;
                Ok(())
            }
            Decision::Merge { merge, survivor, absorbed, at } => {
                self.apply_merge(*merge, *survivor, *absorbed, *at)
            }
            Decision::Undo { merge, at } => self.apply_undo(*merge, *at, offset),
            Decision::Erase { person, at } => {
                self.ensure(*person, *at)?;
                self.nodes.change(person, Node::erase)?;
                Ok(())
            }
        }
    }

    pub(crate) fn put_id(&mut self, id: &ExternalId, owner: PersonId) {
        let key = self.ids.key(&id.kind, &id.value);
        self.ids.put(key, owner);
    }

    /// A node may be missing only if the log no longer reaches back to its creation and the map is
    /// being rebuilt from what is left.
    fn ensure(&mut self, person: PersonId, at: Timestamp) -> Result<(), IdentityError> {
        if self.nodes.get(&person)?.is_none() {
            self.nodes.put(person, Node::new(at));
        }
        Ok(())
    }

    fn apply_merge(
        &mut self,
        merge: MergeId,
        survivor: PersonId,
        absorbed: PersonId,
        at: Timestamp,
    ) -> Result<(), IdentityError> {
        self.ensure(survivor, at)?;
        self.ensure(absorbed, at)?;
        self.merges.put(merge, MergeRecord { survivor, absorbed, at, undone_at: None });
        self.nodes.change(&absorbed, |node| {
            node.parent = Some((merge, survivor));
            node.traits_version = Offset(0);
            node.traits_json = None;
        })?;
        self.nodes.change(&survivor, |node| node.children.push((merge, absorbed)))?;
        let root = self.root(survivor)?;
        self.renew_traits(root, Offset(merge.0 >> 7))
    }

    fn apply_undo(
        &mut self,
        merge: MergeId,
        at: Timestamp,
        offset: Offset,
    ) -> Result<(), IdentityError> {
        let Some(record) =
            self.merges.get(&merge)?.copied().filter(|record| record.undone_at.is_none())
        else {
            tracing::warn!(
                merge = merge.0,
                "the log undoes a merge that the identity map does not have"
            );
            return Ok(());
        };
        self.merges.change(&merge, |record| record.undone_at = Some(at))?;
        self.nodes.change(&record.survivor, |node| {
            node.children.retain(|(child, _)| *child != merge);
            node.apart_from.push(record.absorbed);
        })?;
        self.nodes.change(&record.absorbed, |node| {
            node.parent = None;
            node.apart_from.push(record.survivor);
        })?;
        let root = self.root(record.survivor)?;
        self.renew_traits(root, offset)?;
        self.renew_traits(record.absorbed, offset)
    }

    fn renew_traits(&mut self, root: PersonId, offset: Offset) -> Result<(), IdentityError> {
        self.nodes.change(&root, |node| {
            node.traits_version = node.traits_version.max(offset);
            node.traits_json = None;
        })?;
        Ok(())
    }

    /// Takes the traits of an identify call, and the operations of any call, into the node that the
    /// event is written to.
    pub(crate) fn take_traits(
        &mut self,
        person: PersonId,
        event: &Event,
        offset: Offset,
    ) -> Result<(), IdentityError> {
        let has_traits =
            event.event_type == sluice_event::EventType::Identify && !event.body.is_empty();
        if !has_traits && !operations::may_stand_in(event) {
            return Ok(());
        }
        let take = |node: &mut Node| {
            let is_merged = node.parent.is_some() || !node.children.is_empty();
            node.traits.take(event, offset, is_merged)
        };
        if self.nodes.change(&person, take)? == Some(true) {
            let root = self.root(person)?;
            self.renew_traits(root, offset)?;
        }
        Ok(())
    }

    /// The traits of a canonical person as JSON with their version; `None` if there are none.
    pub(crate) fn traits_of(
        &mut self,
        root: PersonId,
    ) -> Result<Option<(Offset, Arc<str>)>, IdentityError> {
        let node = self.node(root)?;
        let version = node.traits_version;
        if version == Offset(0) {
            return Ok(None);
        }
        if let Some(json) = &node.traits_json {
            return Ok((!json.is_empty()).then(|| (version, Arc::clone(json))));
        }
        let json = self.fold_traits(root)?;
        if let Some(node) = self.nodes.slot(&root)? {
            node.traits_json = Some(json.clone().unwrap_or_default());
        }
        Ok(json.map(|json| (version, json)))
    }

    fn fold_traits(&mut self, root: PersonId) -> Result<Option<Arc<str>>, IdentityError> {
        if self.node(root)?.children.is_empty() {
            return Ok(traits::to_json(self.node(root)?.traits.iter()));
        }
        let folded = self.folded_traits(root)?;
        Ok(traits::to_json(folded.iter()))
    }

    pub(crate) fn folded_traits(
        &mut self,
        root: PersonId,
    ) -> Result<traits::Folded, IdentityError> {
        let mut folded = traits::Folded::new();
        for member in self.members(root)? {
            traits::fold_into(&mut folded, &self.node(member)?.traits);
        }
        Ok(folded)
    }
}
