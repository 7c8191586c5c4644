CREATE TABLE cohort (
    no           INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT    NOT NULL UNIQUE,
    workspace_no INTEGER NOT NULL REFERENCES workspace (no),
    name         TEXT    NOT NULL,
    description  TEXT    NOT NULL,
    -- JSON; none for a cohort whose people are listed.
    definition   TEXT,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    deleted_at   INTEGER
) STRICT;

CREATE INDEX cohort_workspace ON cohort (workspace_no);

CREATE TABLE cohort_person (
    cohort_no INTEGER NOT NULL REFERENCES cohort (no),
    person    INTEGER NOT NULL,
    PRIMARY KEY (cohort_no, person)
) STRICT, WITHOUT ROWID;

CREATE VIEW cohort_listed AS
SELECT cohort.*,
       (SELECT count(*) FROM cohort_person WHERE cohort_no = cohort.no) AS people
FROM cohort;
