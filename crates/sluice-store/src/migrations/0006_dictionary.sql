CREATE TABLE dictionary_entry (
    workspace_no  INTEGER NOT NULL REFERENCES workspace (no),
    kind          TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    display_name  TEXT    NOT NULL,
    description   TEXT    NOT NULL,
    is_hidden     INTEGER NOT NULL,
    is_deprecated INTEGER NOT NULL,
    is_test       INTEGER NOT NULL,
    is_deleted    INTEGER NOT NULL,
    -- The event that this one is the same as.
    same_as       TEXT,
    -- Of a custom event: its alternatives, JSON.
    definition    TEXT,
    updated_at    INTEGER NOT NULL,
    PRIMARY KEY (workspace_no, kind, name)
) STRICT, WITHOUT ROWID;
