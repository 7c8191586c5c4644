//! Subscriptions of a destination, in the console "mappings": which events start which action, and
//! how its fields are filled. And their preview: what comes of an event, without sending it.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluice_base::nearest;
use sluice_destination_kit::{Action, Catalog};
use sluice_filter::Subscription as Trigger;
use sluice_mapping::Mapping;
use sluice_model::{
    DestinationId, NewSubscription, Problem, Subscription, SubscriptionChange, SubscriptionId,
};
use tokio::sync::Semaphore;
use utoipa::ToSchema;

use crate::answer::{Data, Done, done};
use crate::auth::{Editor, Viewer};
use crate::body::{At, Body};
use crate::error::ApiError;
use crate::handles::blocking;
use crate::page::Pagination;
use crate::state::ApiState;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SubscriptionView {
    id: String,
    #[schema(example = "Track Calls")]
    name: String,
    destination_id: String,
    /// The action, as its kind names it.
    #[schema(example = "trackEvent")]
    action_id: String,
    action_slug: String,
    enabled: bool,
    #[schema(example = "type = \"track\"")]
    trigger: String,
    /// The mapping: each field of the action with a value or a directive.
    #[schema(value_type = Object, example = json!({"event": {"@path": "$.event"}}))]
    settings: Value,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SubscriptionData {
    subscription: SubscriptionView,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SubscriptionsData {
    subscriptions: Vec<SubscriptionView>,
    pagination: Pagination,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewSubscriptionBody {
    /// The action's title when absent.
    name: Option<String>,
    #[schema(example = "trackEvent")]
    action_id: String,
    #[schema(example = "type = \"track\"")]
    trigger: String,
    #[serde(default = "yes")]
    #[schema(default = true)]
    enabled: bool,
    /// What the action's fields propose when absent.
    #[schema(value_type = Option<Object>)]
    settings: Option<Value>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SubscriptionBody {
    name: Option<String>,
    trigger: Option<String>,
    enabled: Option<bool>,
    /// Replaces the whole mapping.
    #[schema(value_type = Option<Object>)]
    settings: Option<Value>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MappingPreviewBody {
    #[schema(example = "trackEvent")]
    action_id: String,
    trigger: String,
    #[schema(value_type = Object)]
    settings: Value,
    /// An event as it is stored.
    #[schema(value_type = Object)]
    event: Value,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MappingPreviewData {
    preview: MappingPreviewView,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MappingPreviewView {
    /// Whether the event would start the action.
    matches: bool,
    /// What the action would get; absent if the mapping cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    payload: Option<Value>,
    problems: Vec<MappingPreviewProblem>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MappingPreviewProblem {
    /// `trigger`, or a path in the mapping such as `settings/email/@path`.
    #[schema(example = "trigger")]
    field: String,
    message: String,
}

const fn yes() -> bool {
    true
}

fn view(destination: &DestinationId, one: Subscription) -> SubscriptionView {
    SubscriptionView {
        id: one.id.into_string(),
        name: one.name,
        destination_id: destination.as_str().to_owned(),
        action_id: one.action.clone(),
        action_slug: one.action,
        enabled: one.enabled,
        trigger: one.trigger,
        settings: one.mapping,
    }
}

/// What a new destination of this kind begins with.
pub(super) fn presets(catalog: &Catalog, kind: &str) -> Vec<NewSubscription> {
    let presets = catalog.get(kind).map(|kind| kind.presets()).unwrap_or_default();
    let automatic = presets.iter().filter(|preset| preset.is_automatic());
    automatic
        .map(|preset| NewSubscription {
            name: preset.name.clone(),
            action: preset.action.clone(),
            trigger: preset.trigger.clone(),
            mapping: preset.mapping(),
            enabled: true,
        })
        .collect()
}

fn action<'a>(catalog: &'a Catalog, kind: &str, slug: &str) -> Result<&'a Action, ApiError> {
    let actions = catalog.get(kind).map(|kind| kind.actions()).unwrap_or_default();
    if let Some(found) = actions.iter().find(|action| action.slug == slug) {
        return Ok(found);
    }
    let known: Vec<&str> = actions.iter().map(|action| action.slug.as_str()).collect();
    let hint = match nearest(slug, known.iter().copied()) {
        Some(near) => format!("; did you mean `{near}`?"),
        None if known.is_empty() => ": this kind takes all events its own way".to_owned(),
        None => format!("; known are {}", known.join(", ")),
    };
    Err(ApiError::invalid("actionId", format!("there is no action `{slug}`{hint}")))
}

/// What is wrong with a trigger and a mapping; empty if they can be used.
fn problems(trigger: Option<&str>, mapping: Option<&Value>) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(Err(error)) = trigger.map(Trigger::parse) {
        problems.push(Problem::new("trigger", error.to_string()));
    }
    if let Some(Err(error)) = mapping.map(Mapping::parse) {
        problems.extend(
            error
                .problems
                .iter()
                .map(|one| Problem::new(&format!("settings{}", one.pointer), one.message.clone())),
        );
    }
    problems
}

fn check(trigger: Option<&str>, mapping: Option<&Value>) -> Result<(), ApiError> {
    let problems = problems(trigger, mapping);
    if problems.is_empty() { Ok(()) } else { Err(ApiError::Invalid(problems)) }
}

/// The mappings of a destination, oldest first. A kind without actions has none.
#[utoipa::path(get, path = "/destinations/{destinationId}/subscriptions", tag = "Destinations",
    params(("destinationId" = String, Path, description = "The destination's id")),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "All of them", body = Data<SubscriptionsData>)))]
pub(super) async fn list_subscriptions(
    who: Viewer,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<SubscriptionsData>, ApiError> {
    let (no, id) = (who.workspace(), DestinationId::new(id));
    let wanted = id.clone();
    let found = api.store().call(move |store| store.destination_get(no, &wanted)).await?;
    let total = found.subscriptions.len() as u64;
    let subscriptions = found.subscriptions.into_iter().map(|one| view(&id, one)).collect();
    let pagination = Pagination { current: String::new(), next: None, total_entries: Some(total) };
    Ok(Data { data: SubscriptionsData { subscriptions, pagination } })
}

/// Adds a mapping.
#[utoipa::path(post, path = "/destinations/{destinationId}/subscriptions", tag = "Destinations",
    params(("destinationId" = String, Path, description = "The destination's id")),
    security(("token" = ["editor"])), request_body = NewSubscriptionBody,
    responses((status = 200, description = "The new mapping", body = Data<SubscriptionData>)))]
