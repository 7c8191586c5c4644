//! The subscriptions of a destination, with sealed triggers and mappings. Each change counts as one
//! of its destination, so that what runs is built anew.

use rusqlite::{Connection as Db, Transaction};
use serde_json::{Map, Value, json};
use sluice_base::Timestamp;
use sluice_event::WorkspaceNo;
use sluice_model::subscription::SUBSCRIPTIONS_MAX;
use sluice_model::{
    Actor, AuditAction, DestinationId, NewSubscription, Problem, Subscription, SubscriptionChange,
    SubscriptionId,
};

use crate::audit::{Change, record};
use crate::db::Store;
use crate::destination::get;
use crate::error::{Act, StoreError};
use crate::random;
use crate::seal::Sealer;
use crate::workspace::note;

impl Store {
    /// # Errors
    /// If it is no good, there is no such destination, or it has as many as it may.
    pub fn subscription_create(
        &self,
        workspace: WorkspaceNo,
        destination: &DestinationId,
        new: &NewSubscription,
        actor: &Actor,
    ) -> Result<Subscription, StoreError> {
        new.check().map_err(StoreError::Invalid)?;
        let at = self.now();
        let sealer = &self.0.sealer;
        self.write(|db| {
            let (no, before) = get(db, sealer, workspace, destination)?;
            if before.subscriptions.len() >= SUBSCRIPTIONS_MAX {
                let message = format!("a destination has at most {SUBSCRIPTIONS_MAX} mappings");
                return Err(StoreError::Invalid(vec![Problem::new("actionId", message)]));
            }
            let made = add(db, sealer, no, new, at)?;
            touch(db, no, at)?;
            let detail = json!({ "subscriptionId": made.id.as_str(), "name": made.name, "actionId": made.action });
            note_change(db, at, actor, (workspace, AuditAction::Created, destination), detail)?;
            Ok(made)
        })
    }

    /// # Errors
    /// If there is none or the change is no good.
    pub fn subscription_change(
        &self,
        workspace: WorkspaceNo,
        destination: &DestinationId,
        id: &SubscriptionId,
        change: &SubscriptionChange,
        actor: &Actor,
    ) -> Result<Subscription, StoreError> {
        change.check().map_err(StoreError::Invalid)?;
        let at = self.now();
        let sealer = &self.0.sealer;
        self.write(|db| {
            let (no, before) = get(db, sealer, workspace, destination)?;
            let before = found(before.subscriptions, id)?;
            let after = Subscription {
                name: change.name.clone().unwrap_or_else(|| before.name.clone()),
                trigger: change.trigger.clone().unwrap_or_else(|| before.trigger.clone()),
                mapping: change.mapping.clone().unwrap_or_else(|| before.mapping.clone()),
                enabled: change.enabled.unwrap_or(before.enabled),
                ..before.clone()
            };
            db.execute(
                "UPDATE subscription SET name = ?2, enabled = ?3, content = ?4, updated_at = ?5 WHERE id = ?1",
                (id.as_str(), &after.name, after.enabled, seal(sealer, &after)?, at.as_micros()),
            )
            .act("change a subscription")?;
            touch(db, no, at)?;
            let mut detail = Map::new();
            detail.insert("subscriptionId".to_owned(), json!(id.as_str()));
            note(&mut detail, "name", &before.name, &after.name);
            note(&mut detail, "enabled", &before.enabled, &after.enabled);
            // Sealed like the mapping: it may name people.
            if before.trigger != after.trigger {
                detail.insert("triggerChanged".to_owned(), json!(true));
            }
            if before.mapping != after.mapping {
                detail.insert("mappingChanged".to_owned(), json!(true));
            }
            let what = (workspace, AuditAction::Changed, destination);
            note_change(db, at, actor, what, Value::Object(detail))?;
            Ok(after)
        })
    }

