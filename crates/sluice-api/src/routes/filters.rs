//! Filters of destinations, in the shape of Segment's Public API; and what a condition or a whole
//! filter does, before it is kept.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluice_filter::ParseError;
use sluice_filter::destination_filter::{Held, Rules};
use sluice_filter::fql::Query;
use sluice_model::{
    DestinationFilter, DestinationId, FilterAction, FilterId, NewDestinationFilter, SourceId,
};
use sluice_store::{Store, StoreError};
use utoipa::ToSchema;

use crate::answer::{Data, Done, done};
use crate::auth::{Editor, Viewer};
use crate::body::{At, Body};
use crate::error::ApiError;
use crate::state::ApiState;

/// What happens to events that match.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = FilterAction)]
pub(super) enum ActionView {
    /// They are not sent.
    Drop,
    /// They are sent with this probability.
    Sample {
        /// From 0 to 1.
        #[schema(example = 0.1)]
        percent: f64,
        /// A field, such as `userId`: all events with one value there stay or go. By the message id
        /// if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        path: Option<String>,
    },
    /// Properties are taken out.
    DropProperties {
        /// Keys by the path of their object; "" is the event itself.
        #[schema(example = json!({"properties": ["cardNumber"]}))]
        fields: BTreeMap<String, Vec<String>>,
    },
    /// All other properties are taken out.
    AllowProperties {
        /// Keys by the path of their object; "" is the event itself.
        #[schema(example = json!({"properties": ["total", "currency"]}))]
        fields: BTreeMap<String, Vec<String>>,
    },
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FilterView {
    id: String,
    destination_id: String,
    /// The one source whose events it is for; absent if for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    source_id: Option<String>,
    title: String,
    description: String,
    /// The condition, in FQL.
    #[schema(example = "event = 'Order Completed' and properties.total < 1")]
    r#if: String,
    actions: Vec<ActionView>,
    enabled: bool,
    created_at: String,
    updated_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FilterData {
    filter: FilterView,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FiltersData {
    /// Oldest first.
    filters: Vec<FilterView>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewFilterBody {
    /// For events of this source only.
    source_id: Option<String>,
    #[schema(example = "No orders of nothing")]
    title: String,
    #[serde(default)]
    description: String,
    /// The condition, in FQL; `all` matches every event.
    #[schema(example = "event = 'Order Completed' and properties.total < 1")]
    r#if: String,
    actions: Vec<ActionView>,
    #[serde(default = "yes")]
    #[schema(default = true)]
    enabled: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct FilterBody {
    title: Option<String>,
    description: Option<String>,
    r#if: Option<String>,
    actions: Option<Vec<ActionView>>,
    enabled: Option<bool>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConditionBody {
    /// A condition in FQL.
    r#if: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConditionData {
    valid: bool,
    /// The condition in its usual form.
    #[serde(skip_serializing_if = "Option::is_none")]
    formatted: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ConditionError>,
}

/// Where the condition goes wrong, and what would be right.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConditionError {
    /// From 1.
    line: usize,
    /// From 1, in characters.
    column: usize,
    /// How many characters are wrong.
    length: usize,
    message: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FilterPreviewBody {
    filter: FilterPreviewRule,
    /// The event, as it would be sent.
    #[schema(value_type = Object)]
    payload: Value,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FilterPreviewRule {
    r#if: String,
    actions: Vec<ActionView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FilterPreviewData {
    /// The condition holds for the event.
    matches: bool,
    outcome: FilterPreviewOutcome,
    /// The event as it goes out; absent if it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    result: Option<Value>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum FilterPreviewOutcome {
    Sent,
    Changed,
    Dropped,
    SampledOut,
}

const fn yes() -> bool {
    true
}

impl From<FilterAction> for ActionView {
    fn from(action: FilterAction) -> Self {
        match action {
            FilterAction::Drop => Self::Drop,
            FilterAction::Sample { percent, path } => Self::Sample { percent, path },
            FilterAction::DropProperties { fields } => Self::DropProperties { fields },
            FilterAction::AllowProperties { fields } => Self::AllowProperties { fields },
        }
    }
}

impl From<ActionView> for FilterAction {
    fn from(action: ActionView) -> Self {
        match action {
            ActionView::Drop => Self::Drop,
            ActionView::Sample { percent, path } => Self::Sample { percent, path },
            ActionView::DropProperties { fields } => Self::DropProperties { fields },
            ActionView::AllowProperties { fields } => Self::AllowProperties { fields },
        }
    }
}

fn view(destination: &DestinationId, filter: DestinationFilter) -> FilterView {
    FilterView {
        id: filter.id.into_string(),
        destination_id: destination.as_str().to_owned(),
        source_id: filter.source_id.map(SourceId::into_string),
        title: filter.title,
        description: filter.description,
        r#if: filter.condition,
        actions: filter.actions.into_iter().map(ActionView::from).collect(),
        enabled: filter.enabled,
        created_at: filter.created_at.to_string(),
        updated_at: filter.updated_at.to_string(),
    }
}

fn actions(views: Vec<ActionView>) -> Vec<FilterAction> {
    views.into_iter().map(FilterAction::from).collect()
}

fn check_condition(condition: &str) -> Result<(), ApiError> {
    Query::parse(condition).map(drop).map_err(|error| ApiError::invalid("if", error.to_string()))
}

/// Runs one function of the store that gives a filter.
async fn filter(
    api: &ApiState,
    destination: DestinationId,
    act: impl FnOnce(&Store, &DestinationId) -> Result<DestinationFilter, StoreError> + Send + 'static,
) -> Result<Data<FilterData>, ApiError> {
    let of = destination.clone();
    let found = api.store().call(move |store| act(store, &of)).await?;
    Ok(Data { data: FilterData { filter: view(&destination, found) } })
}

/// The filters of a destination.
#[utoipa::path(get, path = "/destinations/{destinationId}/filters", tag = "Filters",
    params(("destinationId" = String, Path, description = "The destination's id")),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "All of them, oldest first", body = Data<FiltersData>)))]
pub(super) async fn list_filters(
    who: Viewer,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<FiltersData>, ApiError> {
    let (no, id) = (who.workspace(), DestinationId::new(id));
    let of = id.clone();
    let found = api.store().call(move |store| store.filter_list(no, &of)).await?;
    let filters = found.into_iter().map(|one| view(&id, one)).collect();
    Ok(Data { data: FiltersData { filters } })
}

/// Adds a filter to a destination.
#[utoipa::path(post, path = "/destinations/{destinationId}/filters", tag = "Filters",
    params(("destinationId" = String, Path, description = "The destination's id")),
    security(("token" = ["editor"])), request_body = NewFilterBody,
    responses((status = 200, description = "The new filter", body = Data<FilterData>)))]
pub(super) async fn create_filter(
    who: Editor,
    State(api): State<ApiState>,
    At(id): At<String>,
    Body(body): Body<NewFilterBody>,
) -> Result<Data<FilterData>, ApiError> {
    check_condition(&body.r#if)?;
    let new = NewDestinationFilter {
        source_id: body.source_id.map(SourceId::new),
        title: body.title,
        description: body.description,
        enabled: body.enabled,
        condition: body.r#if,
        actions: actions(body.actions),
    };
    let (no, actor) = (who.workspace(), who.actor());
    filter(&api, DestinationId::new(id), move |store, of| store.filter_create(no, of, &new, &actor))
        .await
}

/// One filter.
#[utoipa::path(get, path = "/destinations/{destinationId}/filters/{filterId}", tag = "Filters",
    params(
        ("destinationId" = String, Path, description = "The destination's id"),
        ("filterId" = String, Path, description = "The filter's id"),
    ),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The filter", body = Data<FilterData>)))]
pub(super) async fn get_filter(
    who: Viewer,
    State(api): State<ApiState>,
    At((id, filter_id)): At<(String, String)>,
) -> Result<Data<FilterData>, ApiError> {
    let (no, filter_id) = (who.workspace(), FilterId::new(filter_id));
    filter(&api, DestinationId::new(id), move |store, of| store.filter_get(no, of, &filter_id))
        .await
}

/// Changes a filter; what is absent stays.
#[utoipa::path(patch, path = "/destinations/{destinationId}/filters/{filterId}", tag = "Filters",
    params(
        ("destinationId" = String, Path, description = "The destination's id"),
        ("filterId" = String, Path, description = "The filter's id"),
    ),
    security(("token" = ["editor"])), request_body = FilterBody,
    responses((status = 200, description = "The filter after the change", body = Data<FilterData>)))]
pub(super) async fn update_filter(
    who: Editor,
    State(api): State<ApiState>,
    At((id, filter_id)): At<(String, String)>,
    Body(body): Body<FilterBody>,
) -> Result<Data<FilterData>, ApiError> {
    if let Some(condition) = &body.r#if {
        check_condition(condition)?;
    }
    let (no, actor, filter_id) = (who.workspace(), who.actor(), FilterId::new(filter_id));
    filter(&api, DestinationId::new(id), move |store, of| {
        let changed = |before: DestinationFilter| NewDestinationFilter {
            source_id: before.source_id,
            title: body.title.unwrap_or(before.title),
            description: body.description.unwrap_or(before.description),
            enabled: body.enabled.unwrap_or(before.enabled),
            condition: body.r#if.unwrap_or(before.condition),
            actions: body.actions.map_or(before.actions, actions),
        };
        store.filter_change(no, of, &filter_id, changed, &actor)
    })
    .await
}

/// Takes a filter away for good.
#[utoipa::path(delete, path = "/destinations/{destinationId}/filters/{filterId}", tag = "Filters",
    params(
        ("destinationId" = String, Path, description = "The destination's id"),
        ("filterId" = String, Path, description = "The filter's id"),
    ),
    security(("token" = ["editor"])),
    responses((status = 200, description = "It is gone", body = Data<Done>)))]