pub(super) async fn create_subscription(
    who: Editor,
    State(api): State<ApiState>,
    At(id): At<String>,
    Body(body): Body<NewSubscriptionBody>,
) -> Result<Data<SubscriptionData>, ApiError> {
    let (no, actor, id) = (who.workspace(), who.actor(), DestinationId::new(id));
    let wanted = id.clone();
    let found = api.store().call(move |store| store.destination_get(no, &wanted)).await?;
    let action = action(api.catalog(), &found.kind, &body.action_id)?;
    let mapping = body.settings.unwrap_or_else(|| Value::Object(action.defaults()));
    check(Some(&body.trigger), Some(&mapping))?;
    let new = NewSubscription {
        name: body.name.unwrap_or_else(|| action.title.clone()),
        action: body.action_id,
        trigger: body.trigger,
        mapping,
        enabled: body.enabled,
    };
    let to = id.clone();
    let made =
        api.store().call(move |store| store.subscription_create(no, &to, &new, &actor)).await?;
    Ok(Data { data: SubscriptionData { subscription: view(&id, made) } })
}

/// One mapping.
#[utoipa::path(get, path = "/destinations/{destinationId}/subscriptions/{subscriptionId}",
    tag = "Destinations",
    params(("destinationId" = String, Path, description = "The destination's id"),
        ("subscriptionId" = String, Path, description = "The mapping's id")),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The mapping", body = Data<SubscriptionData>)))]
pub(super) async fn get_subscription(
    who: Viewer,
    State(api): State<ApiState>,
    At((id, one)): At<(String, String)>,
) -> Result<Data<SubscriptionData>, ApiError> {
    let (no, id) = (who.workspace(), DestinationId::new(id));
    let wanted = id.clone();
    let found = api.store().call(move |store| store.destination_get(no, &wanted)).await?;
    let subscription = found.subscriptions.into_iter().find(|known| known.id.as_str() == one);
    let subscription = subscription.ok_or_else(|| ApiError::not_found("mapping", &one))?;
    Ok(Data { data: SubscriptionData { subscription: view(&id, subscription) } })
}

/// Changes a mapping; what is absent stays.
#[utoipa::path(patch, path = "/destinations/{destinationId}/subscriptions/{subscriptionId}",
    tag = "Destinations",
    params(("destinationId" = String, Path, description = "The destination's id"),
        ("subscriptionId" = String, Path, description = "The mapping's id")),
    security(("token" = ["editor"])), request_body = SubscriptionBody,
    responses((status = 200, description = "The mapping after the change", body = Data<SubscriptionData>)))]
