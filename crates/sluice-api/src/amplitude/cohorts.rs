//! `/api/3/cohorts` and `/api/5/cohorts`: saved cohorts listed, downloaded, and kept by lists of ids.
//!
//! A download has no job behind it: what is asked for stands in the request's id, and the file is
//! made while it is sent. So an id holds for as long as its cohort does, also after a restart.

use std::collections::HashMap;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use futures_util::stream;
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use sluice_event::PersonId;
use sluice_insights::{CohortDefinition, Page};
use sluice_model::{Cohort, CohortId, CohortMembers};

use super::failure::{Failure, Result};
use super::project::Project;
use crate::handles::PersonSummary;

/// Largest cohort that is given out.
const DOWNLOAD_PEOPLE_MAX: u64 = 2_000_000;
/// People of one piece of a file.
const PIECE_PEOPLE: usize = 1_000;
/// Properties of a file, beside the ids.
const PROPERTIES_MAX: usize = 100;

/// A failure in the shape that this part of the API documents.
pub(super) struct CohortFailure {
    failure: Failure,
    kind: Option<&'static str>,
    metadata: Value,
}

pub(super) type CohortResult<T> = std::result::Result<T, CohortFailure>;

impl CohortFailure {
    pub(super) fn of_kind(kind: &'static str, failure: Failure, metadata: Value) -> Self {
        Self { failure, kind: Some(kind), metadata }
    }
}

impl<E: Into<Failure>> From<E> for CohortFailure {
    fn from(error: E) -> Self {
        Self { failure: error.into(), kind: None, metadata: json!({}) }
    }
}

impl IntoResponse for CohortFailure {
    fn into_response(self) -> Response {
        let status = self.failure.status();
        let kind = self.kind.unwrap_or_else(|| crate::error::type_name(status));
        // `error` inside is what Segment's sync of cohorts reads.
        self.failure.with_body(json!({ "error": {
            "http_code": status.as_u16(), "error": kind, "type": kind,
            "message": self.failure.message(), "metadata": self.metadata,
        } }))
    }
}

pub(super) async fn list(project: Project) -> CohortResult<Json<Value>> {
    let workspace = project.workspace;
    let all =
        move |store: &sluice_store::Store| store.cohort_list(workspace, sluice_store::Page::ALL);
    let mut cohorts = Vec::new();
    for cohort in project.api.store().call(all).await?.items {
        let size = size(&project, &cohort).await?;
        cohorts.push(view(&project, cohort, size));
    }
    Ok(Json(json!({ "cohorts": cohorts })))
}

fn view(project: &Project, cohort: Cohort, size: u64) -> Value {
    let seconds = |at: sluice_base::Timestamp| at.as_micros().div_euclid(1_000_000);
    let now = seconds(project.api.site().clock.now());
    let definition = match cohort.members {
        CohortMembers::Defined(definition) => definition,
        CohortMembers::Listed(_) => Value::Null,
    };
    let mut view = json!({
        "appId": project.workspace.0, "id": cohort.id.as_str(), "name": cohort.name,
        "description": cohort.description, "definition": definition, "size": size,
        "type": "UNIQUES", "archived": false, "finished": true, "published": true,
        "createdAt": seconds(cohort.created_at), "lastMod": seconds(cohort.updated_at),
        "lastComputed": now,
    });
    for name in ["hidden", "is_predictive", "is_official_content"] {
        view[name] = false.into();
    }
    for name in ["owners", "viewers", "metadata", "shortcut_ids"] {
        view[name] = json!([]);
    }
    for name in ["chart_id", "edit_id", "last_viewed", "location_id"] {
        view[name] = Value::Null;
    }
    for name in ["view_count", "popularity"] {
        view[name] = 0.into();
    }
    if project.params.get("includeSyncInfo") == Some("true") {
        view["syncMetadata"] = json!([]);
    }
    view
}

/// How many people it has now.
async fn size(project: &Project, cohort: &Cohort) -> Result<u64> {
    let definition = CohortDefinition::of_cohort(cohort.id.as_str());
    let (questions, zone) = (&project.api.handles().questions, project.time_zone.clone());
    Ok(questions.cohort_size(project.workspace, zone, definition).await?.people)
}

pub(super) async fn found(project: &Project, id: &str) -> Result<Cohort> {
    let (workspace, id) = (project.workspace, CohortId::from(id));
    Ok(project.api.store().call(move |store| store.cohort_get(workspace, &id)).await?)
}

/// What a download is of; its request's id is this, coded.
#[derive(Debug, PartialEq, Eq, serde::Serialize, Deserialize)]
struct Download(String, Vec<String>);

impl Download {
    fn id(&self) -> String {
        BASE64.encode(json!(self).to_string())
    }

    fn of_id(id: &str) -> Result<Self> {
        let coded = BASE64.decode(id).ok();
        coded
            .and_then(|json| serde_json::from_slice(&json).ok())
            .ok_or_else(|| Failure::not_found("There is no such request"))
    }
}

