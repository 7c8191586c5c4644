//! `/api/3/annotations`, `/api/2/annotations` and `/api/2/release`: words at a moment that stand on
//! every chart over time. A release is an annotation of its title and version.
//!
//! Not here: categories, details, annotations of one chart or with an end; a request that would set
//! one is refused.

use axum::Json;
use axum::body::Body;
use axum::extract::Path;
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use sluice_base::Timestamp;
use sluice_event::time;
use sluice_model::{Annotation, AnnotationId, AnnotationSays};

use super::failure::{Failure, Result};
use super::project::{Project, body};

const BODY_BYTES_MAX: usize = 64 * 1024;
/// What an annotation has in Amplitude and not here.
const NOT_KEPT: &[&str] = &["end", "category", "chart_id", "details"];
const RELEASES_NOT_KEPT: &[&str] = &["release_end", "description", "platforms"];

fn view(one: &Annotation) -> Value {
    json!({
        "id": one.id.as_str(), "label": one.says.text, "start": one.says.at.to_string(),
        "end": null, "details": null, "category": null, "chart_id": null,
    })
}

/// As `/api/2/annotations` has it.
fn short_view(one: &Annotation, project: &Project) -> Value {
    let at = jiff::Timestamp::from_microsecond(one.says.at.as_micros()).ok();
    let local = at.and_then(|at| at.in_tz(&project.time_zone).ok());
    let date = local.map(|local| local.date().to_string());
    json!({ "id": one.id.as_str(), "date": date, "label": one.says.text, "details": null })
}

async fn all(project: &Project) -> Result<Vec<Annotation>> {
    let no = project.workspace;
    Ok(project.api.store().call(move |store| store.annotation_list(no)).await?)
}

async fn one(project: &Project, id: &str) -> Result<Annotation> {
    let found = all(project).await?.into_iter().find(|one| one.id.as_str() == id);
    found.ok_or_else(|| Failure::not_found(format!("There is no annotation {id}")))
}

async fn create(project: &Project, says: AnnotationSays) -> Result<Annotation> {
    let (no, actor) = (project.workspace, project.editor()?);
    let made = move |store: &sluice_store::Store| store.annotation_create(no, &says, &actor);
    Ok(project.api.store().call(made).await?)
}

/// A JSON object without what cannot be kept.
async fn object(sent: Body, not_kept: &[&str]) -> Result<Map<String, Value>> {
    let given: Map<String, Value> = serde_json::from_slice(&body(sent, BODY_BYTES_MAX).await?)
        .map_err(|error| Failure::invalid(format!("Invalid body: {error}")))?;
    match not_kept.iter().find(|name| given.get(**name).is_some_and(|value| !value.is_null())) {
        Some(name) => Err(Failure::parameter(name, "it is not available here")),
        None => Ok(given),
    }
}

fn text<'a>(given: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    given.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

fn required<'a>(given: &'a Map<String, Value>, name: &str) -> Result<&'a str> {
    text(given, name).ok_or_else(|| Failure::invalid(format!("Missing parameter: {name}")))
}

fn moment(name: &str, text: &str) -> Result<Timestamp> {
    let wrong = || Failure::parameter(name, "it is no time, such as 2026-03-01T09:00:00Z");
    time::parse(text).ok_or_else(wrong)
}

/// `start` and `end` are moments between which annotations lie.
pub(super) async fn list(project: Project) -> Result<Json<Value>> {
    project.params.refuse(&["category", "chart_id"])?;
    let bound = |name: &str| project.params.get(name).map(|text| moment(name, text)).transpose();
    let (start, end) = (bound("start")?, bound("end")?);
    let is_asked = |one: &&Annotation| {
        start.is_none_or(|start| one.says.at >= start) && end.is_none_or(|end| one.says.at < end)
    };
    let all = all(&project).await?;
    let data: Vec<Value> = all.iter().filter(is_asked).map(view).collect();
    Ok(Json(json!({ "data": data })))
}

pub(super) async fn get_one(project: Project, Path(id): Path<String>) -> Result<Json<Value>> {
    Ok(Json(json!({ "data": view(&one(&project, &id).await?) })))
}

