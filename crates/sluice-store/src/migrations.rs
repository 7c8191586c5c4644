//! Numbered migrations of the database; each runs once, in a transaction of its own.
//!
//! The header of the file carries our application id and, as `user_version`, the number of the last
//! migration. A file of another program or of a newer Sluice is refused.

use rusqlite::{Connection, TransactionBehavior};

use crate::error::{Act, StoreError};

/// `SLCE`: marks the file as ours.
const APPLICATION_ID: i64 = 0x534C_4345;

/// In order; a released one is never edited.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_configuration.sql"),
    include_str!("migrations/0002_dashboards.sql"),
    include_str!("migrations/0003_users.sql"),
    include_str!("migrations/0004_console.sql"),
    include_str!("migrations/0005_cohorts.sql"),
    include_str!("migrations/0006_dictionary.sql"),
    include_str!("migrations/0007_filters.sql"),
    include_str!("migrations/0008_subscriptions.sql"),
    include_str!("migrations/0009_annotations.sql"),
    include_str!("migrations/0010_erasures.sql"),
    include_str!("migrations/0011_routing.sql"),
];

pub(crate) fn run(db: &mut Connection) -> Result<(), StoreError> {
    let pragma = |db: &Connection, name: &str| {
        db.pragma_query_value(None, name, |row| row.get::<_, i64>(0))
            .act("read the database's header")
    };
    let version = pragma(db, "user_version")?;
    let application = pragma(db, "application_id")?;
    let tables: i64 = db
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .act("read the database")?;
    if application != APPLICATION_ID && (tables > 0 || version > 0) {
        return Err(StoreError::Unusable(
            "the database file was not made by Sluice; choose another data directory".to_owned(),
        ));
    }
    let done = usize::try_from(version).unwrap_or(usize::MAX);
    if done > MIGRATIONS.len() {
        return Err(StoreError::Unusable(format!(
            "the database was written by a newer Sluice (schema {version}, this one knows {}); \
             start that version, or restore a backup",
            MIGRATIONS.len()
        )));
    }
    for (index, sql) in MIGRATIONS.iter().enumerate().skip(done) {
        let transaction = db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .act("begin a migration")?;
        transaction.execute_batch(sql).act("run a migration")?;
        transaction
            .pragma_update(None, "application_id", APPLICATION_ID)
            .act("mark the database as ours")?;
        transaction
            .pragma_update(None, "user_version", index as i64 + 1)
            .act("record a migration")?;
        transaction.commit().act("commit a migration")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(db: &Connection) -> String {
        let mut query = db
            .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY name")
            .unwrap();
        let rows = query.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.map(|sql| sql.unwrap().split_whitespace().collect::<Vec<_>>().join(" ") + ";\n")
            .collect()
    }

    #[test]
    fn all_migrations_together_give_the_schema_on_record() {
        let mut db = Connection::open_in_memory().unwrap();
        run(&mut db).unwrap();
        expect_test::expect_file!["../schema.sql"].assert_eq(&schema(&db));
    }

    #[test]
    fn a_second_run_changes_nothing() {
        let mut db = Connection::open_in_memory().unwrap();
        run(&mut db).unwrap();
        let before = schema(&db);
        run(&mut db).unwrap();
        assert_eq!(schema(&db), before);
    }

    #[test]
    fn each_older_version_migrates_to_the_newest() {
        let mut newest = Connection::open_in_memory().unwrap();
        run(&mut newest).unwrap();
        for done in 0..MIGRATIONS.len() {
            let mut db = Connection::open_in_memory().unwrap();
            for sql in &MIGRATIONS[..done] {
                db.execute_batch(sql).unwrap();
            }
            if done > 0 {
                db.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
            }
            db.pragma_update(None, "user_version", done as i64).unwrap();
            run(&mut db).unwrap();
            assert_eq!(schema(&db), schema(&newest), "from version {done}");
        }
    }

    #[test]
    fn a_newer_database_is_refused_with_advice() {
        let mut db = Connection::open_in_memory().unwrap();
        run(&mut db).unwrap();
        db.pragma_update(None, "user_version", MIGRATIONS.len() as i64 + 1).unwrap();
        assert!(run(&mut db).unwrap_err().to_string().contains("newer Sluice"));
    }

    #[test]
    fn a_database_of_another_program_is_refused_untouched() {
        let mut db = Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE theirs (a)").unwrap();
        assert!(run(&mut db).unwrap_err().to_string().contains("not made by Sluice"));
        assert_eq!(schema(&db), "CREATE TABLE theirs (a);\n");
    }
}
