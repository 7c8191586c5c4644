//! Destinations: their settings are checked by their kind, and secrets in them are write-only.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sluice_base::{Secret, nearest};
use sluice_destination_kit::{Catalog, Field};
use sluice_event::WorkspaceNo;
use sluice_model::{
    Destination, DestinationChange, DestinationId, NewDestination, Problem, SourceId,
};
use sluice_store::{Store, StoreError};
use utoipa::ToSchema;

use crate::answer::{Data, Done, done};
use crate::auth::{Editor, Viewer};
use crate::body::{At, Body};
use crate::error::ApiError;
use crate::page::{PageParams, Pagination, Paging};
use crate::routes::routing::RoutingView;
use crate::routes::subscriptions::presets;
use crate::state::ApiState;

/// Stands for the hidden part of a secret.
const MASK: &str = "••••";
/// A secret shorter than this shows none of its characters.
const SHOWN_FROM_CHARS: usize = 12;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DestinationView {
    id: String,
    #[schema(example = "Order webhook")]
    name: String,
    enabled: bool,
    metadata: DestinationMetadata,
    /// The first source; absent if no source is connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    source_id: Option<String>,
    connections: Vec<ConnectionView>,
    /// Secrets show as `••••` and their last four characters.
    #[schema(value_type = Object, example = json!({"url": "https://example.com/hook", "sharedSecret": "••••k3f9"}))]
    settings: Value,
    /// Counts up with every change.
    revision: u64,
    created_at: String,
    updated_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DestinationMetadata {
    /// The kind, as in the catalogue.
    #[schema(example = "webhook")]
    id: String,
    #[schema(example = "Webhook")]
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConnectionView {
    id: String,
    source_id: String,
    created_at: String,
    routing: RoutingView,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DestinationData {
    destination: DestinationView,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DestinationsData {
    pub(super) destinations: Vec<DestinationView>,
    pub(super) pagination: Pagination,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewDestinationBody {
    /// The first source that it serves.
    source_id: String,
    /// The kind, as in the catalogue.
    #[schema(example = "webhook")]
    metadata_id: String,
    /// The kind's name when absent.
    #[schema(example = "Order webhook")]
    name: Option<String>,
    #[serde(default = "yes")]
    #[schema(default = true)]
    enabled: bool,
    /// By the kind's schema, see `/catalog/destinations/{id}`.
    #[serde(default)]
    #[schema(value_type = Object, example = json!({"url": "https://example.com/hook"}))]
    settings: Map<String, Value>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DestinationBody {
    name: Option<String>,
    #[schema(example = false)]
    enabled: Option<bool>,
    /// Settings to change; null removes one, absent ones stay. A secret given back as it was shown
    /// stays too, unless a setting with `address` changes: then secrets that are sent must be given
    /// again, as they go only to whom they were given for.
    #[schema(value_type = Option<Object>)]
    settings: Option<Map<String, Value>>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ConnectBody {
    source_id: String,
}

const fn yes() -> bool {
    true
}

pub(super) fn view(catalog: &Catalog, destination: Destination) -> DestinationView {
    let settings = masked(catalog, &destination.kind, destination.settings.expose());
    let name = catalog.get(&destination.kind).map_or(destination.kind.as_str(), |kind| kind.name());
    DestinationView {
        id: destination.id.into_string(),
        name: destination.name,
        enabled: destination.enabled,
        metadata: DestinationMetadata { name: name.to_owned(), id: destination.kind },
        source_id: destination.connections.first().map(|first| first.source_id.to_string()),
        connections: destination
            .connections
            .into_iter()
            .map(|connection| ConnectionView {
                id: connection.id,
                source_id: connection.source_id.into_string(),
                created_at: connection.created_at.to_string(),
                routing: connection.routing.into(),
            })
            .collect(),
        settings,
        revision: destination.revision,
        created_at: destination.created_at.to_string(),
        updated_at: destination.updated_at.to_string(),
    }
}

/// Settings for showing. What the kind does not know is hidden: nobody can say that it is public.
pub(super) fn masked(catalog: &Catalog, kind: &str, settings: &Value) -> Value {
    let schema = catalog.get(kind).map(|kind| kind.settings());
    let public =
        |key: &str| schema.and_then(|schema| schema.field(key)).is_some_and(|field| !field.secret);
    let Value::Object(settings) = settings else { return Value::Object(Map::new()) };
    let shown = settings
        .iter()
        .map(|(key, value)| (key.clone(), if public(key) { value.clone() } else { mask(value) }));
    Value::Object(shown.collect())
}

fn mask(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::String(text) => {
            let chars = text.chars().count();
            let shown = if chars < SHOWN_FROM_CHARS { 0 } else { 4 };
            let last: String = text.chars().skip(chars - shown).collect();
            Value::String(format!("{MASK}{last}"))
        }
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, value)| (key.clone(), mask(value))).collect())
        }
        _ => Value::String(MASK.to_owned()),
    }
}

/// New settings over the kept ones. A value that equals what was shown for a secret is the secret.
pub(super) fn merged(before: &Value, shown: &Value, change: Map<String, Value>) -> Value {
    let mut after = before.as_object().cloned().unwrap_or_default();
    for (key, value) in change {
        if value.is_null() {
            after.remove(&key);
        } else {
            let value = unmasked(before.get(&key), shown.get(&key), value);
            after.insert(key, value);
        }
    }
    Value::Object(after)
}

fn unmasked(before: Option<&Value>, shown: Option<&Value>, given: Value) -> Value {
    match (before, shown, given) {
        (Some(before), Some(shown), given) if given == *shown => before.clone(),
        (Some(before), Some(shown), Value::Object(map)) => Value::Object(
            map.into_iter()
                .map(|(key, value)| {
                    let value = unmasked(before.get(&key), shown.get(&key), value);
                    (key, value)
                })
                .collect(),
        ),
        (_, _, given) => given,
    }
}

/// Refuses to send secrets that are kept to another peer than the one they were given for.
fn check_peer(
    catalog: &Catalog,
    kind: &str,
    (before, after): (&Value, &Value),
    given: &Map<String, Value>,
) -> Result<(), Vec<Problem>> {
    let Some(schema) = catalog.get(kind).map(|kind| kind.settings()) else { return Ok(()) };
    let shown = masked(catalog, kind, before);
    let is_given = |field: &Field| match (given.get(&field.key), shown.get(&field.key)) {
        (None, _) => false,
        (Some(Value::Object(given)), Some(Value::Object(shown))) => {
            given.iter().all(|(key, value)| shown.get(key) != Some(value))
        }
        (Some(given), shown) => shown != Some(given),
    };
    let problem = |(secret, address): (&Field, &Field)| {
        let message = format!(
            "must be given again: `{}` changes, and a stored secret goes only to the address it \
             was given for; or null to remove it",
            address.key
        );
        Problem::new(&format!("settings.{}", secret.key), message)
    };
    let kept = schema.kept_for_another(before, after, is_given);
    let problems: Vec<Problem> = kept.into_iter().map(problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Checks settings by their kind. Its messages never quote a value.
fn check(catalog: &Catalog, kind: &str, settings: &Value) -> Result<(), Vec<Problem>> {
    let Some(found) = catalog.get(kind) else {
        let known: Vec<&str> = catalog.iter().map(|kind| kind.slug()).collect();
        let hint = match nearest(kind, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are {}", known.join(", ")),
        };
        let message = format!("there is no kind `{kind}`; {hint}");
        return Err(vec![Problem::new("metadataId", message)]);
    };
    if let Some(why) = found.unavailable() {
        return Err(vec![Problem::new("metadataId", format!("it is not available: {why}"))]);
    }
    let problem = |key: &str, message: &str| {
        let field = if key.is_empty() { "settings".to_owned() } else { format!("settings.{key}") };
        Problem::new(&field, message)
    };
    found
        .settings()
        .check(settings)
        .map(drop)
        .map_err(|error| error.problems.iter().map(|one| problem(&one.key, &one.message)).collect())
}

/// Runs one function of the store that gives a destination.
pub(super) async fn destination(
    api: &ApiState,
    act: impl FnOnce(&Store) -> Result<Destination, StoreError> + Send + 'static,
) -> Result<Data<DestinationData>, ApiError> {
    let found = api.store().call(act).await?;
    Ok(Data { data: DestinationData { destination: view(api.catalog(), found) } })
}

/// The ids of a destination's connections, for asking delivery.
pub(super) async fn connection_ids(
    api: &ApiState,
    no: WorkspaceNo,
    id: String,
) -> Result<Vec<String>, ApiError> {
    let found =
        api.store().call(move |store| store.destination_get(no, &DestinationId::new(id))).await?;
    Ok(found.connections.into_iter().map(|connection| connection.id).collect())
}

/// The destinations of the workspace, oldest first.
#[utoipa::path(get, path = "/destinations", tag = "Destinations", params(PageParams),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "A part of the list", body = Data<DestinationsData>)))]
pub(super) async fn list_destinations(
    who: Viewer,
    State(api): State<ApiState>,
    paging: Paging,
) -> Result<Data<DestinationsData>, ApiError> {
    let no = who.workspace();
    let listed =
        api.store().call(move |store| store.destination_list(no, paging.store_page())).await?;
    let (destinations, pagination) = paging.listed(listed, |one| view(api.catalog(), one));
    Ok(Data { data: DestinationsData { destinations, pagination } })
}

/// Makes a destination and connects its first source.
#[utoipa::path(post, path = "/destinations", tag = "Destinations",
    security(("token" = ["editor"])), request_body = NewDestinationBody,
    responses((status = 200, description = "The new destination", body = Data<DestinationData>)))]
pub(super) async fn create_destination(
    who: Editor,
    State(api): State<ApiState>,
    Body(body): Body<NewDestinationBody>,
) -> Result<Data<DestinationData>, ApiError> {
    let settings = merged(&Value::Null, &Value::Null, body.settings);
    check(api.catalog(), &body.metadata_id, &settings).map_err(ApiError::Invalid)?;
    let kind_name = api.catalog().get(&body.metadata_id).map(|kind| kind.name().to_owned());
    let subscriptions = presets(api.catalog(), &body.metadata_id);
    let new = NewDestination {
        source_id: SourceId::new(body.source_id),
        name: body.name.or(kind_name).unwrap_or_default(),
        kind: body.metadata_id,
        enabled: body.enabled,
        settings: Secret::new(settings),
        subscriptions,
    };
    let (no, actor) = (who.workspace(), who.actor());
    destination(&api, move |store| store.destination_create(no, &new, &actor)).await
}

/// One destination.
#[utoipa::path(get, path = "/destinations/{destinationId}", tag = "Destinations",
    params(("destinationId" = String, Path, description = "The destination's id")),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The destination", body = Data<DestinationData>)))]
pub(super) async fn get_destination(
    who: Viewer,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<DestinationData>, ApiError> {
    let no = who.workspace();
    destination(&api, move |store| store.destination_get(no, &DestinationId::new(id))).await
}

/// Changes a destination; what is absent stays.
#[utoipa::path(patch, path = "/destinations/{destinationId}", tag = "Destinations",
    params(("destinationId" = String, Path, description = "The destination's id")),
    security(("token" = ["editor"])), request_body = DestinationBody,
    responses((status = 200, description = "The destination after the change", body = Data<DestinationData>)))]
pub(super) async fn update_destination(
    who: Editor,
    State(api): State<ApiState>,
    At(id): At<String>,
    Body(body): Body<DestinationBody>,
) -> Result<Data<DestinationData>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    let id = DestinationId::new(id);
    let within = api.clone();
    let decide = move |before: &Destination| {
        let settings = match body.settings {
            None => None,
            Some(change) => {
                let (catalog, kept) = (within.catalog(), before.settings.expose());
                let shown = masked(catalog, &before.kind, kept);
                let settings = merged(kept, &shown, change.clone());
                check(catalog, &before.kind, &settings).map_err(StoreError::Invalid)?;
                check_peer(catalog, &before.kind, (kept, &settings), &change)
                    .map_err(StoreError::Invalid)?;
                Some(Secret::new(settings))
            }
        };
        Ok(DestinationChange { name: body.name, enabled: body.enabled, settings })
    };
    destination(&api, move |store| store.destination_change_by(no, &id, decide, &actor)).await
}

