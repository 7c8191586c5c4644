//! The identity map of one workspace: who is behind an event, and what is known of a person.
//!
//! Derived from the `events` log and rebuildable from it. Two stores lie below: an index of
//! identifiers, which is only ever added to, and a store of nodes and merges. Changes are kept in
//! memory; each store takes them in one atomic step together with the offset they reach to. Whatever
//! a crash takes is read from the log again, from [`IdentityMap::stored_to`] on.
//!
//! One writer (the pipeline) and any number of readers; a reader holds the lock for one look-up.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use sluice_base::Timestamp;
use sluice_event::{Decision, Event, EventBatch, ExternalId, MergeId, Offset, PersonId};

use crate::error::IdentityError;
use crate::graph;
use crate::identifiers::identifiers;
use crate::ids::IdIndex;
use crate::rules::IdentityRules;
use crate::search::{self, Search, SearchResult};
use crate::state::State;
use crate::stores::Stores;
use crate::tier::Tier;
use crate::traits::TraitValue;

/// How the map of one workspace is opened.
#[derive(Clone, Debug)]
pub struct IdentityConfig {
    /// Folder of the store; made if it does not exist.
    pub dir: PathBuf,
    pub rules: IdentityRules,
    /// Identifiers and people kept decoded in memory.
    pub cache_bytes: usize,
    /// Blocks of the store kept in memory. The store's own default is far too small: look-ups become
    /// fifty times slower.
    pub store_cache_bytes: u64,
    /// Changes of nodes gathered before they are stored; also bounds what is read again after a
    /// crash.
    pub dirty_bytes_max: usize,
    /// New identifiers gathered before they become a slice of the index; one takes about 48 bytes.
    pub new_ids_max: usize,
}

impl IdentityConfig {
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            rules: IdentityRules::default(),
            cache_bytes: 64 << 20,
            store_cache_bytes: 256 << 20,
            dirty_bytes_max: 2 << 20,
            new_ids_max: 128 * 1024,
        }
    }
}

/// The answer for one event; see [`graph::Resolution`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    pub person: PersonId,
    pub canonical: PersonId,
    /// The person's traits after this event as a JSON object, with their version.
    pub traits: Option<(Offset, Arc<str>)>,
}

