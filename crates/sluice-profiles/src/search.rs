//! Finding people by any text of theirs: a part of an identifier or of a trait.
//!
//! Two ways together. A whole identifier of a well-known type is looked up in the index, however
//! many people there are. For a part of one, nodes are looked through, those created last first and
//! at most [`Search::nodes_max`] of them: their bytes as they are stored, letters without regard to
//! ASCII case, and only what matches is decoded. [`SearchResult::is_complete`] says whether that
//! was everybody.
//!
//! Not here: order by relevance and by time (the caller knows who was seen last).

use std::collections::HashSet;

use memchr::memmem::Finder;
use sluice_event::PersonId;

use crate::error::IdentityError;
use crate::node::Node;
use crate::rules::{ANONYMOUS_ID, EMAIL, USER_ID};
use crate::state::State;

/// Types of identifiers that a whole value is looked up by.
const KINDS: [&str; 7] =
    [USER_ID, EMAIL, ANONYMOUS_ID, "phone", "ga_client_id", "ios.id", "android.id"];

/// What to look for and how far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    pub text: String,
    /// Most people to find.
    pub people_max: usize,
    /// Most nodes to look through for a part of a text.
    pub nodes_max: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchResult {
    /// After merges: first who has the text as a whole identifier, then those created last.
    pub people: Vec<PersonId>,
    pub nodes_looked_at: usize,
    /// Whether nobody else has the text.
    pub is_complete: bool,
}

impl SearchResult {
    fn add(&mut self, person: PersonId, seen: &mut HashSet<PersonId>) {
        if seen.insert(person) {
            self.people.push(person);
        }
    }
}

/// The text to look for, in the forms it is compared in.
struct Wanted {
    lower: String,
    finder: Finder<'static>,
    bytes: Vec<u8>,
}

impl Wanted {
    fn new(text: &str) -> Self {
        let lower = text.to_lowercase();
        // The bytes of a text with letters beyond ASCII are in the case they were sent in, and JSON
        // may spell them, quotes and backslashes otherwise: the longest plain stretch is looked for.
        let plain = lower
            .split(|c: char| !c.is_ascii() || c == '"' || c == '\\' || c == '/')
            .max_by_key(|stretch| stretch.len())
            .unwrap_or_default();
        let finder = Finder::new(plain.as_bytes()).into_owned();
        Self { lower, finder, bytes: Vec::new() }
    }

    /// Whether a stored node can hold the text: false is certain.
    fn may_be_in(&mut self, stored: &[u8]) -> bool {
        self.bytes.clear();
        self.bytes.extend_from_slice(stored);
        self.bytes.make_ascii_lowercase();
        self.finder.find(&self.bytes).is_some()
    }

    fn is_in(&self, node: &Node) -> bool {
        let has = |text: &str| text.to_lowercase().contains(&self.lower);
        node.ids.iter().any(|(id, _)| has(&id.value))
            || node.traits.iter().any(|(_, value)| match value.json.as_bytes().first() {
                Some(b'"') => serde_json::from_str::<String>(&value.json).is_ok_and(|v| has(&v)),
                Some(b'-' | b'0'..=b'9') => has(&value.json),
                _ => false,
            })
    }
}

/// The people of `search`; `lock` gives the map's state for a moment, so that the pipeline does not
/// wait for a whole search.
pub(crate) fn search<'s, G: std::ops::DerefMut<Target = State> + 's>(
    search: &Search,
    lock: impl Fn() -> G,
) -> Result<SearchResult, IdentityError> {
    let text = search.text.trim();
    let mut found = SearchResult::default();
    let mut seen = HashSet::new();
    if text.is_empty() {
        return Ok(SearchResult { is_complete: true, ..found });
    }
    let mut wanted = Wanted::new(text);
    let nodes = {
        let mut state = lock();
        for kind in KINDS {
            let lower = text.to_lowercase();
            let value = if kind == EMAIL { lower.as_str() } else { text };
            if let Some(owner) = state.owner(kind, value)? {
                let root = state.root(owner)?;
                found.add(root, &mut seen);
            }
        }
        let mut fresh: Vec<PersonId> = state
            .nodes
            .unstored()
            .inspect(|_| found.nodes_looked_at += 1)
            .filter(|(_, node)| wanted.is_in(node))
            .map(|(person, _)| *person)
            .collect();
        fresh.sort_unstable_by_key(|person| std::cmp::Reverse(*person));
        for person in fresh {
            let root = state.root(person)?;
            found.add(root, &mut seen);
        }
        state.nodes.keyspace().clone()
    };
    for stored in nodes.iter().rev() {
        if found.people.len() >= search.people_max || found.nodes_looked_at >= search.nodes_max {
            found.people.truncate(search.people_max);
            return Ok(found);
        }
        found.nodes_looked_at += 1;
        let (key, bytes) = stored.into_inner()?;
        if !wanted.may_be_in(&bytes) || !wanted.is_in(&Node::decode(&bytes)?) {
            continue;
        }
        if let Ok(key) = <[u8; 8]>::try_from(&*key) {
            let root = lock().root(PersonId(u64::from_be_bytes(key)))?;
            found.add(root, &mut seen);
        }
    }
    found.is_complete = found.people.len() <= search.people_max;
    found.people.truncate(search.people_max);
    Ok(found)
}