/// Deletes a destination: nothing more is sent. Can be restored.
#[utoipa::path(delete, path = "/destinations/{destinationId}", tag = "Destinations",
    params(("destinationId" = String, Path, description = "The destination's id")),
    security(("token" = ["editor"])),
    responses((status = 200, description = "It is deleted", body = Data<Done>)))]
pub(super) async fn delete_destination(
    who: Editor,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<Done>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    api.store()
        .call(move |store| store.destination_delete(no, &DestinationId::new(id), &actor))
        .await?;
    Ok(done())
}

/// Undoes the deletion of a destination: same settings, same connections.
#[utoipa::path(post, path = "/destinations/{destinationId}/restore", tag = "Destinations",
    params(("destinationId" = String, Path, description = "The id of a deleted destination")),
    security(("token" = ["editor"])),
    responses((status = 200, description = "The destination", body = Data<DestinationData>)))]
pub(super) async fn restore_destination(
    who: Editor,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<DestinationData>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    let id = DestinationId::new(id);
    destination(&api, move |store| store.destination_restore(no, &id, &actor)).await
}

/// Connects one more source.
#[utoipa::path(post, path = "/destinations/{destinationId}/sources", tag = "Destinations",
    params(("destinationId" = String, Path, description = "The destination's id")),
    security(("token" = ["editor"])), request_body = ConnectBody,
    responses((status = 200, description = "The destination with the source", body = Data<DestinationData>)))]
