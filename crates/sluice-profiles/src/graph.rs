//! The decision: given what is known about an event's identifiers, who is the person, and what
//! changes. Pure; the state comes in as values and goes out as [`Decision`]s.
//!
//! Flat matching, as Segment's Unify does it: take the people who own any of the identifiers; if
//! joining them all (and attaching what is new) breaks a limit, give up the event's weakest
//! identifier and try again. An explicit `alias` call may also join two known users: for it the
//! limit on `user_id` does not count.
//!
//! The node model: an identifier is attached to one node for ever, a merge is an edge from a root to
//! an older root, and the canonical person is the root. So an undone merge leaves each side with
//! exactly what it brought.

use sluice_base::Timestamp;
use sluice_event::{Decision, ExternalId, MergeId, Offset, PersonId};

use crate::rules::{IdentityRules, USER_ID};

/// Everything that one decision looks at.
#[derive(Clone, Debug, Default)]
pub struct Situation {
    /// The identifiers of the event with the node that owns each.
    pub ids: Vec<(ExternalId, Option<PersonId>)>,
    /// The people who own any of them, by root, each once.
    pub people: Vec<Component>,
    /// The event is an `alias` call that names a previous id.
    pub is_alias: bool,
}

/// One person: a root with all nodes that merges have put under it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Component {
    pub root: PersonId,
    /// All nodes, the root among them.
    pub nodes: Vec<PersonId>,
    /// Type of each identifier, with the time it was attached.
    pub ids: Vec<(std::sync::Arc<str>, Timestamp)>,
    /// Nodes on the other side of undone merges: never again in one person with this one.
    pub apart_from: Vec<PersonId>,
}

impl Component {
    fn merges(&self) -> usize {
        self.nodes.len() - 1
    }
}

/// The answer for one event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resolution {
    /// The node that the event is written to: the one that owns its identifiers. Of several the
    /// surviving root if it is among them, else the oldest.
    pub person: PersonId,
    pub canonical: PersonId,
    pub decisions: Vec<Decision>,
}

/// Decides one event. `offset` is the event's place in the `events` log, `at` its time of receipt.
#[must_use]
pub fn decide(
    rules: &IdentityRules,
    situation: &Situation,
    offset: Offset,
    at: Timestamp,
) -> Resolution {
    let mut ids: Vec<&(ExternalId, Option<PersonId>)> = situation.ids.iter().collect();
    loop {
        let owners: Vec<PersonId> = ids.iter().filter_map(|(_, owner)| *owner).collect();
        let people: Vec<&Component> = situation
            .people
            .iter()
            .filter(|person| owners.iter().any(|owner| person.nodes.contains(owner)))
            .collect();
        let new: Vec<&ExternalId> =
            ids.iter().filter(|(_, owner)| owner.is_none()).map(|(id, _)| id).collect();
        if people.is_empty() {
            return if new.is_empty() {
                Resolution::default()
            } else {
                create(rules, &new, offset, at)
            };
        }
        if is_allowed(rules, &people, &new, situation.is_alias, at) {
            return join(&people, &owners, &new, offset, at);
        }
        if ids.len() == 1 {
            // A single identifier changes nothing, so nothing can stand against it; kept as a guard.
            return join(&people, &owners, &[], offset, at);
        }
        demote(rules, &mut ids);
    }
}

/// Gives up the weakest identifier; of several of one type the last on the event.
fn demote(rules: &IdentityRules, ids: &mut Vec<&(ExternalId, Option<PersonId>)>) {
    let weakest = ids
        .iter()
        .enumerate()
        .max_by(|(_, (a, _)), (_, (b, _))| rules.priority(&a.kind, &b.kind))
        .map(|(index, _)| index);
    if let Some(index) = weakest {
        ids.remove(index);
    }
}

/// Whether `people` may become one person that also owns `new`. A limit that is exceeded already
/// (by an alias, or by a rule made stricter) does not forbid what leaves its count alone.
fn is_allowed(
    rules: &IdentityRules,
    people: &[&Component],
    new: &[&ExternalId],
    is_alias: bool,
    at: Timestamp,
) -> bool {
    if people.len() == 1 && new.is_empty() {
        return true;
    }
    let merges = people.iter().map(|person| person.merges()).sum::<usize>() + people.len() - 1;
    if people.len() > 1 && (merges > rules.merges_max || are_kept_apart(people)) {
        return false;
    }
    let mappings = people.iter().map(|person| person.ids.len()).sum::<usize>() + new.len();
    let largest = people.iter().map(|person| person.ids.len()).max().unwrap_or(0);
    if mappings > rules.mappings_max && mappings > largest {
        return false;
    }
    let mut kinds: Vec<&str> = new.iter().map(|id| &*id.kind).collect();
    if people.len() > 1 {
        kinds.extend(people.iter().flat_map(|person| person.ids.iter().map(|(kind, _)| &**kind)));
    }
    kinds.sort_unstable();
    kinds.dedup();
    kinds
        .iter()
        .all(|kind| (is_alias && *kind == USER_ID) || has_room(rules, people, new, kind, at))
}

fn has_room(
    rules: &IdentityRules,
    people: &[&Component],
    new: &[&ExternalId],
    kind: &str,
    at: Timestamp,
) -> bool {
    let limit = rules.limit(kind);
    let owned = |person: &&Component| {
        person.ids.iter().filter(|(k, since)| &**k == kind && limit.counts(*since, at)).count()
    };
    let counts: Vec<usize> = people.iter().map(owned).collect();
    let after = counts.iter().sum::<usize>() + new.iter().filter(|id| &*id.kind == kind).count();
    let before = counts.into_iter().max().unwrap_or(0);
    after <= limit.count as usize || after <= before
}

/// Whether an undone merge stands between two of them.
fn are_kept_apart(people: &[&Component]) -> bool {
    people.iter().any(|one| {
        one.apart_from.iter().any(|node| {
            people.iter().any(|other| other.root != one.root && other.nodes.contains(node))
        })
    })
}

/// A new person with the event's identifiers; of a type with more values than its limit the first.
fn create(rules: &IdentityRules, new: &[&ExternalId], offset: Offset, at: Timestamp) -> Resolution {
    let person = PersonId(offset.0 + 1);
    let mut decisions = Vec::with_capacity(new.len() + 1);
    decisions.push(Decision::Create { person, at });
    for (index, id) in new.iter().enumerate() {
        let before = new[..index].iter().filter(|earlier| earlier.kind == id.kind).count();
        if before < rules.limit(&id.kind).count as usize {
            decisions.push(Decision::Attach { person, id: (*id).clone(), at });
        }
    }
    Resolution { person, canonical: person, decisions }
}

/// One person out of `people`, the oldest surviving; `new` goes to the node the event is written to.
fn join(
    people: &[&Component],
    owners: &[PersonId],
    new: &[&ExternalId],
    offset: Offset,
    at: Timestamp,
) -> Resolution {
    let mut roots: Vec<PersonId> = people.iter().map(|person| person.root).collect();
    roots.sort_unstable();
    let canonical = roots[0];
    let oldest = owners.iter().copied().min().unwrap_or(canonical);
    let person = if owners.contains(&canonical) { canonical } else { oldest };
    let mut decisions = Vec::new();
    for (k, absorbed) in roots[1..].iter().enumerate() {
        let merge = MergeId(offset.0 * 128 + k as u64);
        decisions.push(Decision::Merge { merge, survivor: canonical, absorbed: *absorbed, at });
    }
    for id in new {
        decisions.push(Decision::Attach { person, id: (*id).clone(), at });
    }
    Resolution { person, canonical, decisions }
}
