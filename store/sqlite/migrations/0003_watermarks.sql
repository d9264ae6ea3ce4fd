-- Up to which moment everything that came in on a channel is in the file.
CREATE TABLE watermarks (
	id       TEXT NOT NULL PRIMARY KEY,
	through  INTEGER,
	asked_at INTEGER,
	error    TEXT NOT NULL,
	version  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What came in before the file had watermarks was fetched up to the last
-- message that did.
INSERT INTO watermarks (id, through, asked_at, error, version)
SELECT channel, max(created_at), max(created_at), '', 1 FROM messages WHERE direction = 'in' GROUP BY channel;
