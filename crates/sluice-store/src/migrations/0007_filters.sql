-- Filters of destinations.
CREATE TABLE destination_filter (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    destination_no INTEGER NOT NULL REFERENCES destination (no),
    -- For events of this source only; for all if null.
    source_no INTEGER REFERENCES source (no),
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    condition TEXT NOT NULL,
    actions TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX destination_filter_destination ON destination_filter (destination_no);
