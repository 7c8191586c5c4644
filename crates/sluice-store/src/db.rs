//! Opening the database, and how every function reaches it. Not here: what the resources mean.

use std::any::Any;
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior};
use sluice_base::{Clock, Timestamp};
use sluice_event::WorkspaceNo;
use sluice_model::{ConnectionTable, SourceTable};
use tokio::sync::watch;

use crate::error::{Act, StoreError};
use crate::migrations;
use crate::seal::{Sealer, private_file};
use crate::secret::SecretHash;
use crate::setup::SetupToken;
use crate::token::Grant;

const DATABASE_FILE: &str = "sluice.db";
const KEY_FILE: &str = "secret.key";
/// Another process (a backup, a curious operator) may hold the database this long.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Proves that the key file belongs to this database.
const KEY_CHECK: &str = "secret_key_check";

/// A part of a list: the records after number `after`, at most `count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub after: u64,
    pub count: u32,
}

impl Page {
    pub const ALL: Self = Self { after: 0, count: u32::MAX };
}

/// Part of a list, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    pub items: Vec<T>,
    /// [`Page::after`] of the next part; `None` if this is the last.
    pub next: Option<u64>,
    /// How many there are in all parts.
    pub total: u64,
}

/// The configuration of one server. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub struct Store(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    db: Mutex<Connection>,
    pub(crate) sealer: Sealer,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sources: watch::Sender<Arc<SourceTable>>,
    pub(crate) connections: watch::Sender<Arc<ConnectionTable>>,
    /// All valid tokens, so that no request waits for the database to be recognised.
    pub(crate) grants: RwLock<HashMap<SecretHash, Grant>>,
    /// Held while nobody has an account: opens the first one.
    pub(crate) setup: SetupToken,
}

impl Store {
    /// Opens `<dir>/sluice.db` and `<dir>/secret.key`, makes both and the default workspace on the
    /// first start, migrates, and publishes the tables. Blocks.
    ///
    /// # Errors
    /// If a file cannot be used; the text gives advice.
    pub fn open(dir: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let file =
            |act, path: &Path, source| StoreError::File { act, path: path.to_owned(), source };
        fs::create_dir_all(dir).map_err(|source| file("make the directory", dir, source))?;
        let path = dir.join(DATABASE_FILE);
        match private_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(file("make the database", &path, error));
            }
            _ => {}
        }
        let mut db = Connection::open(&path).act("open the database")?;
        configure(&db)?;
        migrations::run(&mut db)?;
        let sealer = sealer_open(&db, &dir.join(KEY_FILE))?;
        let store = Self(Arc::new(Inner {
            db: Mutex::new(db),
            sealer,
            clock,
            sources: watch::Sender::new(Arc::default()),
            connections: watch::Sender::new(Arc::default()),
            grants: RwLock::default(),
            setup: SetupToken::new(dir),
        }));
        store.workspace_ensure_default()?;
        store.setup_prepare()?;
        store.publish()?;
        Ok(store)
    }

    /// Write keys and source numbers, a new table after each change.
    #[must_use]
    pub fn sources(&self) -> watch::Receiver<Arc<SourceTable>> {
        self.0.sources.subscribe()
    }

    /// All connections, a new table after each change.
    #[must_use]
    pub fn connections(&self) -> watch::Receiver<Arc<ConnectionTable>> {
        self.0.connections.subscribe()
    }

    /// Runs a blocking function of the store from async code, off the async workers.
    ///
    /// # Errors
    /// What `act` gives; [`StoreError::Stopped`] if the runtime ends meanwhile.
    pub async fn call<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Self) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.clone();
        let given = blocking(Box::new(move || Box::new(act(&store)))).await?;
        given.downcast().map_or(Err(StoreError::Stopped), |given| *given)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(crate) fn read<T>(
        &self,
        act: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        act(&self.0.db.lock())
    }

    /// One transaction; when it is durable, the tables are published in the order of the commits.
    pub(crate) fn write<T>(
        &self,
        act: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut db = self.0.db.lock();
        let value = transact(&mut db, act)?;
        self.publish_from(&db)?;
        Ok(value)
    }

    /// One transaction over what no running part watches: users, sessions, links.
    pub(crate) fn write_aside<T>(
        &self,
        act: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        transact(&mut self.0.db.lock(), act)
    }

    fn publish(&self) -> Result<(), StoreError> {
        self.publish_from(&self.0.db.lock())
    }
}

