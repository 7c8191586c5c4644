//! `POST /api/3/cohorts/upload` and `/api/3/cohorts/membership`: cohorts as lists of ids.

use axum::Json;
use axum::body::Body;
use serde::Deserialize;
use serde_json::{Value, json};
use sluice_event::PersonId;
use sluice_model::{CohortId, CohortMembers, ListChange, NewCohort, NewMembers};

use super::cohorts::{CohortFailure, CohortResult, found};
use super::failure::{Failure, Result};
use super::project::{Project, body};
use crate::handles::PersonKey;

/// Most ids in one request.
const IDS_MAX: usize = 100_000;
/// Largest body: as many ids of 80 bytes.
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Ids that are named back when they are not known.
const SAMPLE_MAX: usize = 20;

#[derive(Deserialize)]
struct Upload {
    name: String,
    id_type: String,
    ids: Vec<Value>,
    #[serde(default)]
    cg: Option<String>,
    /// Only tells what is found.
    #[serde(default)]
    skip_save: bool,
    #[serde(default = "yes")]
    skip_invalid_ids: bool,
    /// Its people become these.
    #[serde(default)]
    existing_cohort_id: Option<String>,
}

#[derive(Deserialize)]
struct Memberships {
    cohort_id: String,
    #[serde(default)]
    count_group: Option<String>,
    memberships: Vec<Membership>,
    #[serde(default = "yes")]
    skip_invalid_ids: bool,
}

#[derive(Deserialize)]
struct Membership {
    ids: Vec<Value>,
    id_type: String,
    operation: Operation,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Operation {
    Add,
    Remove,
}

const fn yes() -> bool {
    true
}

/// How ids are to be read. Segment's sync says `BY_AMP_ID` for `BY_ID`.
#[derive(Clone, Copy)]
enum IdKind {
    Number,
    UserId,
}

impl IdKind {
    fn parse(name: &str) -> Result<Self> {
        match name {
            "BY_AMP_ID" | "BY_ID" => Ok(Self::Number),
            "BY_USER_ID" | "BY_NAME" => Ok(Self::UserId),
            other => Err(Failure::invalid(format!("Invalid id_type: {other}"))),
        }
    }
}

fn parse<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes)
        .map_err(|error| Failure::invalid(format!("Invalid body: {error}")))
}

fn check_people(group: Option<&str>) -> Result<()> {
    match group {
        None | Some("User") => Ok(()),
        Some(other) => Err(Failure::invalid(format!(
            "Cohorts are of people here: leave out the group `{other}`, or write `User`"
        ))),
    }
}

/// The people of some ids, each once, and the ids that nobody has.
struct Matched {
    people: Vec<u64>,
    matched: usize,
    unknown: Vec<String>,
}

async fn matched(project: &Project, kind: IdKind, ids: &[Value]) -> Result<Matched> {
    if ids.len() > IDS_MAX {
        return Err(Failure::invalid(format!("At most {IDS_MAX} ids fit into one request")));
    }
    let text = |id: &Value| id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    let texts: Vec<String> = ids.iter().map(text).collect();
    let key = |text: &String| match kind {
        IdKind::UserId => Some(PersonKey::UserId(text.clone())),
        IdKind::Number => text.parse().ok().map(|number| PersonKey::Number(PersonId(number))),
    };
    let keys: Vec<Option<PersonKey>> = texts.iter().map(key).collect();
    let asked = keys.iter().flatten().cloned().collect();
    let known = project.api.handles().people.known(project.workspace, asked).await?;
    let mut known = known.into_iter();
    let (mut people, mut unknown) = (Vec::new(), Vec::new());
    for (key, text) in keys.into_iter().zip(texts) {
        match key.and_then(|_| known.next()).flatten() {
            Some(person) => people.push(person.0),
            None => unknown.push(text),
        }
    }
    let matched = people.len();
    people.sort_unstable();
    people.dedup();
    Ok(Matched { people, matched, unknown })
}

fn invalid_ids(unknown: &[String]) -> CohortFailure {
    let message = format!("{} of the ids are not known; leave them out", unknown.len());
    let sample = &unknown[..unknown.len().min(SAMPLE_MAX)];
    let metadata = json!({ "INVALID_IDS": sample });
    CohortFailure::of_kind("INVALID_IDS", Failure::invalid(message), metadata)
}

