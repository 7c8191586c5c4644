//! Sources, their write keys and settings.

use axum::extract::State;
use serde::{Deserialize, Deserializer, Serialize};
use sluice_event::{IpPolicy, WorkspaceNo};
use sluice_model::check::slug_from_name;
use sluice_model::{NewSource, Source, SourceChange, SourceId, SourceSettings};
use sluice_store::Store;
use utoipa::ToSchema;

use crate::answer::{Data, Done, done};
use crate::auth::{Editor, Viewer};
use crate::body::{At, Body};
use crate::error::ApiError;
use crate::page::{PageParams, Pagination, Paging};
use crate::routes::destinations::{DestinationsData, view as destination_view};
use crate::state::ApiState;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SourceView {
    id: String,
    /// Number within the server, never reused; the ledger and the logs use it.
    no: u32,
    #[schema(example = "shop-web")]
    slug: String,
    #[schema(example = "Shop, web")]
    name: String,
    metadata: SourceMetadata,
    /// The workspace's id.
    workspace_id: String,
    enabled: bool,
    /// Public: they may only write to this source.
    write_keys: Vec<String>,
    settings: SourceSettingsView,
    /// Always empty for now; clients of Segment's API expect it.
    labels: Vec<String>,
    created_at: String,
    updated_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SourceMetadata {
    /// What kind of sender it is; informs only.
    #[schema(example = "javascript")]
    id: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SourceSettingsView {
    /// Requests per second that the source may send; absent means the server's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 500)]
    requests_per_second_max: Option<u32>,
    /// Whether the write key opens the receipt of a single event, as the overlay on a page needs.
    overlay_receipts: bool,
    /// What is kept of the senders' addresses.
    ip: IpChoice,
}

/// `truncate` keeps the network: 24 bits of an IPv4 address, 48 of an IPv6 one. With `drop` no
/// address is written anywhere, and there is no country.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum IpChoice {
    Keep,
    Truncate,
    Drop,
}

impl From<IpPolicy> for IpChoice {
    fn from(policy: IpPolicy) -> Self {
        match policy {
            IpPolicy::Keep => Self::Keep,
            IpPolicy::Truncate => Self::Truncate,
            IpPolicy::Drop => Self::Drop,
        }
    }
}

impl From<IpChoice> for IpPolicy {
    fn from(choice: IpChoice) -> Self {
        match choice {
            IpChoice::Keep => Self::Keep,
            IpChoice::Truncate => Self::Truncate,
            IpChoice::Drop => Self::Drop,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SourceData {
    source: SourceView,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SourcesData {
    sources: Vec<SourceView>,
    pagination: Pagination,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SourceSettingsData {
    settings: SourceSettingsView,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewSourceBody {
    /// Made from the name when absent.
    #[schema(example = "shop-web")]
    slug: Option<String>,
    /// Made from the slug when absent.
    #[schema(example = "Shop, web")]
    name: Option<String>,
    #[serde(default = "yes")]
    #[schema(default = true)]
    enabled: bool,
    /// What kind of sender it is; informs only.
    #[serde(default = "http")]
    #[schema(default = "http", example = "javascript")]
    metadata_id: String,
    #[serde(default)]
    settings: SourceSettingsBody,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SourceBody {
    slug: Option<String>,
    name: Option<String>,
    #[schema(example = false)]
    enabled: Option<bool>,
    settings: Option<SourceSettingsBody>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct SourceSettingsBody {
    /// From 1 to 1000000; null means the server's default; absent leaves it.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<u32>, example = 500)]
    requests_per_second_max: Option<Option<u32>>,
    /// Absent leaves it.
    #[schema(example = false)]
    overlay_receipts: Option<bool>,
    ip: Option<IpChoice>,
}

const fn yes() -> bool {
    true
}

fn http() -> String {
    "http".to_owned()
}

/// Tells null from absent.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<u32>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl SourceSettingsBody {
    fn over(&self, before: &SourceSettings) -> SourceSettings {
        let limit = self.requests_per_second_max.unwrap_or(before.requests_per_second_max);
        SourceSettings {
            requests_per_second_max: limit,
            ip: self.ip.map_or(before.ip, Into::into),
            overlay_receipts: self.overlay_receipts.unwrap_or(before.overlay_receipts),
        }
    }
}

fn view(source: Source, workspace_id: &str) -> SourceView {
    SourceView {
        no: source.no.0,
        id: source.id.into_string(),
        slug: source.slug,
        name: source.name,
        metadata: SourceMetadata { id: source.kind },
        workspace_id: workspace_id.to_owned(),
        enabled: source.enabled,
        write_keys: source.write_keys.iter().map(ToString::to_string).collect(),
        settings: settings_view(&source.settings),
        labels: Vec::new(),
        created_at: source.created_at.to_string(),
        updated_at: source.updated_at.to_string(),
    }
}

fn settings_view(settings: &SourceSettings) -> SourceSettingsView {
    SourceSettingsView {
        requests_per_second_max: settings.requests_per_second_max,
        overlay_receipts: settings.overlay_receipts,
        ip: settings.ip.into(),
    }
}

/// Runs one function of the store that gives a source.
async fn source(
    api: &ApiState,
    no: WorkspaceNo,
    act: impl FnOnce(&Store) -> Result<Source, sluice_store::StoreError> + Send + 'static,
) -> Result<Data<SourceData>, ApiError> {
    let (source, workspace) =
        api.store().call(move |store| Ok((act(store)?, store.workspace_get(no)?))).await?;
    Ok(Data { data: SourceData { source: view(source, workspace.id.as_str()) } })
}

/// The sources of the workspace, oldest first.
#[utoipa::path(get, path = "/sources", tag = "Sources", params(PageParams),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "A part of the list", body = Data<SourcesData>)))]
pub(super) async fn list_sources(
    who: Viewer,
    State(api): State<ApiState>,
    paging: Paging,
) -> Result<Data<SourcesData>, ApiError> {
    let no = who.workspace();
    let (listed, workspace) = api
        .store()
        .call(move |store| {
            Ok((store.source_list(no, paging.store_page())?, store.workspace_get(no)?))
        })
        .await?;
    let (sources, pagination) = paging.listed(listed, |one| view(one, workspace.id.as_str()));
    Ok(Data { data: SourcesData { sources, pagination } })
}

/// Makes a source with one write key.
#[utoipa::path(post, path = "/sources", tag = "Sources", security(("token" = ["editor"])),
    request_body = NewSourceBody,
    responses((status = 200, description = "The new source", body = Data<SourceData>)))]
pub(super) async fn create_source(
    who: Editor,
    State(api): State<ApiState>,
    Body(body): Body<NewSourceBody>,
) -> Result<Data<SourceData>, ApiError> {
    let (name, slug) = match (body.name, body.slug) {
        (None, None) => {
            return Err(ApiError::invalid("name", "is missing; give a name or a slug, or both"));
        }
        (Some(name), None) => (name.clone(), slug_from_name(&name)),
        (None, Some(slug)) => (slug.clone(), slug),
        (Some(name), Some(slug)) => (name, slug),
    };
    let settings = body.settings.over(&SourceSettings::default());
    let new = NewSource { slug, name, kind: body.metadata_id, enabled: body.enabled, settings };
    let (no, actor) = (who.workspace(), who.actor());
    source(&api, no, move |store| store.source_create(no, &new, &actor)).await
}

/// One source.
#[utoipa::path(get, path = "/sources/{sourceId}", tag = "Sources",
    params(("sourceId" = String, Path, description = "The source's id")),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The source", body = Data<SourceData>)))]
pub(super) async fn get_source(
    who: Viewer,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<SourceData>, ApiError> {
    let no = who.workspace();
    source(&api, no, move |store| store.source_get(no, &SourceId::new(id))).await
}

/// Changes a source; what is absent stays.
#[utoipa::path(patch, path = "/sources/{sourceId}", tag = "Sources",
    params(("sourceId" = String, Path, description = "The source's id")),
    security(("token" = ["editor"])), request_body = SourceBody,
    responses((status = 200, description = "The source after the change", body = Data<SourceData>)))]
pub(super) async fn update_source(
    who: Editor,
    State(api): State<ApiState>,
    At(id): At<String>,
    Body(body): Body<SourceBody>,
) -> Result<Data<SourceData>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    let change = move |store: &Store| {
        let id = SourceId::new(id);
        let before = store.source_get(no, &id)?;
        let change = SourceChange {
            slug: body.slug,
            name: body.name,
            enabled: body.enabled,
            settings: body.settings.map(|settings| settings.over(&before.settings)),
        };
        store.source_change(no, &id, &change, &actor)
    };
    source(&api, no, change).await
}

/// Deletes a source: its write keys stop at once, its connections rest. Can be restored.
#[utoipa::path(delete, path = "/sources/{sourceId}", tag = "Sources",
    params(("sourceId" = String, Path, description = "The source's id")),
    security(("token" = ["editor"])),
    responses((status = 200, description = "It is deleted", body = Data<Done>)))]
pub(super) async fn delete_source(
    who: Editor,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<Done>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    api.store().call(move |store| store.source_delete(no, &SourceId::new(id), &actor)).await?;
    Ok(done())
}

/// Undoes the deletion of a source, with its write keys and connections.
#[utoipa::path(post, path = "/sources/{sourceId}/restore", tag = "Sources",
    params(("sourceId" = String, Path, description = "The id of a deleted source")),
    security(("token" = ["editor"])),
    responses((status = 200, description = "The source", body = Data<SourceData>)))]