pub(super) async fn connect_source(
    who: Editor,
    State(api): State<ApiState>,
    At(id): At<String>,
    Body(body): Body<ConnectBody>,
) -> Result<Data<DestinationData>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    let (id, from) = (DestinationId::new(id), SourceId::new(body.source_id));
    destination(&api, move |store| store.connection_create(no, &id, &from, &actor)).await
}

/// Disconnects a source; what still waits for the connection is given up.
#[utoipa::path(delete, path = "/destinations/{destinationId}/sources/{sourceId}", tag = "Destinations",
    params(
        ("destinationId" = String, Path, description = "The destination's id"),
        ("sourceId" = String, Path, description = "The source's id"),
    ),
    security(("token" = ["editor"])),
    responses((status = 200, description = "The destination without the source", body = Data<DestinationData>)))]
pub(super) async fn disconnect_source(
    who: Editor,
    State(api): State<ApiState>,
    At((id, from)): At<(String, String)>,
) -> Result<Data<DestinationData>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    let (id, from) = (DestinationId::new(id), SourceId::new(from));
    destination(&api, move |store| store.connection_delete(no, &id, &from, &actor)).await
}

/// Takes up a destination whose deliveries were suspended, such as after a refused credential.
#[utoipa::path(post, path = "/destinations/{destinationId}/resume", tag = "Deliveries",
    params(("destinationId" = String, Path, description = "The destination's id")),
    security(("token" = ["editor"])),
    responses((status = 200, description = "Deliveries go on", body = Data<Done>)))]
