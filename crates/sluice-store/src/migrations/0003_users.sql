-- Chosen when the workspace is made, for ever.
ALTER TABLE workspace ADD COLUMN region TEXT NOT NULL DEFAULT 'us';

-- People who sign in to the console. Whoever leaves their last workspace is deleted.
CREATE TABLE console_user (
    no            INTEGER PRIMARY KEY AUTOINCREMENT,
    id            TEXT    NOT NULL UNIQUE,
    email         TEXT    NOT NULL UNIQUE,
    name          TEXT    NOT NULL,
    -- Argon2id in PHC form.
    password_hash TEXT    NOT NULL,
    -- Where they last were.
    workspace_no  INTEGER REFERENCES workspace (no),
    created_at    INTEGER NOT NULL,
    signed_in_at  INTEGER
) STRICT;

CREATE TABLE membership (
    no           INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_no INTEGER NOT NULL REFERENCES workspace (no),
    user_no      INTEGER NOT NULL REFERENCES console_user (no) ON DELETE CASCADE,
    role         TEXT    NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX membership_pair ON membership (workspace_no, user_no);
CREATE INDEX membership_user ON membership (user_no);

CREATE VIEW member AS
SELECT membership.no, membership.workspace_no, membership.user_no, membership.role,
       console_user.id, console_user.email, console_user.name, console_user.created_at,
       console_user.signed_in_at
FROM membership JOIN console_user ON console_user.no = membership.user_no;

CREATE TABLE session (
    no           INTEGER PRIMARY KEY AUTOINCREMENT,
    hash         BLOB    NOT NULL UNIQUE,
    user_no      INTEGER NOT NULL REFERENCES console_user (no) ON DELETE CASCADE,
    workspace_no INTEGER NOT NULL REFERENCES workspace (no),
    -- 1: it may not leave its workspace.
    is_confined  INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    seen_at      INTEGER NOT NULL
) STRICT;

CREATE INDEX session_user ON session (user_no);

CREATE TABLE invite (
    no           INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT    NOT NULL UNIQUE,
    workspace_no INTEGER NOT NULL REFERENCES workspace (no),
    email        TEXT    NOT NULL,
    role         TEXT    NOT NULL,
    hash         BLOB    NOT NULL UNIQUE,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX invite_email ON invite (workspace_no, email);

-- Links that work once: to set a new password, or to sign in without one.
CREATE TABLE one_time_link (
    hash         BLOB    PRIMARY KEY,
    purpose      TEXT    NOT NULL,
    user_no      INTEGER NOT NULL REFERENCES console_user (no) ON DELETE CASCADE,
    -- The session that it opens may not leave this workspace.
    confined_to  INTEGER REFERENCES workspace (no),
    expires_at   INTEGER NOT NULL
) STRICT;
