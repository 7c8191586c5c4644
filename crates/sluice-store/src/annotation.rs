//! Annotations of charts.

use rusqlite::{Connection, OptionalExtension, Row};
use serde_json::json;
use sluice_event::WorkspaceNo;
use sluice_model::annotation::ANNOTATIONS_MAX;
use sluice_model::{Actor, Annotation, AnnotationId, AnnotationSays, AuditAction, Problem};

use crate::audit::{Change, record};
use crate::db::{Store, time};
use crate::error::{Act, StoreError};
use crate::random;

impl Store {
    /// All of a workspace, the oldest moment first.
    ///
    /// # Errors
    /// If the database fails.
    pub fn annotation_list(&self, workspace: WorkspaceNo) -> Result<Vec<Annotation>, StoreError> {
        self.read(|db| {
            let sql = "SELECT * FROM annotation WHERE workspace_no = ?1 ORDER BY at, no";
            let mut query = db.prepare_cached(sql).act("prepare the annotations")?;
            let rows = query
                .query_map([workspace.0], |row| Ok(annotation(row)))
                .act("read the annotations")?;
            rows.map(|row| row.act("read the annotations")?).collect()
        })
    }

    /// # Errors
    /// If it is no good, or there are too many.
    pub fn annotation_create(
        &self,
        workspace: WorkspaceNo,
        says: &AnnotationSays,
        actor: &Actor,
    ) -> Result<Annotation, StoreError> {
        says.check().map_err(StoreError::Invalid)?;
        let at = self.now();
        self.write_aside(|db| {
            let sql = "SELECT count(*) FROM annotation WHERE workspace_no = ?1";
            let count: u64 =
                db.query_row(sql, [workspace.0], |row| row.get(0)).act("count the annotations")?;
            if count >= ANNOTATIONS_MAX {
                let message = format!("a workspace has at most {ANNOTATIONS_MAX} annotations");
                return Err(StoreError::Invalid(vec![Problem::new("text", message)]));
            }
            let id = AnnotationId::new(random::id());
            db.execute(
                "INSERT INTO annotation (id, workspace_no, at, text, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                (id.as_str(), workspace.0, says.at.as_micros(), &says.text, at.as_micros()),
            )
            .act("keep an annotation")?;
            let action = AuditAction::Created;
            let detail = json!({ "text": says.text });
            let change =
                Change { workspace, action, resource: "annotation", id: id.as_str(), detail };
            record(db, at, actor, &change)?;
            get(db, workspace, &id)
        })
    }

    /// Keeps other words or another moment in place of what was said.
    ///
    /// # Errors
    /// If there is none or it is no good.
    pub fn annotation_change(
        &self,
        workspace: WorkspaceNo,
        id: &AnnotationId,
        says: &AnnotationSays,
        actor: &Actor,
    ) -> Result<Annotation, StoreError> {
        says.check().map_err(StoreError::Invalid)?;
        let at = self.now();
        self.write_aside(|db| {
            get(db, workspace, id)?;
            db.execute(
                "UPDATE annotation SET at = ?2, text = ?3 WHERE id = ?1",
                (id.as_str(), says.at.as_micros(), &says.text),
            )
            .act("change an annotation")?;
            let action = AuditAction::Changed;
            let detail = json!({ "text": says.text });
            let change =
                Change { workspace, action, resource: "annotation", id: id.as_str(), detail };
            record(db, at, actor, &change)?;
            get(db, workspace, id)
        })
    }

    /// # Errors
    /// If there is none.
    pub fn annotation_delete(
        &self,
        workspace: WorkspaceNo,
        id: &AnnotationId,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let at = self.now();
        self.write_aside(|db| {
            let before = get(db, workspace, id)?;
            db.execute("DELETE FROM annotation WHERE id = ?1", [id.as_str()])
                .act("delete an annotation")?;
            let action = AuditAction::Deleted;
            let detail = json!({ "text": before.says.text });
            let change =
                Change { workspace, action, resource: "annotation", id: id.as_str(), detail };
            record(db, at, actor, &change)
        })
    }
}

fn get(
    db: &Connection,
    workspace: WorkspaceNo,
    id: &AnnotationId,
) -> Result<Annotation, StoreError> {
    db.query_row(
        "SELECT * FROM annotation WHERE workspace_no = ?1 AND id = ?2",
        (workspace.0, id.as_str()),
        |row| Ok(annotation(row)),
    )
    .optional()
    .act("read an annotation")?
    .unwrap_or_else(|| Err(StoreError::not_found("annotation", id.as_str())))
}

fn annotation(row: &Row<'_>) -> Result<Annotation, StoreError> {
    let text = |column: &str| row.get::<_, String>(column).act("read an annotation");
    Ok(Annotation {
        id: AnnotationId::new(text("id")?),
        workspace: WorkspaceNo(row.get("workspace_no").act("read an annotation")?),
        says: AnnotationSays { at: time(row, "at")?, text: text("text")? },
        created_at: time(row, "created_at")?,
    })
}