/// What is known of one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonView {
    /// The canonical person.
    pub person: PersonId,
    pub created_at: Timestamp,
    /// All nodes, the canonical one first; the others are ids the person also goes by.
    pub nodes: Vec<PersonId>,
    pub external_ids: Vec<ExternalIdView>,
    /// The live merges, which can be undone.
    pub merges: Vec<MergeView>,
    /// Traits that stand, by name.
    pub traits: Vec<(Arc<str>, TraitValue)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalIdView {
    pub id: ExternalId,
    /// The node that owns it, to tell what an undone merge would take away.
    pub node: PersonId,
    pub attached_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MergeView {
    pub merge: MergeId,
    pub survivor: PersonId,
    pub absorbed: PersonId,
    pub at: Timestamp,
    pub undone_at: Option<Timestamp>,
}

pub struct IdentityMap {
    config: IdentityConfig,
    /// Locked after the state.
    stores: Mutex<Stores>,
    state: Mutex<State>,
    /// What is stored of erased nodes is to go, also what the store itself no longer reads.
    is_purge_due: AtomicBool,
    /// How far nodes and merges are stored.
    nodes_to: Mutex<Offset>,
}

impl IdentityMap {
    /// Opens the map, or makes an empty one.
    ///
    /// # Errors
    /// If the store cannot be opened.
    pub fn open(config: IdentityConfig) -> Result<Self, IdentityError> {
        let stores = Stores::open(&config.dir, config.store_cache_bytes)?;
        let (nodes, merges, applied) = stores.tables()?;
        let nodes_from = applied;
        let ids = IdIndex::open(config.dir.join("ids"), config.cache_bytes / 2)?;
        let state = State {
            applied: nodes_from.min(ids.stored_to()),
            ids,
            nodes: Tier::new(nodes, config.cache_bytes / 2),
            merges: Tier::new(merges, config.cache_bytes / 64),
            nodes_from,
        };
        let nodes_to = Mutex::new(nodes_from);
        let (stores, state) = (Mutex::new(stores), Mutex::new(state));
        Ok(Self { config, stores, state, is_purge_due: AtomicBool::new(false), nodes_to })
    }

    /// Next offset of `events` that the map has not seen.
    #[must_use]
    pub fn applied_to(&self) -> Offset {
        self.state.lock().applied
    }

    /// The log must be kept from here on, for the map to come back after a crash.
    #[must_use]
    pub fn stored_to(&self) -> Offset {
        let ids = self.state.lock().ids.stored_to();
        ids.min(*self.nodes_to.lock())
    }

    /// No store holds anything of the log from here on: a log that ends before is an older one.
    #[must_use]
    pub fn reaches_to(&self) -> Offset {
        let state = self.state.lock();
        state.applied.max(state.nodes_from).max(state.ids.stored_to())
    }

    /// Resolves events one after the other; the map is locked until the writer is dropped.
    pub fn writer(&self) -> IdentityWriter<'_> {
        let mut state = self.state.lock();
        state.age();
        IdentityWriter { rules: &self.config.rules, state }
    }

    /// Applies a record read from the log, which stands at `base`. Records below
    /// [`IdentityMap::applied_to`] are skipped.
    ///
    /// # Errors
    /// From the store.
    pub fn apply(&self, base: Offset, batch: &EventBatch) -> Result<(), IdentityError> {
        let mut state = self.state.lock();
        if base < state.applied {
            return Ok(());
        }
        state.age();
        state.applied = base.plus(batch.offsets());
        if base < state.nodes_from {
            for decision in &batch.decisions {
                if let Decision::Attach { person, id, .. } = decision
                    && !id.value.is_empty()
                {
                    state.put_id(id, *person);
                }
            }
            return Ok(());
        }
        for decision in &batch.decisions {
            state.apply_decision(decision, base)?;
        }
        for (index, stored) in batch.events.iter().enumerate() {
            if !stored.person.is_nobody() {
                let offset = EventBatch::event_offset(base, index);
                state.take_traits(stored.person, &stored.event, offset)?;
            }
        }
        Ok(())
    }

    /// Whether enough changes have gathered to store some of them.
    #[must_use]
    pub fn is_store_due(&self) -> bool {
        let state = self.state.lock();
        self.is_purge_due() || self.are_nodes_due(&state) || self.are_ids_due(&state)
    }

    fn are_nodes_due(&self, state: &State) -> bool {
        state.dirty_bytes() >= self.config.dirty_bytes_max
    }

    fn are_ids_due(&self, state: &State) -> bool {
        state.ids.unstored() >= self.config.new_ids_max
    }

    /// Stores what enough has gathered of. Everything decided so far must be durable in the log
    /// already.
    ///
    /// # Errors
    /// From the store.
    pub fn store_due(&self) -> Result<(), IdentityError> {
        let mut state = self.state.lock();
        self.purge_if_due(&mut state)?;
        if self.are_nodes_due(&state) {
            self.store_nodes(&mut state)?;
        }
        if self.are_ids_due(&state) {
            store_ids(&mut state)?;
        }
        Ok(())
    }

    /// Stores all changes. Everything decided so far must be durable in the log already.
    ///
    /// # Errors
    /// From the store.
    pub fn flush(&self) -> Result<(), IdentityError> {
        let mut state = self.state.lock();
        self.purge_if_due(&mut state)?;
        if state.applied > *self.nodes_to.lock() {
            self.store_nodes(&mut state)?;
        }
        if state.applied > state.ids.stored_to() {
            store_ids(&mut state)?;
        }
        Ok(())
    }

    fn store_nodes(&self, state: &mut State) -> Result<(), IdentityError> {
        self.stores.lock().store(state)?;
        state.nodes.stored();
        state.merges.stored();
        *self.nodes_to.lock() = state.applied;
        Ok(())
    }

    /// Has what is stored of erased nodes removed from the disk at the next chance to store; it is
    /// done when [`IdentityMap::is_purge_due`] is false again.
    pub fn want_purge(&self) {
        self.is_purge_due.store(true, Ordering::Release);
    }

    #[must_use]
    pub fn is_purge_due(&self) -> bool {
        self.is_purge_due.load(Ordering::Acquire)
    }

    fn purge_if_due(&self, state: &mut State) -> Result<(), IdentityError> {
        if self.is_purge_due() {
            self.store_nodes(state)?;
            self.stores.lock().rewrite(state)?;
            self.is_purge_due.store(false, Ordering::Release);
        }
        Ok(())
    }

    /// All nodes that count as one person with `person`, also after it was erased; none if there is
    /// no such node.
    ///
    /// # Errors
    /// From the store.
    pub fn nodes_of(&self, person: PersonId) -> Result<Vec<PersonId>, IdentityError> {
        let mut state = self.state.lock();
        if state.nodes.get(&person)?.is_none() {
            return Ok(Vec::new());
        }
        let root = state.root(person)?;
        state.members(root)
    }

    /// The node that an identifier was attached to last, also if it was erased since.
    #[must_use]
    pub fn last_owner(&self, kind: &str, value: &str) -> Option<PersonId> {
        self.state.lock().last_owner(kind, value)
    }

    /// Merges up to `entries` of the index of identifiers, if that is due; true if there is more.
    ///
    /// # Errors
    /// From the store.
    pub fn maintain(&self, entries: usize) -> Result<bool, IdentityError> {
        Ok(self.state.lock().ids.maintain(entries)?)
    }

    /// Whether the index of identifiers is as it was written. Reads all of it.
    ///
    /// # Errors
    /// If it is not: delete the folder, the map is rebuilt from the log.
    pub fn verify(&self) -> Result<(), IdentityError> {
        Ok(self.state.lock().ids.verify()?)
    }

    /// Removes the store, to be opened anew and rebuilt from the log.
    ///
    /// # Errors
    /// If the folder cannot be removed.
    pub fn destroy(self) -> Result<(), IdentityError> {
        let dir = self.config.dir.clone();
        drop(self);
        let removed = std::fs::remove_dir_all(&dir);
        removed.map_err(|source| IdentityError::Open { path: dir, source: source.into() })
    }

    /// The canonical person who owns an identifier.
    ///
    /// # Errors
    /// From the store.
    pub fn find_by_external_id(
        &self,
        kind: &str,
        value: &str,
    ) -> Result<Option<PersonId>, IdentityError> {
        let mut state = self.state.lock();
        match state.owner(kind, value)? {
            Some(owner) => state.root(owner).map(Some),
            None => Ok(None),
        }
    }

    /// The people with a text in an identifier or a trait.
    ///
    /// # Errors
    /// From the store.
    pub fn search(&self, search: &Search) -> Result<SearchResult, IdentityError> {
        search::search(search, || self.state.lock())
    }

    /// All that is known of a person, by any of its nodes.
    ///
    /// # Errors
    /// From the store.
    pub fn person(&self, person: PersonId) -> Result<Option<PersonView>, IdentityError> {
        let mut state = self.state.lock();
        if state.nodes.get(&person)?.is_none_or(|node| node.is_erased) {
            return Ok(None);
        }
        let root = state.root(person)?;
        let nodes = state.members(root)?;
        let mut external_ids = Vec::new();
        let mut merges = Vec::new();
        for member in &nodes {
            let node = state.node(*member)?;
            external_ids.extend(node.ids.iter().map(|(id, at)| ExternalIdView {
                id: id.clone(),
                node: *member,
                attached_at: *at,
            }));
            for (merge, _) in node.children.clone() {
                merges.extend(view_merge(&mut state, merge)?);
            }
        }
        let traits =
            state.folded_traits(root)?.into_iter().filter(|(_, value)| !value.is_removed());
        let traits = traits.collect();
        let created_at = state.node(root)?.created_at;
        Ok(Some(PersonView { person: root, created_at, nodes, external_ids, merges, traits }))
    }

    /// A merge, live or undone.
    ///
    /// # Errors
    /// From the store.
    pub fn merge(&self, merge: MergeId) -> Result<Option<MergeView>, IdentityError> {
        view_merge(&mut self.state.lock(), merge)
    }

    /// Entries held in memory, for metrics.
    #[must_use]
    pub fn entries_in_memory(&self) -> usize {
        let state = self.state.lock();
        state.ids.held() + state.nodes.held() + state.merges.held()
    }
}