/// A call and what it gives, without their types: what the runtime does around each would otherwise
/// be compiled for each of more than a hundred calls.
type Call = Box<dyn FnOnce() -> Box<dyn Any + Send> + Send>;

async fn blocking(call: Call) -> Result<Box<dyn Any + Send>, StoreError> {
    tokio::task::spawn_blocking(call).await.map_err(|_| StoreError::Stopped)
}

fn transact<T>(
    db: &mut Connection,
    act: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let transaction =
        db.transaction_with_behavior(TransactionBehavior::Immediate).act("begin a transaction")?;
    let value = act(&transaction)?;
    transaction.commit().act("commit a transaction")?;
    Ok(value)
}

fn configure(db: &Connection) -> Result<(), StoreError> {
    db.busy_timeout(BUSY_TIMEOUT).act("set the busy timeout")?;
    db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).act("choose WAL")?;
    db.pragma_update(None, "synchronous", "FULL").act("choose full synchronisation")?;
    db.pragma_update(None, "foreign_keys", true).act("turn foreign keys on")?;
    // What is deleted or replaced leaves no readable bytes in free pages.
    db.pragma_update_and_check(None, "secure_delete", true, |_| Ok(())).act("turn secure delete on")
}

/// A new key only for a database that never had one.
fn sealer_open(db: &Connection, path: &Path) -> Result<Sealer, StoreError> {
    let check: Option<Vec<u8>> = db
        .query_row("SELECT value FROM server_fact WHERE name = ?1", [KEY_CHECK], |row| row.get(0))
        .optional()
        .act("read the key check")?;
    let sealer = Sealer::open(path, check.is_none())?;
    if let Some(check) = check {
        sealer.unseal(KEY_CHECK, &check).map_err(|_| {
            StoreError::Unusable(format!(
                "{} is not the key of this database; restore the key that belongs to it",
                path.display()
            ))
        })?;
    } else {
        let check = sealer.seal(KEY_CHECK, &[])?;
        db.execute("INSERT INTO server_fact (name, value) VALUES (?1, ?2)", (KEY_CHECK, check))
            .act("keep the key check")?;
    }
    Ok(sealer)
}

/// The rows of one table or view of a workspace for which `alive` holds, by `no`.
pub(crate) fn list<T>(
    db: &Connection,
    (table, alive): (&str, &str),
    workspace: WorkspaceNo,
    page: Page,
    row: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Listed<T>, StoreError> {
    let count = format!("SELECT count(*) FROM {table} WHERE workspace_no = ?1 AND {alive}");
    let total: u64 = db.query_row(&count, [workspace.0], |row| row.get(0)).act("count a list")?;
    let select = format!(
        "SELECT * FROM {table} WHERE workspace_no = ?1 AND no > ?2 AND {alive} \
         ORDER BY no LIMIT ?3"
    );
    let mut query = db.prepare_cached(&select).act("prepare a list")?;
    let limit = u64::from(page.count) + 1;
    let after = page.after.min(i64::MAX as u64);
    let mut rows = query.query((workspace.0, after, limit)).act("read a list")?;
    let mut items = Vec::new();
    let mut last = 0;
    let mut next = None;
    while let Some(found) = rows.next().act("read a list")? {
        if items.len() == page.count as usize {
            next = Some(last);
            break;
        }
        last = found.get("no").act("read a list")?;
        items.push(row(found)?);
    }
    Ok(Listed { items, next, total })
}

pub(crate) fn time(row: &Row<'_>, column: &str) -> Result<Timestamp, StoreError> {
    row.get::<_, i64>(column).map(Timestamp::from_micros).act("read a time")
}