pub(super) async fn update_subscription(
    who: Editor,
    State(api): State<ApiState>,
    At((id, one)): At<(String, String)>,
    Body(body): Body<SubscriptionBody>,
) -> Result<Data<SubscriptionData>, ApiError> {
    check(body.trigger.as_deref(), body.settings.as_ref())?;
    let (no, actor, id) = (who.workspace(), who.actor(), DestinationId::new(id));
    let change = SubscriptionChange {
        name: body.name,
        trigger: body.trigger,
        mapping: body.settings,
        enabled: body.enabled,
    };
    let (of, one) = (id.clone(), SubscriptionId::new(one));
    let changed = api
        .store()
        .call(move |store| store.subscription_change(no, &of, &one, &change, &actor))
        .await?;
    Ok(Data { data: SubscriptionData { subscription: view(&id, changed) } })
}

/// Deletes a mapping.
#[utoipa::path(delete, path = "/destinations/{destinationId}/subscriptions/{subscriptionId}",
    tag = "Destinations",
    params(("destinationId" = String, Path, description = "The destination's id"),
        ("subscriptionId" = String, Path, description = "The mapping's id")),
    security(("token" = ["editor"])),
    responses((status = 200, description = "It is deleted", body = Data<Done>)))]
pub(super) async fn delete_subscription(
    who: Editor,
    State(api): State<ApiState>,
    At((id, one)): At<(String, String)>,
) -> Result<Data<Done>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    let (id, one) = (DestinationId::new(id), SubscriptionId::new(one));
    api.store().call(move |store| store.subscription_delete(no, &id, &one, &actor)).await?;
    Ok(done())
}

/// What a mapping makes of an event. Nothing is sent and nothing is kept.
#[utoipa::path(post, path = "/destinations/{destinationId}/subscriptions/preview",
    tag = "Destinations",
    params(("destinationId" = String, Path, description = "The destination's id")),
    security(("token" = ["viewer"])), request_body = MappingPreviewBody,
    responses((status = 200, description = "The payload, or what is wrong", body = Data<MappingPreviewData>)))]
pub(super) async fn preview_subscription(
    who: Viewer,
    State(api): State<ApiState>,
    At(id): At<String>,
    Body(body): Body<MappingPreviewBody>,
) -> Result<Data<MappingPreviewData>, ApiError> {
    let (no, id) = (who.workspace(), DestinationId::new(id));
    let found = api.store().call(move |store| store.destination_get(no, &id)).await?;
    let action = action(api.catalog(), &found.kind, &body.action_id)?;
    sluice_model::subscription::check_trial(&body.trigger, &body.settings)
        .map_err(ApiError::Invalid)?;
    // It may compute for a while, and the same threads take events in.
    let turn = PREVIEWS.acquire().await.map_err(|error| ApiError::Internal(error.to_string()))?;
    let required = required(action);
    let preview = blocking(move || {
        let _turn = turn;
        Ok(preview(&required, &body))
    });
    Ok(Data { data: MappingPreviewData { preview: preview.await? } })
}

/// Previews that compute at one time; more wait.
static PREVIEWS: Semaphore = Semaphore::const_new(2);

fn preview(required: &[String], body: &MappingPreviewBody) -> MappingPreviewView {
    let mut problems: Vec<MappingPreviewProblem> =
        problems(Some(&body.trigger), Some(&body.settings))
            .into_iter()
            .map(|one| MappingPreviewProblem { field: one.field, message: one.message })
            .collect();
    let matches = Trigger::parse(&body.trigger).is_ok_and(|trigger| trigger.matches(&body.event));
    let payload = match Mapping::parse(&body.settings).ok().map(|one| one.apply(&body.event)) {
        None => None,
        Some(Ok(payload)) => Some(payload),
        Some(Err(error)) => {
            let field = "settings".to_owned();
            problems.push(MappingPreviewProblem { field, message: error.to_string() });
            None
        }
    };
    if let Some(payload) = &payload {
        let is_missing = |key: &&String| {
            let value = payload.get(key.as_str()).unwrap_or(&Value::Null);
            value.is_null() || value.as_str() == Some("")
        };
        problems.extend(required.iter().filter(is_missing).map(|key| MappingPreviewProblem {
            field: format!("settings/{key}"),
            message: "is required, and nothing comes of it for this event".to_owned(),
        }));
    }
    MappingPreviewView { matches, payload, problems }
}

/// Keys of the fields that an action requires.
fn required(action: &Action) -> Vec<String> {
    #[derive(Deserialize)]
    struct Field {
        key: String,
        #[serde(default)]
        required: Value,
    }
    let fields: Vec<Field> = serde_json::from_str(action.fields.get()).unwrap_or_default();
    let is_required = |field: &Field| field.required == Value::Bool(true);
    fields.into_iter().filter(is_required).map(|field| field.key).collect()
}
