//! The tables that running parts watch, built anew after each change. Called with the database
//! locked, so that tables come out in the order of the commits.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;
use sluice_event::{SourceNo, WorkspaceNo};
use sluice_model::{
    ConnectionSpec, ConnectionTable, DestinationFilter, SourceEntry, SourceId, SourceTable,
};

use crate::db::Store;
use crate::destination::destination;
use crate::error::{Act, StoreError};
use crate::filter;
use crate::source::source;
use crate::token;

/// The actor of a token that is accepted without being kept.
const ENVIRONMENT: &str = "token:environment";

impl Store {
    pub(crate) fn publish_from(&self, db: &Connection) -> Result<(), StoreError> {
        let sources = source_table(db)?;
        let connections = self.connection_table(db)?;
        let kept = token::grants(db)?;
        let mut grants = self.0.grants.write();
        grants.retain(|_, grant| grant.actor.id == ENVIRONMENT);
        grants.extend(kept);
        drop(grants);
        self.0.sources.send_if_modified(|table| replace(table, sources));
        self.0.connections.send_if_modified(|table| {
            if same_connections(table, &connections) {
                return false;
            }
            *table = Arc::new(connections);
            true
        });
        Ok(())
    }

    fn connection_table(&self, db: &Connection) -> Result<ConnectionTable, StoreError> {
        let mut query = db
            .prepare_cached("SELECT * FROM destination WHERE deleted_at IS NULL ORDER BY no")
            .act("prepare the connections")?;
        let mut rows = query.query([]).act("read the connections")?;
        let mut connections = Vec::new();
        while let Some(row) = rows.next().act("read the connections")? {
            let (no, found) = destination(db, &self.0.sealer, row)?;
            let filters = filter::of_destination(db, no)?;
            let of_source = |source: &SourceId| {
                let is_for = |filter: &&DestinationFilter| {
                    filter.source_id.as_ref().is_none_or(|wanted| wanted == source)
                };
                filters.iter().filter(is_for).cloned().collect::<Vec<_>>()
            };
            connections.extend(found.connections.iter().map(|connection| {
                Arc::new(ConnectionSpec {
                    id: connection.id.clone(),
                    workspace: found.workspace,
                    source: connection.source,
                    destination_id: found.id.as_str().to_owned(),
                    name: found.name.clone(),
                    kind: found.kind.clone(),
                    enabled: found.enabled,
                    settings: found.settings.clone(),
                    subscriptions: found.subscriptions.clone().into(),
                    revision: found.revision,
                    starts_at: connection.starts_at,
                    filters: of_source(&connection.source_id),
                    routing: connection.routing.clone(),
                })
            }));
        }
        Ok(ConnectionTable { connections })
    }
}

/// A deleted source stays by its number, disabled and without keys: the pipeline still meets its
/// events in the log.
fn source_table(db: &Connection) -> Result<SourceTable, StoreError> {
    let mut query =
        db.prepare_cached("SELECT * FROM source ORDER BY no").act("prepare the sources")?;
    let mut rows = query.query([]).act("read the sources")?;
    let mut by_write_key = HashMap::new();
    let mut by_no: HashMap<SourceNo, Arc<SourceEntry>> = HashMap::new();
    while let Some(row) = rows.next().act("read the sources")? {
        let found = source(db, row)?;
        let deleted: Option<i64> = row.get("deleted_at").act("read a source")?;
        let mut entry = found.entry();
        entry.enabled &= deleted.is_none();
        let entry = Arc::new(entry);
        if deleted.is_none() {
            let keys = found.write_keys.iter();
            by_write_key.extend(keys.map(|key| (key.as_str().to_owned(), Arc::clone(&entry))));
        }
        by_no.insert(found.no, entry);
    }
    Ok(SourceTable { by_write_key, by_no })
}

fn replace(table: &mut Arc<SourceTable>, new: SourceTable) -> bool {
    if table.by_write_key == new.by_write_key && table.by_no == new.by_no {
        return false;
    }
    *table = Arc::new(new);
    true
}

fn same_connections(old: &ConnectionTable, new: &ConnectionTable) -> bool {
    let key = |spec: &ConnectionSpec| -> (String, WorkspaceNo, u64) {
        (spec.id.clone(), spec.workspace, spec.revision)
    };
    old.connections.len() == new.connections.len()
        && old.connections.iter().zip(&new.connections).all(|(old, new)| key(old) == key(new))
}