    /// # Errors
    /// If there is none.
    pub fn subscription_delete(
        &self,
        workspace: WorkspaceNo,
        destination: &DestinationId,
        id: &SubscriptionId,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let at = self.now();
        self.write(|db| {
            let (no, before) = get(db, &self.0.sealer, workspace, destination)?;
            let gone = found(before.subscriptions, id)?;
            db.execute("DELETE FROM subscription WHERE id = ?1", [id.as_str()])
                .act("delete a subscription")?;
            touch(db, no, at)?;
            let detail = json!({ "subscriptionId": id.as_str(), "name": gone.name });
            note_change(db, at, actor, (workspace, AuditAction::Deleted, destination), detail)
        })
    }
}

fn found(all: Vec<Subscription>, id: &SubscriptionId) -> Result<Subscription, StoreError> {
    let one = all.into_iter().find(|one| one.id == *id);
    one.ok_or_else(|| StoreError::not_found("mapping", id.as_str()))
}

fn touch(db: &Transaction<'_>, destination_no: i64, at: Timestamp) -> Result<(), StoreError> {
    db.execute(
        "UPDATE destination SET revision = revision + 1, updated_at = ?2 WHERE no = ?1",
        (destination_no, at.as_micros()),
    )
    .act("change a destination")?;
    Ok(())
}

fn note_change(
    db: &Transaction<'_>,
    at: Timestamp,
    actor: &Actor,
    (workspace, action, destination): (WorkspaceNo, AuditAction, &DestinationId),
    detail: Value,
) -> Result<(), StoreError> {
    let id = destination.as_str();
    record(db, at, actor, &Change { workspace, action, resource: "subscription", id, detail })
}

pub(crate) fn add(
    db: &Transaction<'_>,
    sealer: &Sealer,
    destination_no: i64,
    new: &NewSubscription,
    at: Timestamp,
) -> Result<Subscription, StoreError> {
    let made = Subscription {
        id: SubscriptionId::new(random::id()),
        name: new.name.clone(),
        action: new.action.clone(),
        trigger: new.trigger.clone(),
        mapping: new.mapping.clone(),
        enabled: new.enabled,
    };
    db.execute(
        "INSERT INTO subscription (id, destination_no, name, action, enabled, content, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
        (
            made.id.as_str(),
            destination_no,
            &made.name,
            &made.action,
            made.enabled,
            seal(sealer, &made)?,
            at.as_micros(),
        ),
    )
    .act("make a subscription")?;
    Ok(made)
}

/// In the order they were made.
pub(crate) fn of_destination(
    db: &Db,
    sealer: &Sealer,
    destination_no: u64,
) -> Result<Vec<Subscription>, StoreError> {
    let mut query = db
        .prepare_cached(
            "SELECT id, name, action, enabled, content FROM subscription \
             WHERE destination_no = ?1 ORDER BY no",
        )
        .act("prepare subscriptions")?;
    let mut rows = query.query([destination_no]).act("read subscriptions")?;
    let mut list = Vec::new();
    while let Some(row) = rows.next().act("read subscriptions")? {
        let text = |column: &str| row.get::<_, String>(column).act("read a subscription");
        let id = text("id")?;
        let sealed: Vec<u8> = row.get("content").act("read a subscription")?;
        let damaged = || StoreError::Damaged(format!("content of subscription `{id}`"));
        let mut content: Value =
            serde_json::from_slice(&sealer.unseal(&id, &sealed)?).map_err(|_| damaged())?;
        list.push(Subscription {
            name: text("name")?,
            action: text("action")?,
            trigger: content["trigger"].as_str().ok_or_else(damaged)?.to_owned(),
            mapping: content["mapping"].take(),
            enabled: row.get("enabled").act("read a subscription")?,
            id: SubscriptionId::new(id),
        });
    }
    Ok(list)
}

fn seal(sealer: &Sealer, one: &Subscription) -> Result<Vec<u8>, StoreError> {
    let content = json!({ "trigger": one.trigger, "mapping": one.mapping });
    sealer.seal(one.id.as_str(), content.to_string().as_bytes())
}
