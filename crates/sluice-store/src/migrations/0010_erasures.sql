-- People who were to be erased, by their numbers alone: what they were called is nowhere any more.
CREATE TABLE erasure (
    no           INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_no INTEGER NOT NULL REFERENCES workspace (no),
    person       INTEGER NOT NULL,
    requester    TEXT    NOT NULL,
    requested_at INTEGER NOT NULL,
    finished_at  INTEGER,
    UNIQUE (workspace_no, person)
) STRICT;
