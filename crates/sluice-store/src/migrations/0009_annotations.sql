CREATE TABLE annotation (
    no           INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT    NOT NULL UNIQUE,
    workspace_no INTEGER NOT NULL REFERENCES workspace (no),
    at           INTEGER NOT NULL,
    text         TEXT    NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT;

CREATE INDEX annotation_workspace ON annotation (workspace_no, at);
