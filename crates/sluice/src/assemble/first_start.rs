//! What a new data directory needs before anyone can use it: a source to send to, and a token to
//! ask with.

use sluice_base::Secret;
use sluice_event::WorkspaceNo;
use sluice_model::{Actor, NewApiToken, NewSource, Role, SourceSettings};
use sluice_store::Store;

/// Shown to the operator once.
pub(crate) struct FirstStart {
    pub(crate) write_key: String,
    /// Absent if the operator brought a token by `SLUICE_ADMIN_TOKEN`.
    pub(crate) admin_token: Option<String>,
}

/// Accepts the operator's token; on the first start makes a source and, without such a token, one.
pub(crate) fn prepare(
    store: &Store,
    admin_token: Option<&Secret<String>>,
) -> anyhow::Result<Option<FirstStart>> {
    let workspaces = store.workspace_list()?;
    let no = workspaces.first().map_or(WorkspaceNo(1), |workspace| workspace.no);
    if let Some(token) = admin_token {
        store.token_accept(no, token)?;
    }
    let is_first = store.sources().borrow().by_no.is_empty();
    if !is_first {
        return Ok(None);
    }
    let actor = Actor { id: "system".to_owned(), name: "first start".to_owned() };
    let source = store.source_create(
        no,
        &NewSource {
            slug: "first-source".to_owned(),
            name: "First source".to_owned(),
            kind: "http".to_owned(),
            enabled: true,
            settings: SourceSettings::default(),
        },
        &actor,
    )?;
    let admin_token = match admin_token {
        Some(_) => None,
        None => {
            let new = NewApiToken { name: "First start".to_owned(), role: Role::Admin };
            Some(store.token_create(no, &new, &actor)?.1.into_exposed())
        }
    };
    let write_key = source.write_keys.first().map(ToString::to_string).unwrap_or_default();
    Ok(Some(FirstStart { write_key, admin_token }))
}
