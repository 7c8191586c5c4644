//! What of a source's events a destination gets, kept with their connection. Each change counts the
//! destination's revision up, so that delivery takes notice.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sluice_event::{EventType, WorkspaceNo};
use sluice_model::{
    Actor, AuditAction, Destination, DestinationId, Routing, SchemaSwitches, SourceId,
};

use crate::audit::{Change, record};
use crate::db::Store;
use crate::destination::get;
use crate::error::{Act, StoreError};

/// As it is kept.
#[derive(Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    consent: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    calls_off: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    events: BTreeMap<String, bool>,
}

impl Store {
    /// Puts `routing` in the place of the former one.
    ///
    /// # Errors
    /// If it is no good, or the two are not wired.
    pub fn connection_route(
        &self,
        workspace: WorkspaceNo,
        id: &DestinationId,
        from: &SourceId,
        routing: &Routing,
        actor: &Actor,
    ) -> Result<Destination, StoreError> {
        routing.check().map_err(StoreError::Invalid)?;
        let at = self.now();
        let sealer = &self.0.sealer;
        self.write(|db| {
            let (no, before) = get(db, sealer, workspace, id)?;
            let held = before.connections.iter().find(|held| held.source_id == *from);
            let held =
                held.ok_or_else(|| StoreError::not_found("connected source", from.as_str()))?;
            db.execute(
                "UPDATE connection SET routing = ?2 WHERE id = ?1",
                (&held.id, to_text(routing)?),
            )
            .act("change what a connection gets")?;
            db.execute(
                "UPDATE destination SET revision = revision + 1, updated_at = ?2 WHERE no = ?1",
                (no, at.as_micros()),
            )
            .act("count a destination's revision")?;
            let kept = Kept::of(routing);
            let detail = json!({
                "sourceId": from.as_str(),
                "consentCategories": kept.consent,
                "callsOff": kept.calls_off,
                "events": kept.events,
            });
            let (action, resource) = (AuditAction::Changed, "connection");
            let change = Change { workspace, action, resource, id: id.as_str(), detail };
            record(db, at, actor, &change)?;
            get(db, sealer, workspace, id).map(|(_, after)| after)
        })
    }
}

impl Default for Kept {
    fn default() -> Self {
        Self::of(&Routing::default())
    }
}

impl Kept {
    fn of(routing: &Routing) -> Self {
        let calls_off = routing.switches.calls_off.iter();
        Self {
            consent: routing.consent_categories.clone(),
            calls_off: calls_off.map(|call| call.name().to_owned()).collect(),
            events: routing.switches.events.clone(),
        }
    }
}

fn to_text(routing: &Routing) -> Result<String, StoreError> {
    serde_json::to_string(&Kept::of(routing))
        .map_err(|error| StoreError::Damaged(format!("what a connection gets: {error}")))
}

pub(crate) fn from_text(connection: &str, text: &str) -> Result<Routing, StoreError> {
    let damaged = |why: String| {
        StoreError::Damaged(format!("what the connection `{connection}` gets: {why}"))
    };
    let kept: Kept = serde_json::from_str(text).map_err(|error| damaged(error.to_string()))?;
    let call = |name: &String| {
        EventType::from_name(name).ok_or_else(|| damaged(format!("there is no call `{name}`")))
    };
    Ok(Routing {
        consent_categories: kept.consent,
        switches: SchemaSwitches {
            calls_off: kept.calls_off.iter().map(call).collect::<Result<_, _>>()?,
            events: kept.events,
        },
    })
}
