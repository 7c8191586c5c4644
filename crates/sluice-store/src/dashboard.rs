//! Dashboards. A workspace's default one is made with it and stays.

use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use serde_json::json;
use sluice_base::Timestamp;
use sluice_event::WorkspaceNo;
use sluice_model::{
    Actor, AuditAction, Dashboard, DashboardChange, DashboardContent, DashboardId, DashboardItem,
    Problem, SavedInsightId,
};

use crate::audit::{Change, record};
use crate::db::{Listed, Page, Store, list, time};
use crate::error::{Act, StoreError};
use crate::random;

const DEFAULT_NAME: &str = "Overview";

impl Store {
    /// # Errors
    /// If the database fails.
    pub fn dashboard_list(
        &self,
        workspace: WorkspaceNo,
        page: Page,
    ) -> Result<Listed<Dashboard>, StoreError> {
        self.read(|db| {
            list(db, ("dashboard", "deleted_at IS NULL"), workspace, page, |row| dashboard(db, row))
        })
    }

    /// # Errors
    /// If the workspace has none of this id.
    pub fn dashboard_get(
        &self,
        workspace: WorkspaceNo,
        id: &DashboardId,
    ) -> Result<Dashboard, StoreError> {
        self.read(|db| get(db, workspace, id))
    }

    /// Makes an empty one.
    ///
    /// # Errors
    /// If the name is no good.
    pub fn dashboard_create(
        &self,
        workspace: WorkspaceNo,
        name: &str,
        actor: &Actor,
    ) -> Result<Dashboard, StoreError> {
        let change = DashboardChange { name: Some(name.to_owned()), ..DashboardChange::default() };
        change.check().map_err(StoreError::Invalid)?;
        let at = self.now();
        self.write(|db| {
            let id = insert(db, workspace, name, false, at)?;
            let action = AuditAction::Created;
            let detail = json!({ "name": name });
            let change =
                Change { workspace, action, resource: "dashboard", id: id.as_str(), detail };
            record(db, at, actor, &change)?;
            get(db, workspace, &id)
        })
    }

    /// # Errors
    /// If there is none, or the change is no good.
    pub fn dashboard_change(
        &self,
        workspace: WorkspaceNo,
        id: &DashboardId,
        change: &DashboardChange,
        actor: &Actor,
    ) -> Result<Dashboard, StoreError> {
        change.check().map_err(StoreError::Invalid)?;
        let at = self.now();
        self.write(|db| {
            let before = get(db, workspace, id)?;
            let name = change.name.as_ref().unwrap_or(&before.name);
            let range = change.range.as_ref().unwrap_or(&before.range);
            let filters = change.filters.as_ref().unwrap_or(&before.filters);
            db.execute(
                "UPDATE dashboard SET name = ?2, range = ?3, filters = ?4, updated_at = ?5
                 WHERE id = ?1",
                (
                    id.as_str(),
                    name,
                    range.as_ref().map(ToString::to_string),
                    json!(filters).to_string(),
                    at.as_micros(),
                ),
            )
            .act("change a dashboard")?;
            if let Some(items) = &change.items {
                put_items(db, workspace, id, items)?;
            }
            let after = get(db, workspace, id)?;
            let action = AuditAction::Changed;
            let detail = json!({ "name": name, "items": after.items.len() });
            let change =
                Change { workspace, action, resource: "dashboard", id: id.as_str(), detail };
            record(db, at, actor, &change)?;
            Ok(after)
        })
    }

    /// # Errors
    /// If there is none, or it is the default one.
    pub fn dashboard_delete(
        &self,
        workspace: WorkspaceNo,
        id: &DashboardId,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let at = self.now();
        self.write(|db| {
            let before = get(db, workspace, id)?;
            if before.is_default {
                let message = "the default dashboard stays; take its insights off it instead";
                return Err(StoreError::Conflict(Problem::new("id", message)));
            }
            db.execute(
                "UPDATE dashboard SET deleted_at = ?2 WHERE id = ?1",
                (id.as_str(), at.as_micros()),
            )
            .act("delete a dashboard")?;
            let action = AuditAction::Deleted;
            let detail = json!({ "name": before.name });
            let change =
                Change { workspace, action, resource: "dashboard", id: id.as_str(), detail };
            record(db, at, actor, &change)
        })
    }
}

/// For a workspace that is being made.
pub(crate) fn create_default(
    db: &Transaction<'_>,
    workspace: WorkspaceNo,
    at: Timestamp,
) -> Result<(), StoreError> {
    insert(db, workspace, DEFAULT_NAME, true, at).map(drop)
}

fn insert(
    db: &Transaction<'_>,
    workspace: WorkspaceNo,
    name: &str,
    is_default: bool,
    at: Timestamp,
) -> Result<DashboardId, StoreError> {
    let id = DashboardId::new(random::id());
    db.execute(
        "INSERT INTO dashboard (id, workspace_no, name, is_default, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
        (id.as_str(), workspace.0, name, is_default, at.as_micros()),
    )
    .act("make a dashboard")?;
    Ok(id)
}