pub(super) async fn restore_source(
    who: Editor,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<SourceData>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    source(&api, no, move |store| store.source_restore(no, &SourceId::new(id), &actor)).await
}

/// The settings of a source.
#[utoipa::path(get, path = "/sources/{sourceId}/settings", tag = "Sources",
    params(("sourceId" = String, Path, description = "The source's id")),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The settings", body = Data<SourceSettingsData>)))]
pub(super) async fn get_source_settings(
    who: Viewer,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<SourceSettingsData>, ApiError> {
    let no = who.workspace();
    let source = api.store().call(move |store| store.source_get(no, &SourceId::new(id))).await?;
    Ok(Data { data: SourceSettingsData { settings: settings_view(&source.settings) } })
}

/// Changes the settings of a source; what is absent stays.
#[utoipa::path(patch, path = "/sources/{sourceId}/settings", tag = "Sources",
    params(("sourceId" = String, Path, description = "The source's id")),
    security(("token" = ["editor"])), request_body = SourceSettingsBody,
    responses((status = 200, description = "The settings after the change", body = Data<SourceSettingsData>)))]
pub(super) async fn update_source_settings(
    who: Editor,
    State(api): State<ApiState>,
    At(id): At<String>,
    Body(body): Body<SourceSettingsBody>,
) -> Result<Data<SourceSettingsData>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    let change = move |store: &Store| {
        let id = SourceId::new(id);
        let settings = Some(body.over(&store.source_get(no, &id)?.settings));
        let change = SourceChange { settings, ..SourceChange::default() };
        store.source_change(no, &id, &change, &actor)
    };
    let source = api.store().call(change).await?;
    Ok(Data { data: SourceSettingsData { settings: settings_view(&source.settings) } })
}

