//! The data dictionary: what events and properties are called and mean, and how they count.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sluice_insights::check_custom_event;
use sluice_insights::query::EventAlternative;
use sluice_model::{DictionaryEntry, EntryKind, EntrySays};
use utoipa::ToSchema;

use crate::answer::{Data, Done, done};
use crate::auth::{Editor, Viewer};
use crate::body::{At, Body};
use crate::error::ApiError;
use crate::state::ApiState;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EntryView {
    /// `event`, `custom_event`, `event_property` or `user_trait`.
    kind: &'static str,
    name: String,
    #[serde(flatten)]
    says: EntryBody,
    updated_at: String,
}

/// What an entry says; what is absent, it does not say.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct EntryBody {
    /// What to call it.
    display_name: String,
    description: String,
    /// Not offered by pickers, but counted.
    is_hidden: bool,
    /// Not offered by pickers; whoever uses it should use something else.
    is_deprecated: bool,
    /// Comes from testing.
    is_test: bool,
    /// Only of events: in no answer. The events stay stored, and count again without this.
    is_deleted: bool,
    /// Only of events: the event that this one counts as.
    #[serde(skip_serializing_if = "Option::is_none")]
    same_as: Option<String>,
    /// Only of custom events: a row that fits one of them is the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    any_of: Option<Vec<EventAlternative>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EntryData {
    entry: EntryView,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DictionaryData {
    entries: Vec<EntryView>,
}

fn view(entry: DictionaryEntry) -> Result<EntryView, ApiError> {
    let DictionaryEntry { kind, name, says, updated_at } = entry;
    let any_of = says.definition.map(serde_json::from_value).transpose();
    let any_of = any_of.map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(EntryView {
        kind: kind.name(),
        name,
        says: EntryBody {
            display_name: says.display_name,
            description: says.description,
            is_hidden: says.is_hidden,
            is_deprecated: says.is_deprecated,
            is_test: says.is_test,
            is_deleted: says.is_deleted,
            same_as: says.same_as,
            any_of,
        },
        updated_at: updated_at.to_string(),
    })
}

fn says(body: EntryBody) -> Result<EntrySays, ApiError> {
    if let Some(any_of) = &body.any_of {
        check_custom_event(any_of)
            .map_err(|error| ApiError::invalid("anyOf", error.to_string()))?;
    }
    let definition = body.any_of.map(serde_json::to_value).transpose();
    Ok(EntrySays {
        display_name: body.display_name,
        description: body.description,
        is_hidden: body.is_hidden,
        is_deprecated: body.is_deprecated,
        is_test: body.is_test,
        is_deleted: body.is_deleted,
        same_as: body.same_as,
        definition: definition.map_err(|error| ApiError::Internal(error.to_string()))?,
    })
}

fn kind(text: &str) -> Result<EntryKind, ApiError> {
    EntryKind::from_name(text).ok_or_else(|| ApiError::not_found("kind of entry", text))
}

/// All that the dictionary says, by kind and name.
#[utoipa::path(get, path = "/dictionary", tag = "Dictionary", security(("token" = ["viewer"])),
    responses((status = 200, description = "The entries", body = Data<DictionaryData>)))]
pub(super) async fn list_dictionary(
    who: Viewer,
    State(api): State<ApiState>,
) -> Result<Data<DictionaryData>, ApiError> {
    let no = who.workspace();
    let entries = api.store().call(move |store| store.dictionary_list(no)).await?;
    let entries = entries.into_iter().map(view).collect::<Result<_, _>>()?;
    Ok(Data { data: DictionaryData { entries } })
}

/// Says something of an event or property, in place of what was said before.
#[utoipa::path(put, path = "/dictionary/{entryKind}/{entryName}", tag = "Dictionary",
    params(
        ("entryKind" = String, Path,
            description = "`event`, `custom_event`, `event_property` or `user_trait`"),
        ("entryName" = String, Path, description = "Its name"),
    ),
    security(("token" = ["editor"])),
    request_body(content = EntryBody, example = json!({
        "displayName": "Order", "description": "A paid order", "isHidden": false
    })),
    responses((status = 200, description = "The entry", body = Data<EntryData>)))]
pub(super) async fn set_dictionary_entry(
    who: Editor,
    State(api): State<ApiState>,
    At((entry_kind, name)): At<(String, String)>,
    Body(body): Body<EntryBody>,
) -> Result<Data<EntryData>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    let (kind, says) = (kind(&entry_kind)?, says(body)?);
    let kept = api
        .store()
        .call(move |store| store.dictionary_set(no, (kind, &name), &says, &actor))
        .await?;
    api.handles().schema.dictionary_changed(no).await?;
    Ok(Data { data: EntryData { entry: view(kept)? } })
}

/// Takes an entry out: its event or property is as if nothing had been said of it.
#[utoipa::path(delete, path = "/dictionary/{entryKind}/{entryName}", tag = "Dictionary",
    params(
        ("entryKind" = String, Path,
            description = "`event`, `custom_event`, `event_property` or `user_trait`"),
        ("entryName" = String, Path, description = "Its name"),
    ),
    security(("token" = ["editor"])),
    responses((status = 200, description = "It is out", body = Data<Done>)))]
pub(super) async fn delete_dictionary_entry(
    who: Editor,
    State(api): State<ApiState>,
    At((entry_kind, name)): At<(String, String)>,
) -> Result<Data<Done>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    let kind = kind(&entry_kind)?;
    api.store().call(move |store| store.dictionary_delete(no, (kind, &name), &actor)).await?;
    api.handles().schema.dictionary_changed(no).await?;
    Ok(done())
}
