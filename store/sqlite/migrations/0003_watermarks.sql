-- Up to which moment everything that came in on a channel is in the file.
CREATE TABLE watermarks (
	id       TEXT NOT NULL PRIMARY KEY,
	through  INTEGER,
	asked_at INTEGER,
	error    TEXT NOT NULL,
	version  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
