-- Which events start which action of a destination. The content (trigger, mapping) is sealed like
-- settings: a mapping may hold a header or an address that is a secret.
CREATE TABLE subscription (
    no             INTEGER PRIMARY KEY AUTOINCREMENT,
    id             TEXT    NOT NULL UNIQUE,
    destination_no INTEGER NOT NULL REFERENCES destination (no),
    name           TEXT    NOT NULL,
    action         TEXT    NOT NULL,
    enabled        INTEGER NOT NULL,
    content        BLOB    NOT NULL,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL
) STRICT;

CREATE INDEX subscription_destination ON subscription (destination_no);
