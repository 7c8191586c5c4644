-- Numbers (`no`) order lists and name folders; AUTOINCREMENT never gives one twice.
-- Times are microseconds since 1970 in UTC.

CREATE TABLE workspace (
    no         INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT    NOT NULL UNIQUE,
    slug       TEXT    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    time_zone  TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE source (
    no           INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT    NOT NULL UNIQUE,
    workspace_no INTEGER NOT NULL REFERENCES workspace (no),
    slug         TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    enabled      INTEGER NOT NULL,
    settings     TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    deleted_at   INTEGER
) STRICT;

CREATE UNIQUE INDEX source_slug ON source (workspace_no, slug) WHERE deleted_at IS NULL;

-- A revoked key keeps its row, so that no other source is ever given it.
CREATE TABLE write_key (
    no         INTEGER PRIMARY KEY AUTOINCREMENT,
    key        TEXT    NOT NULL UNIQUE,
    source_no  INTEGER NOT NULL REFERENCES source (no),
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;

CREATE INDEX write_key_source ON write_key (source_no);

-- `settings` is sealed with the key outside this database.
CREATE TABLE destination (
    no           INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT    NOT NULL UNIQUE,
    workspace_no INTEGER NOT NULL REFERENCES workspace (no),
    name         TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    enabled      INTEGER NOT NULL,
    settings     BLOB    NOT NULL,
    revision     INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    deleted_at   INTEGER
) STRICT;

CREATE INDEX destination_workspace ON destination (workspace_no);

CREATE TABLE connection (
    no             INTEGER PRIMARY KEY AUTOINCREMENT,
    id             TEXT    NOT NULL UNIQUE,
    destination_no INTEGER NOT NULL REFERENCES destination (no),
    source_no      INTEGER NOT NULL REFERENCES source (no),
    created_at     INTEGER NOT NULL,
    -- Events decided from here on are for it: its creation, or when it was last restored.
    starts_at      INTEGER NOT NULL,
    deleted_at     INTEGER
) STRICT;

CREATE UNIQUE INDEX connection_pair ON connection (destination_no, source_no) WHERE deleted_at IS NULL;
CREATE INDEX connection_source ON connection (source_no);

CREATE TABLE api_token (
    no           INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT    NOT NULL UNIQUE,
    workspace_no INTEGER NOT NULL REFERENCES workspace (no),
    name         TEXT    NOT NULL,
    role         TEXT    NOT NULL,
    hash         BLOB    NOT NULL UNIQUE,
    last4        TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    revoked_at   INTEGER
) STRICT;

CREATE TABLE saved_insight (
    no           INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT    NOT NULL UNIQUE,
    workspace_no INTEGER NOT NULL REFERENCES workspace (no),
    name         TEXT    NOT NULL,
    query        TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    deleted_at   INTEGER
) STRICT;

CREATE INDEX saved_insight_workspace ON saved_insight (workspace_no);

CREATE TABLE audit (
    no           INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_no INTEGER NOT NULL REFERENCES workspace (no),
    at           INTEGER NOT NULL,
    actor_id     TEXT    NOT NULL,
    actor_name   TEXT    NOT NULL,
    action       TEXT    NOT NULL,
    resource     TEXT    NOT NULL,
    resource_id  TEXT    NOT NULL,
    detail       TEXT    NOT NULL
) STRICT;

CREATE INDEX audit_workspace ON audit (workspace_no, no);

-- What the server must know about itself, such as the check of the secret key.
CREATE TABLE server_fact (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;