pub(super) async fn delete_filter(
    who: Editor,
    State(api): State<ApiState>,
    At((id, filter_id)): At<(String, String)>,
) -> Result<Data<Done>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    let (id, filter_id) = (DestinationId::new(id), FilterId::new(filter_id));
    api.store().call(move |store| store.filter_delete(no, &id, &filter_id, &actor)).await?;
    Ok(done())
}

/// Reads a condition, and gives it back formatted, or says where it goes wrong.
#[utoipa::path(post, path = "/filters/validate", tag = "Filters",
    security(("token" = ["viewer"])), request_body = ConditionBody,
    responses((status = 200, description = "Whether it is good", body = Data<ConditionData>)))]
pub(super) async fn validate_condition(
    _who: Viewer,
    Body(body): Body<ConditionBody>,
) -> Result<Data<ConditionData>, ApiError> {
    let data = match Query::parse(&body.r#if) {
        Ok(query) => ConditionData { valid: true, formatted: Some(query.to_string()), error: None },
        Err(ParseError { line, column, length, message }) => ConditionData {
            valid: false,
            formatted: None,
            error: Some(ConditionError { line, column, length, message }),
        },
    };
    Ok(Data { data })
}

/// Shows what a filter, kept or not, makes of an event. Nothing is sent.
#[utoipa::path(post, path = "/filters/preview", tag = "Filters",
    security(("token" = ["viewer"])), request_body = FilterPreviewBody,
    responses((status = 200, description = "What becomes of the event", body = Data<FilterPreviewData>)))]
pub(super) async fn preview_filter(
    _who: Viewer,
    Body(body): Body<FilterPreviewBody>,
) -> Result<Data<FilterPreviewData>, ApiError> {
    let condition = body.filter.r#if;
    let query = Query::parse(&condition)
        .map_err(|error| ApiError::invalid("filter.if", error.to_string()))?;
    let rules = Rules::single(query.clone(), actions(body.filter.actions));
    let mut event = body.payload;
    let matches = query.matches(&event);
    let outcome = match rules.held(&event) {
        Some(Held::Dropped) => FilterPreviewOutcome::Dropped,
        Some(Held::Sampled) => FilterPreviewOutcome::SampledOut,
        None if rules.edit(&mut event) => FilterPreviewOutcome::Changed,
        None => FilterPreviewOutcome::Sent,
    };
    let goes_out = matches!(outcome, FilterPreviewOutcome::Sent | FilterPreviewOutcome::Changed);
    Ok(Data { data: FilterPreviewData { matches, outcome, result: goes_out.then_some(event) } })
}
