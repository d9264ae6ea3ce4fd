-- What texts are searched by: the tokens of package store/search, and one
-- each for the account and the conversation. They are separated by spaces, and
-- to the tokenizer ascii everything else but ASCII punctuation is part of a
-- token. The rows are the messages that have words; their texts are not kept
-- again.
CREATE VIRTUAL TABLE search USING fts5 (
	tokens,
	content = '',
	contentless_delete = 1,
	detail = none,
	tokenize = 'ascii'
);

-- The smallest and the largest id among the messages of each day since 1970
-- that were ever in the index.
CREATE TABLE search_days (
	day   INTEGER PRIMARY KEY,
	first INTEGER NOT NULL,
	last  INTEGER NOT NULL
) STRICT;

-- By which version of the tokens the index is. Messages with smaller ids than
-- below may not be in it yet, or by another version. The Store adds them while
-- it is in use.
CREATE TABLE search_state (
	one     INTEGER PRIMARY KEY CHECK (one = 1),
	version INTEGER NOT NULL,
	below   INTEGER NOT NULL
) STRICT;

INSERT INTO search_state VALUES (1, 0, 0);

-- The messages that the index does not agree with, until the Store has seen to
-- them. Triggers fill it, whoever writes: processes of a version of the library
-- that had no search do not know of it, and go on until they have been
-- replaced.
CREATE TABLE search_pending (
	message INTEGER PRIMARY KEY,
	stale   INTEGER NOT NULL -- the index may have it as it was
) STRICT;

CREATE TRIGGER search_written AFTER INSERT ON messages WHEN NEW.text <> '' BEGIN
	INSERT INTO search_pending VALUES (NEW.id, FALSE) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER search_changed AFTER UPDATE OF account, conversation, text, created_at ON messages
WHEN NEW.text <> OLD.text OR NEW.conversation <> OLD.conversation OR NEW.account <> OLD.account OR NEW.created_at IS NOT OLD.created_at BEGIN
	INSERT INTO search_pending VALUES (NEW.id, TRUE) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER search_gone AFTER DELETE ON messages BEGIN
	INSERT INTO search_pending VALUES (OLD.id, TRUE) ON CONFLICT DO NOTHING;
END;
