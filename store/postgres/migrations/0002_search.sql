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

CREATE INDEX search_conversation ON @search (conversation, message);

-- What is new waits in a list until it is worth while: each of a message's tokens
-- is in another place of the index. A search reads the list too, and whoever
-- fills it sorts it in. The Store does that beside the Updates long before there
-- are 4 MB.
CREATE INDEX search_tokens ON @search USING gin (tokens) WITH (fastupdate = on, gin_pending_list_limit = 4096);

-- By which version of the tokens the index is. Messages with smaller ids than
-- below may not be in it yet, or by another version. The Store adds them while
-- it is in use.
CREATE TABLE @search_state (
	version int NOT NULL,
	below   bigint NOT NULL
);

INSERT INTO @search_state VALUES (0, 0);

-- The messages that the index does not agree with, until the Store has seen to
-- them. A Store indexes what it writes itself, and says so by the setting
-- teaminbox.search, which is its version of the tokens. Triggers note what is
-- written by others: processes of a version of the library that had no search, or
-- had other tokens, which go on until they have been replaced. The triggers are
-- made when the Store is opened, as they compare the version.
CREATE TABLE @search_pending (
	message bigint PRIMARY KEY
);

CREATE FUNCTION @search_later() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO @search_pending (message) VALUES (NEW.id) ON CONFLICT DO NOTHING;
	RETURN NULL;
END $$;