/// Asks for the people of a cohort, with some of their properties if `props` is 1.
pub(super) async fn request(
    project: Project,
    Path(id): Path<String>,
) -> CohortResult<(StatusCode, Json<Value>)> {
    let cohort = found(&project, &id).await?;
    let people = size(&project, &cohort).await?;
    if people > DOWNLOAD_PEOPLE_MAX {
        let message = format!("The cohort has {people} people; at most {DOWNLOAD_PEOPLE_MAX} go");
        return Err(Failure::invalid(message).into());
    }
    let mut keys: Vec<String> = Vec::new();
    if project.params.get("props") == Some("1") {
        keys.extend(project.params.all("propKeys").map(str::to_owned));
        if keys.is_empty() {
            let schema = &project.api.handles().schema;
            let all = schema.properties(project.workspace, None).await?;
            keys.extend(all.into_iter().filter(|one| one.of == "user").map(|one| one.name));
            keys.truncate(PROPERTIES_MAX);
        }
    }
    if keys.len() > PROPERTIES_MAX {
        let why = format!("at most {PROPERTIES_MAX} properties go into a file");
        return Err(Failure::parameter("propKeys", why).into());
    }
    let request_id = Download(id.clone(), keys).id();
    let answer = json!({ "request_id": request_id, "cohort_id": id });
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

pub(super) async fn status(project: Project, Path(id): Path<String>) -> CohortResult<Json<Value>> {
    let Download(cohort, _) = Download::of_id(&id)?;
    found(&project, &cohort).await?;
    let done = "JOB COMPLETED";
    Ok(Json(json!({ "request_id": id, "cohort_id": cohort, "async_status": done })))
}

/// The people as CSV, made piece by piece.
pub(super) async fn file(project: Project, Path(id): Path<String>) -> CohortResult<Response> {
    let Download(cohort, keys) = Download::of_id(&id)?;
    found(&project, &cohort).await?;
    let mut head = vec!["amplitude_id", "user_id"];
    head.extend(keys.iter().map(String::as_str));
    let first = (line(head), Some(Page { after: None, limit: PIECE_PEOPLE }));
    let pieces = stream::try_unfold(first, move |(mut text, page)| {
        let (reader, keys) = (Reader::new(&project, &cohort), keys.clone());
        async move {
            let Some(page) = page else {
                return Ok::<_, std::io::Error>(
                    (!text.is_empty())
                        .then(|| (Bytes::from(std::mem::take(&mut text)), (String::new(), None))),
                );
            };
            let (more, next) = reader.piece(page, &keys).await.map_err(|failure| {
                tracing::error!(error = failure.message(), "a cohort's download broke off");
                std::io::Error::other(failure.message().to_owned())
            })?;
            Ok(Some((Bytes::from(text), (more, next))))
        }
    });
    let name = format!("attachment; filename=\"{}.csv\"", id_of_file(&id));
    let head = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((head, Body::from_stream(pieces)).into_response())
}

/// Enough of a request's id to tell files apart.
fn id_of_file(id: &str) -> &str {
    const BYTES: usize = 40;
    id.get(..BYTES).unwrap_or(id)
}

/// Reads a cohort, page by page.
struct Reader {
    api: crate::state::ApiState,
    workspace: sluice_event::WorkspaceNo,
    zone: String,
    cohort: CohortDefinition,
}

impl Reader {
    fn new(project: &Project, cohort: &str) -> Self {
        Self {
            api: project.api.clone(),
            workspace: project.workspace,
            zone: project.time_zone.clone(),
            cohort: CohortDefinition::of_cohort(cohort),
        }
    }

    /// The lines of a page, and the page after it.
    async fn piece(self, page: Page, keys: &[String]) -> Result<(String, Option<Page>)> {
        let handles = self.api.handles();
        let found =
            handles.questions.cohort_people(self.workspace, self.zone, self.cohort, page).await?;
        let ids = found.people.iter().map(|one| PersonId(one.person)).collect();
        let summaries = handles.people.summaries(self.workspace, ids).await?;
        let known: HashMap<u64, PersonSummary> =
            summaries.into_iter().map(|one| (one.id, one)).collect();
        let mut text = String::new();
        for entry in &found.people {
            let one = known.get(&entry.person);
            let user = one
                .and_then(|one| one.main_id.as_ref())
                .filter(|id| id.r#type == "user_id")
                .map_or("", |id| id.value.as_str());
            let number = entry.person.to_string();
            let values = keys.iter().map(|key| property(one, key));
            let values: Vec<String> = values.collect();
            let fields = [number.as_str(), user].into_iter();
            text.push_str(&line(fields.chain(values.iter().map(String::as_str))));
        }
        let after = |last| Page { after: Some(last), limit: PIECE_PEOPLE };
        Ok((text, found.next.map(after)))
    }
}

fn property(person: Option<&PersonSummary>, key: &str) -> String {
    let key = key.strip_prefix("gp:").unwrap_or(key);
    match person.and_then(|person| person.traits.get(key)) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// A line of CSV (RFC 4180).
fn line<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = String::new();
    for (index, field) in fields.into_iter().enumerate() {
        if index > 0 {
            line.push(',');
        }
        if field.contains([',', '"', '\n', '\r']) {
            line.push('"');
            line.push_str(&field.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(field);
        }
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_quotes_what_would_break_it() {
        assert_eq!(
            line(["1", "ann", "a,b", "say \"hi\"", ""]),
            "1,ann,\"a,b\",\"say \"\"hi\"\"\",\n"
        );
    }

    #[test]
    fn a_requests_id_says_what_is_asked_for() {
        let asked = Download("c1".to_owned(), vec!["plan".to_owned()]);
        assert_eq!(Download::of_id(&asked.id()).unwrap(), asked);
        for bad in ["", "qfaZya", "W10", "!"] {
            assert_eq!(Download::of_id(bad).unwrap_err().status(), StatusCode::NOT_FOUND, "{bad}");
        }
    }
}
