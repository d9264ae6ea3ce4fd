-- What texts are searched by: the tokens of package store/search, and one
-- for the account. They are made by this library, so
-- that no dictionary or extension of the server's has a say. The rows are the
-- messages that have words. They are apart from the messages, which are written
-- again and again while they are sent.
CREATE TABLE @search (
	message      bigint PRIMARY KEY,
	conversation bigint NOT NULL,
	created_at   timestamptz, -- of the message
	tokens       tsvector NOT NULL
);

-- What is new waits in a list until it is worth while: each of a message's tokens
-- is in another place of the index. A search reads the list too, and whoever
-- fills it sorts it in, so it is kept short: 256 kB.
CREATE INDEX search_tokens ON @search USING gin (tokens) WITH (fastupdate = on, gin_pending_list_limit = 256);

-- Messages with smaller ids than this may not be in the index yet. The Store
-- adds them while it is in use.
CREATE TABLE @search_backlog (
	below bigint NOT NULL
);

INSERT INTO @search_backlog (below) SELECT max(id) + 1 FROM @messages HAVING count(*) > 0;