/// Gives the source one more write key, last in `writeKeys`.
#[utoipa::path(post, path = "/sources/{sourceId}/writekey", tag = "Sources",
    params(("sourceId" = String, Path, description = "The source's id")),
    security(("token" = ["editor"])),
    responses((status = 200, description = "The source with the new key", body = Data<SourceData>)))]
pub(super) async fn create_write_key(
    who: Editor,
    State(api): State<ApiState>,
    At(id): At<String>,
) -> Result<Data<SourceData>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    source(&api, no, move |store| store.write_key_create(no, &SourceId::new(id), &actor)).await
}

/// Revokes a write key for ever. The last one stays.
#[utoipa::path(delete, path = "/sources/{sourceId}/writekey/{writeKey}", tag = "Sources",
    params(
        ("sourceId" = String, Path, description = "The source's id"),
        ("writeKey" = String, Path, description = "The key to revoke"),
    ),
    security(("token" = ["editor"])),
    responses((status = 200, description = "The source without the key", body = Data<SourceData>)))]
pub(super) async fn delete_write_key(
    who: Editor,
    State(api): State<ApiState>,
    At((id, key)): At<(String, String)>,
) -> Result<Data<SourceData>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    source(&api, no, move |store| store.write_key_delete(no, &SourceId::new(id), &key, &actor))
        .await
}

/// The destinations that the source is connected to.
#[utoipa::path(get, path = "/sources/{sourceId}/connected-destinations", tag = "Sources",
    params(("sourceId" = String, Path, description = "The source's id"), PageParams),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "A part of the list", body = Data<DestinationsData>)))]
pub(super) async fn list_connected_destinations(
    who: Viewer,
    State(api): State<ApiState>,
    At(id): At<String>,
    paging: Paging,
) -> Result<Data<DestinationsData>, ApiError> {
    let no = who.workspace();
    let list = move |store: &Store| {
        store.destination_list_of_source(no, &SourceId::new(id), paging.store_page())
    };
    let listed = api.store().call(list).await?;
    let (destinations, pagination) =
        paging.listed(listed, |one| destination_view(api.catalog(), one));
    Ok(Data { data: DestinationsData { destinations, pagination } })
}