/// Saves a list as a cohort, or puts it in place of the list of one.
pub(super) async fn upload(project: Project, sent: Body) -> CohortResult<Json<Value>> {
    let actor = project.editor()?;
    let Upload { name, id_type, ids, cg, skip_save, skip_invalid_ids, existing_cohort_id } =
        parse(&body(sent, BODY_BYTES_MAX).await?)?;
    check_people(cg.as_deref())?;
    if ids.is_empty() {
        return Err(Failure::invalid("Missing ids: a cohort is uploaded with one at least").into());
    }
    let Matched { people, matched, unknown } =
        matched(&project, IdKind::parse(&id_type)?, &ids).await?;
    if !unknown.is_empty() && !skip_invalid_ids {
        return Err(invalid_ids(&unknown));
    }
    let totals = people.len();
    let (workspace, store) = (project.workspace, project.api.store());
    let id = match existing_cohort_id {
        _ if skip_save => None,
        Some(id) => {
            let cohort = found(&project, &id).await?;
            check_listed(&cohort.members)?;
            let kept = cohort.id.clone();
            store
                .call(move |store| {
                    let before = store.cohort_people(workspace, &kept)?;
                    let goes = |one: &u64| people.binary_search(one).is_err();
                    let remove = before.into_iter().filter(goes).collect();
                    let change = ListChange { add: people, remove };
                    store.cohort_list_change(workspace, &kept, &change, &actor)
                })
                .await?;
            Some(id)
        }
        None => {
            let members = NewMembers::Listed(people);
            let new = NewCohort { name, description: String::new(), members };
            let made = store.call(move |store| store.cohort_create(workspace, &new, &actor));
            Some(made.await?.id.into_string())
        }
    };
    let sample: Vec<_> = unknown.into_iter().take(SAMPLE_MAX).collect();
    let metadata = json!({ "matched": matched, "totals": totals, "invalid_ids_sample": sample });
    Ok(Json(json!({ "cohortId": id, "metadata": metadata })))
}

fn check_listed(members: &CohortMembers) -> Result<()> {
    match members {
        CohortMembers::Listed(_) => Ok(()),
        CohortMembers::Defined(_) => Err(Failure::invalid(
            "The people of this cohort are found by its definition; only lists take ids",
        )),
    }
}

/// Adds people to a list and takes people off it, in the order of the request.
pub(super) async fn membership(project: Project, sent: Body) -> CohortResult<Json<Value>> {
    let actor = project.editor()?;
    let sent: Memberships = parse(&body(sent, BODY_BYTES_MAX).await?)?;
    check_people(sent.count_group.as_deref())?;
    let cohort = found(&project, &sent.cohort_id).await?;
    check_listed(&cohort.members)?;
    let mut steps = Vec::with_capacity(sent.memberships.len());
    for one in &sent.memberships {
        let matched = matched(&project, IdKind::parse(&one.id_type)?, &one.ids).await?;
        if !matched.unknown.is_empty() && !sent.skip_invalid_ids {
            return Err(invalid_ids(&matched.unknown));
        }
        steps.push(matched);
    }
    let mut results = Vec::with_capacity(steps.len());
    for (one, Matched { people, unknown, .. }) in sent.memberships.iter().zip(steps) {
        let (change, name) = match one.operation {
            Operation::Add => (ListChange { add: people, ..ListChange::default() }, "ADD"),
            Operation::Remove => (ListChange { remove: people, ..ListChange::default() }, "REMOVE"),
        };
        let (workspace, id, actor) =
            (project.workspace, CohortId::from(sent.cohort_id.as_str()), actor.clone());
        let changed = move |store: &sluice_store::Store| {
            store.cohort_list_change(workspace, &id, &change, &actor)
        };
        project.api.store().call(changed).await?;
        results.push(json!({ "skipped_ids": unknown, "id_type": one.id_type, "operation": name }));
    }
    Ok(Json(json!({ "cohort_id": sent.cohort_id, "memberships_result": results })))
}
