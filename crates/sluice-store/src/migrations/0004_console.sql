-- What the browser called itself at the last noted use, so that its person can tell sessions apart.
ALTER TABLE session ADD COLUMN agent TEXT NOT NULL DEFAULT '';

-- Conditions for all insights of a dashboard, as the insights engine reads them.
ALTER TABLE dashboard ADD COLUMN filters TEXT;

-- Texts on a dashboard, beside its insights.
CREATE TABLE dashboard_text (
    dashboard_no INTEGER NOT NULL REFERENCES dashboard (no),
    place        INTEGER NOT NULL,
    text         TEXT    NOT NULL,
    x            INTEGER NOT NULL,
    y            INTEGER NOT NULL,
    width        INTEGER NOT NULL,
    height       INTEGER NOT NULL,
    PRIMARY KEY (dashboard_no, place)
) STRICT, WITHOUT ROWID;