fn store_ids(state: &mut State) -> Result<(), IdentityError> {
    let applied = state.applied;
    Ok(state.ids.flush(applied)?)
}

fn view_merge(state: &mut State, merge: MergeId) -> Result<Option<MergeView>, IdentityError> {
    Ok(state.merges.get(&merge)?.map(|record| MergeView {
        merge,
        survivor: record.survivor,
        absorbed: record.absorbed,
        at: record.at,
        undone_at: record.undone_at,
    }))
}

/// The pipeline's hold on the map while it decides on a batch.
///
/// Decisions take effect in memory at once, so that the next event sees them; they reach the store
/// only with [`IdentityMap::flush`]. If the record that carries them cannot be written, the map must
/// be thrown away and opened anew.
pub struct IdentityWriter<'m> {
    rules: &'m IdentityRules,
    state: parking_lot::MutexGuard<'m, State>,
}

impl IdentityWriter<'_> {
    /// Decides on one event, which will stand at `offset`; decisions are added to `decisions`.
    ///
    /// # Errors
    /// From the store.
    pub fn resolve(
        &mut self,
        event: &Event,
        offset: Offset,
        decisions: &mut Vec<Decision>,
    ) -> Result<Resolved, IdentityError> {
        let found = identifiers(event, self.rules);
        if found.ids.is_empty() && found.previous.is_none() {
            return Ok(Resolved::default());
        }
        let situation = self.state.situation(found)?;
        let resolution = graph::decide(self.rules, &situation, offset, event.received_at);
        for decision in &resolution.decisions {
            self.state.apply_decision(decision, offset)?;
        }
        decisions.extend(resolution.decisions);
        self.state.take_traits(resolution.person, event, offset)?;
        let traits = self.state.traits_of(resolution.canonical)?;
        Ok(Resolved { person: resolution.person, canonical: resolution.canonical, traits })
    }

    /// Undoes a merge by a record that will stand at `offset`.
    ///
    /// # Errors
    /// If there is no such live merge, or from the store.
    pub fn undo(
        &mut self,
        merge: MergeId,
        offset: Offset,
        at: Timestamp,
    ) -> Result<Decision, IdentityError> {
        match self.state.merges.get(&merge)? {
            None => return Err(IdentityError::UnknownMerge(merge)),
            Some(record) if record.undone_at.is_some() => {
                return Err(IdentityError::AlreadyUndone(merge));
            }
            Some(_) => {}
        }
        let decision = Decision::Undo { merge, at };
        self.state.apply_decision(&decision, offset)?;
        Ok(decision)
    }

    /// Erases people, each with all nodes that count as them, by a record that will stand at
    /// `offset`. Who is erased already gets no decision.
    ///
    /// # Errors
    /// From the store.
    pub fn erase(
        &mut self,
        people: &[PersonId],
        offset: Offset,
        at: Timestamp,
    ) -> Result<Vec<Decision>, IdentityError> {
        let mut decisions = Vec::new();
        for person in people {
            if self.state.nodes.get(person)?.is_none() {
                continue;
            }
            let root = self.state.root(*person)?;
            for node in self.state.members(root)? {
                if self.state.node(node)?.is_erased {
                    continue;
                }
                let decision = Decision::Erase { person: node, at };
                self.state.apply_decision(&decision, offset)?;
                decisions.push(decision);
            }
        }
        Ok(decisions)
    }

    /// Notes that everything below `offset` is decided.
    pub fn advance(&mut self, offset: Offset) {
        self.state.applied = offset;
    }
}
