//! Annotations: a few words at a moment that stand on every chart over time. A deployment can post
//! its version here. And the releases that stand there by themselves, as events tell of them.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sluice_event::time;
use sluice_insights::Release;
use sluice_model::{Annotation, AnnotationId, AnnotationSays};
use utoipa::ToSchema;

use crate::answer::{Data, Done, done};
use crate::auth::{Editor, Viewer};
use crate::body::{At, Body};
use crate::error::ApiError;
use crate::state::ApiState;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AnnotationView {
    id: String,
    at: String,
    text: String,
    created_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AnnotationData {
    annotation: AnnotationView,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AnnotationsData {
    annotations: Vec<AnnotationView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReleasesData {
    releases: Vec<Release>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AnnotationBody {
    /// When it was, such as `2026-03-01T09:00:00Z`.
    #[schema(example = "2026-03-01T09:00:00Z")]
    at: String,
    /// At most 200 characters.
    #[schema(example = "Release 4.2")]
    text: String,
}

fn view(annotation: Annotation) -> AnnotationView {
    AnnotationView {
        id: annotation.id.into_string(),
        at: annotation.says.at.to_string(),
        text: annotation.says.text,
        created_at: annotation.created_at.to_string(),
    }
}

fn says(body: &AnnotationBody) -> Result<AnnotationSays, ApiError> {
    let message = "is not a time, such as 2026-03-01T09:00:00Z";
    let at = time::parse(&body.at).ok_or_else(|| ApiError::invalid("at", message))?;
    Ok(AnnotationSays { at, text: body.text.trim().to_owned() })
}

/// All annotations of the workspace, the oldest moment first; at most 1,000.
#[utoipa::path(get, path = "/annotations", tag = "Insights", security(("token" = ["viewer"])),
    responses((status = 200, description = "The annotations", body = Data<AnnotationsData>)))]
pub(super) async fn list_annotations(
    who: Viewer,
    State(api): State<ApiState>,
) -> Result<Data<AnnotationsData>, ApiError> {
    let no = who.workspace();
    let all = api.store().call(move |store| store.annotation_list(no)).await?;
    Ok(Data { data: AnnotationsData { annotations: all.into_iter().map(view).collect() } })
}

/// Writes a few words at a moment onto every chart over time.
#[utoipa::path(post, path = "/annotations", tag = "Insights", security(("token" = ["editor"])),
    request_body = AnnotationBody,
    responses((status = 200, description = "The annotation", body = Data<AnnotationData>)))]
pub(super) async fn create_annotation(
    who: Editor,
    State(api): State<ApiState>,
    Body(body): Body<AnnotationBody>,
) -> Result<Data<AnnotationData>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    let says = says(&body)?;
    let made = api.store().call(move |store| store.annotation_create(no, &says, &actor)).await?;
    Ok(Data { data: AnnotationData { annotation: view(made) } })
}

/// Keeps other words or another moment.
#[utoipa::path(put, path = "/annotations/{annotationId}", tag = "Insights",
    params(("annotationId" = String, Path, description = "The annotation's id")),
    security(("token" = ["editor"])), request_body = AnnotationBody,
    responses((status = 200, description = "The annotation", body = Data<AnnotationData>)))]
pub(super) async fn update_annotation(
    who: Editor,
    State(api): State<ApiState>,
    At(id): At<String>,
    Body(body): Body<AnnotationBody>,
) -> Result<Data<AnnotationData>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    let (id, says) = (AnnotationId::new(id), says(&body)?);
    let store = api.store();
    let kept = store.call(move |store| store.annotation_change(no, &id, &says, &actor)).await?;
    Ok(Data { data: AnnotationData { annotation: view(kept) } })
}

/// Takes an annotation off the charts.
#[utoipa::path(delete, path = "/annotations/{annotationId}", tag = "Insights",
    params(("annotationId" = String, Path, description = "The annotation's id")),
    security(("token" = ["editor"])),
    responses((status = 200, description = "It is deleted", body = Data<Done>)))]
pub(super) async fn delete_annotation(
    who: Editor,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<Done>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    let id = AnnotationId::new(id);
    api.store().call(move |store| store.annotation_delete(no, &id, &actor)).await?;
    Ok(done())
}

/// Versions of apps and when they came out: the first event that names the version in `context.app`.
/// The newest 100, oldest first. Left out are the version that an app's events begin with, and those
/// that fewer than a hundredth of the app's events have in their first week.
#[utoipa::path(get, path = "/releases", tag = "Insights", security(("token" = ["viewer"])),
    responses((status = 200, description = "The releases", body = Data<ReleasesData>)))]
pub(super) async fn list_releases(
    who: Viewer,
    State(api): State<ApiState>,
) -> Result<Data<ReleasesData>, ApiError> {
    let releases = api.handles().schema.releases(who.workspace()).await?;
    Ok(Data { data: ReleasesData { releases } })
}
