//! The audit trail of the configuration.

use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use sluice_model::AuditEntry;
use utoipa::ToSchema;

use crate::answer::Data;
use crate::auth::Admin;
use crate::error::ApiError;
use crate::page::{PageParams, Pagination, Paging};
use crate::state::ApiState;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuditEntryView {
    no: u64,
    at: String,
    /// `token:<id>`, or `server`.
    #[schema(example = "token:environment")]
    actor_id: String,
    actor_name: String,
    /// `created`, `changed`, `deleted` or `restored`.
    #[schema(example = "created")]
    action: String,
    #[schema(example = "source")]
    resource: String,
    resource_id: String,
    /// What changed, without secrets.
    #[schema(value_type = Object)]
    detail: Value,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditData {
    entries: Vec<AuditEntryView>,
    pagination: Pagination,
}

fn view(entry: AuditEntry) -> AuditEntryView {
    AuditEntryView {
        no: entry.no,
        at: entry.at.to_string(),
        actor_id: entry.actor.id,
        actor_name: entry.actor.name,
        action: entry.action.name().to_owned(),
        resource: entry.resource,
        resource_id: entry.resource_id,
        detail: entry.detail,
    }
}

/// Who changed what in the configuration, newest first.
#[utoipa::path(get, path = "/audit", tag = "Audit", params(PageParams),
    security(("token" = ["admin"])),
    responses((status = 200, description = "A part of the list", body = Data<AuditData>)))]
pub(super) async fn list_audit_entries(
    who: Admin,
    State(api): State<ApiState>,
    paging: Paging,
) -> Result<Data<AuditData>, ApiError> {
    let no = who.workspace();
    let listed =
        api.store().call(move |store| store.audit_list(no, paging.after, paging.count)).await?;
    let (entries, pagination) = paging.listed(listed, view);
    Ok(Data { data: AuditData { entries, pagination } })
}