pub(super) async fn post(project: Project, sent: Body) -> Result<Json<Value>> {
    project.editor()?;
    let given = object(sent, NOT_KEPT).await?;
    let at = moment("start", required(&given, "start")?)?;
    let says = AnnotationSays { at, text: required(&given, "label")?.to_owned() };
    Ok(Json(json!({ "data": view(&create(&project, says).await?) })))
}

/// What is absent stays.
pub(super) async fn put(
    project: Project,
    Path(id): Path<String>,
    sent: Body,
) -> Result<Json<Value>> {
    let actor = project.editor()?;
    let given = object(sent, NOT_KEPT).await?;
    let mut says = one(&project, &id).await?.says;
    if let Some(label) = text(&given, "label") {
        says.text = label.to_owned();
    }
    if let Some(start) = text(&given, "start") {
        says.at = moment("start", start)?;
    }
    let (no, id) = (project.workspace, AnnotationId::new(id));
    let change = move |store: &sluice_store::Store| store.annotation_change(no, &id, &says, &actor);
    Ok(Json(json!({ "data": view(&project.api.store().call(change).await?) })))
}

pub(super) async fn delete(project: Project, Path(id): Path<String>) -> Result<Json<Value>> {
    let (no, actor, id) = (project.workspace, project.editor()?, AnnotationId::new(id));
    project.api.store().call(move |store| store.annotation_delete(no, &id, &actor)).await?;
    Ok(Json(json!({ "success": true })))
}

/// The older form: all, or the one of an `id`.
pub(super) async fn list_short(project: Project) -> Result<Json<Value>> {
    let id = project.params.get("id");
    let all = all(&project).await?;
    let asked = all.iter().filter(|one| id.is_none_or(|id| one.id.as_str() == id));
    let data: Vec<Value> = asked.map(|one| short_view(one, &project)).collect();
    Ok(Json(json!({ "data": data })))
}

/// The older form: words at the beginning of a day.
pub(super) async fn post_short(project: Project) -> Result<Json<Value>> {
    let params = &project.params;
    params.refuse(&["chart_id", "details"])?;
    let wrong = || Failure::parameter("date", "a day is written YYYY-MM-DD");
    let date: Date = params.required("date")?.parse().map_err(|_| wrong())?;
    let begin = date.in_tz(&project.time_zone).map_err(|_| wrong())?;
    let at = Timestamp::from_micros(begin.timestamp().as_microsecond());
    let says = AnnotationSays { at, text: params.required("label")?.to_owned() };
    let made = create(&project, says).await?;
    Ok(Json(json!({ "annotation": short_view(&made, &project), "success": true })))
}

/// A release, by a JSON body or by the query.
pub(super) async fn release(project: Project, sent: Body) -> Result<Json<Value>> {
    let actor = project.editor()?;
    let bytes = body(sent, BODY_BYTES_MAX).await?;
    let given = if bytes.is_empty() {
        project.params.refuse(RELEASES_NOT_KEPT)?;
        let named = ["version", "release_start", "title", "created_by"];
        let given = named.iter().filter_map(|name| Some((*name, project.params.get(name)?)));
        given.map(|(name, text)| (name.to_owned(), json!(text))).collect()
    } else {
        object(Body::from(bytes), RELEASES_NOT_KEPT).await?
    };
    let (version, title) = (required(&given, "version")?, required(&given, "title")?);
    let start = required(&given, "release_start")?;
    // `2026-03-01 09:00:00`, in UTC.
    let at = moment("release_start", &format!("{}Z", start.replacen(' ', "T", 1)))?;
    let text =
        if title.contains(version) { title.to_owned() } else { format!("{title} ({version})") };
    let made = create(&project, AnnotationSays { at, text }).await?;
    let created = made.created_at.as_micros().div_euclid(1_000);
    let by = self::text(&given, "created_by").unwrap_or(&actor.name);
    let no = project.workspace.0;
    let release = json!({
        "id": made.id.as_str(), "app_id": no, "org_id": no, "version": version,
        "release_start": start, "release_end": null, "type": "integration", "title": title,
        "description": null, "platforms": [], "chart_visibility": true,
        "params": {
            "created": created, "created_by": by, "last_modified": created, "last_modified_by": by,
        },
    });
    Ok(Json(json!({ "success": true, "release": release })))
}
