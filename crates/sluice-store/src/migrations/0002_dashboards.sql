-- How the console draws a saved insight; the answer does not depend on it.
ALTER TABLE saved_insight ADD COLUMN display TEXT;

CREATE TABLE dashboard (
    no           INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT    NOT NULL UNIQUE,
    workspace_no INTEGER NOT NULL REFERENCES workspace (no),
    name         TEXT    NOT NULL,
    is_default   INTEGER NOT NULL,
    range        TEXT,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    deleted_at   INTEGER
) STRICT;

CREATE INDEX dashboard_workspace ON dashboard (workspace_no);
CREATE UNIQUE INDEX dashboard_default ON dashboard (workspace_no) WHERE is_default = 1;

CREATE TABLE dashboard_item (
    dashboard_no INTEGER NOT NULL REFERENCES dashboard (no),
    insight_no   INTEGER NOT NULL REFERENCES saved_insight (no),
    x            INTEGER NOT NULL,
    y            INTEGER NOT NULL,
    width        INTEGER NOT NULL,
    height       INTEGER NOT NULL,
    PRIMARY KEY (dashboard_no, insight_no)
) STRICT, WITHOUT ROWID;

-- Each workspace has a default dashboard; one made from now on gets it when it is made.
INSERT INTO dashboard (id, workspace_no, name, is_default, created_at, updated_at)
SELECT lower(hex(randomblob(12))), no, 'Overview', 1, created_at, created_at FROM workspace;