fn put_items(
    db: &Transaction<'_>,
    workspace: WorkspaceNo,
    id: &DashboardId,
    items: &[DashboardItem],
) -> Result<(), StoreError> {
    for table in ["dashboard_item", "dashboard_text"] {
        db.execute(
            &format!(
                "DELETE FROM {table}
                 WHERE dashboard_no = (SELECT no FROM dashboard WHERE id = ?1)"
            ),
            [id.as_str()],
        )
        .act("clear a dashboard")?;
    }
    for (index, item) in items.iter().enumerate() {
        match &item.content {
            DashboardContent::Insight(insight) => {
                if !put_insight(db, workspace, id, insight, item)? {
                    let field = format!("items.{index}.insightId");
                    let message = format!("there is no insight `{}`", insight.as_str());
                    return Err(StoreError::Invalid(vec![Problem::new(&field, message)]));
                }
            }
            DashboardContent::Text(text) => put_text(db, id, index, text, item)?,
        }
    }
    Ok(())
}

/// False if the workspace has no such insight.
fn put_insight(
    db: &Transaction<'_>,
    workspace: WorkspaceNo,
    id: &DashboardId,
    insight: &SavedInsightId,
    item: &DashboardItem,
) -> Result<bool, StoreError> {
    let put = db
        .execute(
            "INSERT INTO dashboard_item (dashboard_no, insight_no, x, y, width, height)
             SELECT d.no, i.no, ?4, ?5, ?6, ?7 FROM dashboard d, saved_insight i
             WHERE d.id = ?1 AND i.id = ?2 AND i.workspace_no = ?3 AND i.deleted_at IS NULL",
            (id.as_str(), insight.as_str(), workspace.0, item.x, item.y, item.width, item.height),
        )
        .act("put an insight on a dashboard")?;
    Ok(put > 0)
}

fn put_text(
    db: &Transaction<'_>,
    id: &DashboardId,
    place: usize,
    text: &str,
    item: &DashboardItem,
) -> Result<(), StoreError> {
    db.execute(
        "INSERT INTO dashboard_text (dashboard_no, place, text, x, y, width, height)
         SELECT no, ?2, ?3, ?4, ?5, ?6, ?7 FROM dashboard WHERE id = ?1",
        (id.as_str(), place, text, item.x, item.y, item.width, item.height),
    )
    .act("put a text on a dashboard")?;
    Ok(())
}

fn get(db: &Connection, workspace: WorkspaceNo, id: &DashboardId) -> Result<Dashboard, StoreError> {
    db.query_row(
        "SELECT * FROM dashboard WHERE workspace_no = ?1 AND id = ?2 AND deleted_at IS NULL",
        (workspace.0, id.as_str()),
        |row| Ok(dashboard(db, row)),
    )
    .optional()
    .act("read a dashboard")?
    .unwrap_or_else(|| Err(StoreError::not_found("dashboard", id.as_str())))
}

fn dashboard(db: &Connection, row: &Row<'_>) -> Result<Dashboard, StoreError> {
    let text = |column: &str| row.get::<_, String>(column).act("read a dashboard");
    let id = text("id")?;
    let damaged = |error| StoreError::Damaged(format!("dashboard `{id}`: {error}"));
    let kept = |column: &str| row.get::<_, Option<String>>(column).act("read a dashboard");
    let range = kept("range")?.map(|json| serde_json::from_str(&json)).transpose();
    let filters = kept("filters")?.map(|json| serde_json::from_str(&json)).transpose();
    let (range, filters) = (range.map_err(damaged)?, filters.map_err(damaged)?);
    Ok(Dashboard {
        id: DashboardId::new(id),
        workspace: WorkspaceNo(row.get("workspace_no").act("read a dashboard")?),
        name: text("name")?,
        is_default: row.get("is_default").act("read a dashboard")?,
        range,
        filters: filters.unwrap_or_default(),
        items: items(db, row.get("no").act("read a dashboard")?)?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

/// From top to bottom, without insights that were deleted.
fn items(db: &Connection, dashboard_no: i64) -> Result<Vec<DashboardItem>, StoreError> {
    let mut query = db
        .prepare_cached(
            "SELECT i.id, NULL AS text, x, y, width, height, i.no AS last FROM dashboard_item d
             JOIN saved_insight i ON i.no = d.insight_no
             WHERE d.dashboard_no = ?1 AND i.deleted_at IS NULL
             UNION ALL
             SELECT NULL, text, x, y, width, height, place FROM dashboard_text
             WHERE dashboard_no = ?1
             ORDER BY y, x, last",
        )
        .act("prepare a dashboard")?;
    let item = |row: &Row<'_>| {
        let text: Option<String> = row.get(1)?;
        let content = match text {
            Some(text) => DashboardContent::Text(text),
            None => DashboardContent::Insight(SavedInsightId::new(row.get(0)?)),
        };
        Ok(DashboardItem {
            content,
            x: row.get(2)?,
            y: row.get(3)?,
            width: row.get(4)?,
            height: row.get(5)?,
        })
    };
    let rows = query.query_map([dashboard_no], item).act("read a dashboard")?;
    rows.collect::<Result<_, _>>().act("read a dashboard")
}
