-- Times are microseconds since 1970 in UTC; NULL is no time, but in columns
-- that sort, where no time is a number far in the past. Lists and structures
-- are JSON, or the encoding of package encoding/gob where JSON would change
-- their bytes.

CREATE TABLE counters (
	one               INTEGER PRIMARY KEY CHECK (one = 1),
	last_id           INTEGER NOT NULL,
	last_cursor       INTEGER NOT NULL,
	directory_version INTEGER NOT NULL
) STRICT;

INSERT INTO counters VALUES (1, 0, 0, 0);

CREATE TABLE accounts (
	id      TEXT PRIMARY KEY,
	name    TEXT NOT NULL,
	version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE inboxes (
	account   TEXT NOT NULL,
	id        TEXT NOT NULL,
	name      TEXT NOT NULL,
	endpoints ANY,
	team      TEXT NOT NULL,
	settings  ANY NOT NULL,
	version   INTEGER NOT NULL,
	PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE endpoints (
	channel TEXT NOT NULL,
	address TEXT NOT NULL,
	account TEXT NOT NULL,
	inbox   TEXT NOT NULL,
	PRIMARY KEY (channel, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE teams (
	account TEXT NOT NULL,
	id      TEXT NOT NULL,
	name    TEXT NOT NULL,
	members ANY,
	version INTEGER NOT NULL,
	PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
	account      TEXT NOT NULL,
	id           TEXT NOT NULL,
	name         TEXT NOT NULL,
	licensed     INTEGER NOT NULL,
	availability TEXT NOT NULL,
	languages    ANY,
	version      INTEGER NOT NULL,
	PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE contacts (
	id         INTEGER PRIMARY KEY,
	account    TEXT NOT NULL,
	name       TEXT NOT NULL,
	addresses  ANY,
	language   TEXT NOT NULL,
	time_zone  TEXT NOT NULL,
	region     TEXT NOT NULL,
	attributes ANY,
	created_at INTEGER,
	version    INTEGER NOT NULL
) STRICT;

CREATE TABLE identities (
	account TEXT NOT NULL,
	family  TEXT NOT NULL,
	value   TEXT NOT NULL,
	contact INTEGER NOT NULL,
	PRIMARY KEY (account, family, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE conversations (
	id            INTEGER PRIMARY KEY,
	account       TEXT NOT NULL,
	inbox         TEXT NOT NULL,
	family        TEXT NOT NULL, -- of theirs
	identity      TEXT NOT NULL, -- of theirs
	contact       INTEGER NOT NULL,
	channel       TEXT NOT NULL,
	ours          TEXT NOT NULL,
	theirs        TEXT NOT NULL,
	status        TEXT NOT NULL,
	snoozed_until INTEGER,
	users         ANY,
	teams         ANY,
	claimed_by    TEXT NOT NULL,
	claimed_at    INTEGER,
	last_seq      INTEGER NOT NULL,
	inbound_count INTEGER NOT NULL,
	last_at       INTEGER NOT NULL,
	last_inbound  INTEGER,
	waiting_since INTEGER,
	preview       TEXT NOT NULL,
	created_at    INTEGER,
	version       INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX conversations_thread ON conversations (account, inbox, family, identity);
CREATE INDEX conversations_inbox ON conversations (account, inbox, status, last_at, id, claimed_by);
CREATE INDEX conversations_claimed ON conversations (account, claimed_by, status, last_at, id) WHERE claimed_by <> '';

-- Who takes part in which conversations, in the order of lists. The name of a
-- user begins with "u:", that of a team with "t:".
CREATE TABLE participants (
	account      TEXT NOT NULL,
	name         TEXT NOT NULL,
	status       TEXT NOT NULL,
	last_at      INTEGER NOT NULL,
	conversation INTEGER NOT NULL,
	claimed_by   TEXT NOT NULL,
	PRIMARY KEY (account, name, status, last_at, conversation)
) STRICT, WITHOUT ROWID;

CREATE TABLE read_marks (
	account       TEXT NOT NULL,
	user          TEXT NOT NULL,
	conversation  INTEGER NOT NULL,
	seq           INTEGER NOT NULL,
	inbound_count INTEGER NOT NULL,
	PRIMARY KEY (account, user, conversation)
) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
	id            INTEGER PRIMARY KEY,
	account       TEXT NOT NULL,
	conversation  INTEGER NOT NULL,
	seq           INTEGER NOT NULL,
	channel       TEXT NOT NULL,
	provider_id   TEXT NOT NULL,
	request_key   TEXT NOT NULL,
	direction     TEXT NOT NULL,
	author_kind   TEXT NOT NULL,
	author_user   TEXT NOT NULL,
	text          TEXT NOT NULL,
	extras        ANY,
	from_address  TEXT NOT NULL,
	to_address    TEXT NOT NULL,
	inbound_count INTEGER NOT NULL,
	opened        INTEGER NOT NULL,
	kind          INTEGER NOT NULL, -- 0 none, 1 opt-out, 2 opt-in, 3 help, 4 ambiguous
	rule          TEXT NOT NULL,
	purpose       TEXT NOT NULL,
	confirms      INTEGER NOT NULL,
	state         TEXT NOT NULL,
	state_at      INTEGER,
	due_at        INTEGER,
	attempts      INTEGER NOT NULL,
	code          TEXT NOT NULL,
	reason        TEXT NOT NULL,
	segments      INTEGER NOT NULL,
	created_at    INTEGER,
	version       INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX messages_place ON messages (conversation, seq);
CREATE UNIQUE INDEX messages_provider ON messages (channel, provider_id) WHERE provider_id <> '';
CREATE UNIQUE INDEX messages_request ON messages (account, request_key) WHERE request_key <> '';

CREATE TABLE tasks (
	id           INTEGER PRIMARY KEY,
	account      TEXT NOT NULL,
	conversation INTEGER NOT NULL,
	kind         TEXT NOT NULL,
	message      INTEGER NOT NULL,
	due_at       INTEGER NOT NULL,
	attempts     INTEGER NOT NULL,
	error        TEXT NOT NULL,
	set_aside    INTEGER NOT NULL
) STRICT;

CREATE INDEX tasks_conversation ON tasks (conversation);
CREATE INDEX tasks_due ON tasks (due_at, id, conversation) WHERE set_aside = 0;
CREATE INDEX tasks_set_aside ON tasks (account) WHERE set_aside = 1;

CREATE TABLE leases (
	conversation INTEGER PRIMARY KEY,
	owner        TEXT NOT NULL,
	fence        INTEGER NOT NULL,
	until        INTEGER NOT NULL
) STRICT;

CREATE TABLE consent (
	id          INTEGER PRIMARY KEY,
	account     TEXT NOT NULL,
	family      TEXT NOT NULL,
	identity    TEXT NOT NULL,
	kind        INTEGER NOT NULL, -- 1 opt-out, 2 opt-in
	source      TEXT NOT NULL,
	occurred_at INTEGER,
	recorded_at INTEGER,
	text        TEXT NOT NULL,
	rule        TEXT NOT NULL,
	channel     TEXT NOT NULL,
	message     TEXT NOT NULL,
	actor       TEXT NOT NULL
) STRICT;

CREATE INDEX consent_key ON consent (account, family, identity);

CREATE TABLE events (
	cursor       INTEGER PRIMARY KEY,
	account      TEXT NOT NULL,
	type         TEXT NOT NULL,
	at           INTEGER,
	inbox        TEXT NOT NULL,
	conversation INTEGER NOT NULL,
	message      INTEGER NOT NULL,
	actor_kind   TEXT NOT NULL,
	actor_user   TEXT NOT NULL,
	detail       ANY
) STRICT;

CREATE INDEX events_account ON events (account);
CREATE INDEX events_conversation ON events (conversation) WHERE conversation <> 0;

-- The last event of each account that was deleted.
CREATE TABLE deleted_events (
	account TEXT PRIMARY KEY,
	through INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE strays (
	id          INTEGER PRIMARY KEY,
	account     TEXT NOT NULL,
	channel     TEXT NOT NULL,
	provider_id TEXT NOT NULL,
	resolved_at INTEGER,
	inbound     ANY NOT NULL,
	reason      TEXT NOT NULL,
	received_at INTEGER,
	resolved_by TEXT NOT NULL,
	resolution  TEXT NOT NULL,
	version     INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX strays_provider ON strays (channel, provider_id);
CREATE INDEX strays_waiting ON strays (account) WHERE resolved_at IS NULL;