pub(super) async fn resume_destination(
    who: Editor,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<Done>, ApiError> {
    let no = who.workspace();
    let connections = connection_ids(&api, no, id).await?;
    for connection in connections {
        api.handles().deliveries.resume(connection).await?;
    }
    Ok(done())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_shows_its_last_four_characters_and_a_short_one_none() {
        assert_eq!(mask(&json!("abcdefghijkl")), json!("••••ijkl"));
        assert_eq!(mask(&json!("abcdefghijk")), json!("••••"));
        assert_eq!(mask(&json!({ "a": "abcdefghijkl" })), json!({ "a": "••••ijkl" }));
        assert_eq!(mask(&json!(1234)), json!("••••"));
        assert_eq!(mask(&json!("äöüäöüäöüäöü")), json!("••••öüäöü".replacen('ö', "", 1)));
    }

    #[test]
    fn a_secret_given_back_as_shown_stays_and_null_removes() {
        let before =
            json!({ "url": "u", "key": "abcdefghijkl", "headers": { "a": "secret-secret" } });
        let shown = json!({ "url": "u", "key": "••••ijkl", "headers": { "a": "••••cret" } });
        let change =
            json!({ "url": null, "key": "••••ijkl", "headers": { "a": "••••cret", "b": "new" } });
        let Value::Object(change) = change else { unreachable!() };
        assert_eq!(
            merged(&before, &shown, change),
            json!({ "key": "abcdefghijkl", "headers": { "a": "secret-secret", "b": "new" } })
        );
    }
}
