-- What of a source's events a destination gets: consent categories and switches, as JSON.
ALTER TABLE connection ADD COLUMN routing TEXT NOT NULL DEFAULT '{}';
