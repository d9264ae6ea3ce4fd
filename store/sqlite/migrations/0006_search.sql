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

-- Messages with smaller ids than this may not be in the index yet. The Store
-- adds them while it is in use.
CREATE TABLE search_backlog (
	below INTEGER NOT NULL
) STRICT;

INSERT INTO search_backlog (below) SELECT max(id) + 1 FROM messages HAVING count(*) > 0;
