-- NULL is no time, but in columns that sort, where no time is the year 1.
-- Texts that Postgres can't hold are escaped, see text.go. Lists and structures
-- are JSON. Texts are compared byte by byte.

CREATE SEQUENCE @ids INCREMENT BY 16 MINVALUE 1; -- of blocks of 16 numbers
CREATE SEQUENCE @cursors MINVALUE 1;

-- Fails unless something holds, so that the statements behind it are not run.
CREATE FUNCTION @must(what text, holds boolean) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	IF holds IS NOT TRUE THEN
		RAISE EXCEPTION USING MESSAGE = what, ERRCODE = 'TI001';
	END IF;
	RETURN true;
END $$;

-- The clock that leases are measured by.
CREATE FUNCTION @moment() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT pg_catalog.clock_timestamp()';

CREATE TABLE @counters (
	one               boolean PRIMARY KEY CHECK (one),
	directory_version bigint NOT NULL
);

INSERT INTO @counters VALUES (true, 0);

CREATE TABLE @accounts (
	id      text COLLATE "C" PRIMARY KEY,
	name    text NOT NULL,
	version bigint NOT NULL
);

CREATE TABLE @inboxes (
	account   text COLLATE "C" NOT NULL,
	id        text COLLATE "C" NOT NULL,
	name      text NOT NULL,
	endpoints jsonb,
	team      text COLLATE "C" NOT NULL,
	settings  jsonb NOT NULL,
	version   bigint NOT NULL,
	PRIMARY KEY (account, id)
);

CREATE TABLE @endpoints (
	channel text COLLATE "C" NOT NULL,
	address text COLLATE "C" NOT NULL,
	account text COLLATE "C" NOT NULL,
	inbox   text COLLATE "C" NOT NULL,
	PRIMARY KEY (channel, address)
);

CREATE INDEX endpoints_inbox ON @endpoints (account, inbox);

CREATE TABLE @teams (
	account text COLLATE "C" NOT NULL,
	id      text COLLATE "C" NOT NULL,
	name    text NOT NULL,
	members jsonb,
	version bigint NOT NULL,
	PRIMARY KEY (account, id)
);

CREATE TABLE @users (
	account      text COLLATE "C" NOT NULL,
	id           text COLLATE "C" NOT NULL,
	name         text NOT NULL,
	licensed     boolean NOT NULL,
	availability text COLLATE "C" NOT NULL,
	languages    jsonb,
	version      bigint NOT NULL,
	PRIMARY KEY (account, id)
);

CREATE TABLE @contacts (
	id         bigint PRIMARY KEY,
	account    text COLLATE "C" NOT NULL,
	name       text NOT NULL,
	addresses  jsonb,
	language   text NOT NULL,
	time_zone  text NOT NULL,
	region     text NOT NULL,
	attributes jsonb,
	created_at timestamptz,
	version    bigint NOT NULL
);

CREATE TABLE @identities (
	account text COLLATE "C" NOT NULL,
	family  text COLLATE "C" NOT NULL,
	value   text COLLATE "C" NOT NULL,
	contact bigint NOT NULL,
	PRIMARY KEY (account, family, value)
);

CREATE TABLE @conversations (
	id            bigint PRIMARY KEY,
	account       text COLLATE "C" NOT NULL,
	inbox         text COLLATE "C" NOT NULL,
	family        text COLLATE "C" NOT NULL, -- of theirs
	identity      text COLLATE "C" NOT NULL, -- of theirs
	contact       bigint NOT NULL,
	channel       text NOT NULL,
	ours          text NOT NULL,
	theirs        text NOT NULL,
	status        text COLLATE "C" NOT NULL,
	snoozed_until timestamptz,
	users         jsonb,
	teams         jsonb,
	claimed_by    text COLLATE "C" NOT NULL,
	claimed_at    timestamptz,
	last_seq      bigint NOT NULL,
	inbound_count bigint NOT NULL,
	last_at       timestamptz NOT NULL,
	last_inbound  timestamptz,
	waiting_since timestamptz,
	preview       text NOT NULL,
	created_at    timestamptz,
	version       bigint NOT NULL
);

CREATE UNIQUE INDEX conversations_thread ON @conversations (account, inbox, family, identity);
CREATE INDEX conversations_inbox ON @conversations (account, inbox, status, last_at, id, claimed_by);
CREATE INDEX conversations_claimed ON @conversations (account, claimed_by, status, last_at, id) WHERE claimed_by <> '';

-- Who takes part in which conversations, in the order of lists. The name of a
-- user begins with "u:", that of a team with "t:".
CREATE TABLE @participants (
	account      text COLLATE "C" NOT NULL,
	name         text COLLATE "C" NOT NULL,
	status       text COLLATE "C" NOT NULL,
	last_at      timestamptz NOT NULL,
	conversation bigint NOT NULL,
	claimed_by   text COLLATE "C" NOT NULL,
	PRIMARY KEY (account, name, status, last_at, conversation)
);

CREATE TABLE @read_marks (
	account       text COLLATE "C" NOT NULL,
	username      text COLLATE "C" NOT NULL,
	conversation  bigint NOT NULL,
	seq           bigint NOT NULL,
	inbound_count bigint NOT NULL,
	PRIMARY KEY (account, username, conversation)
);

CREATE TABLE @messages (
	id            bigint PRIMARY KEY,
	account       text COLLATE "C" NOT NULL,
	conversation  bigint NOT NULL,
	seq           bigint NOT NULL,
	channel       text COLLATE "C" NOT NULL,
	provider_id   text COLLATE "C" NOT NULL,
	request_key   text COLLATE "C" NOT NULL,
	direction     text NOT NULL,
	author_kind   text NOT NULL,
	author_user   text NOT NULL,
	text          text NOT NULL,
	extras        jsonb,
	from_address  text NOT NULL,
	to_address    text NOT NULL,
	inbound_count bigint NOT NULL,
	opened        boolean NOT NULL,
	kind          bigint NOT NULL, -- 0 none, 1 opt-out, 2 opt-in, 3 help, 4 ambiguous
	rule          text NOT NULL,
	purpose       text NOT NULL,
	confirms      bigint NOT NULL,
	state         text NOT NULL,
	state_at      timestamptz,
	due_at        timestamptz,
	attempts      bigint NOT NULL,
	attempted_at  timestamptz,
	code          text NOT NULL,
	reason        text NOT NULL,
	segments      bigint NOT NULL,
	created_at    timestamptz,
	version       bigint NOT NULL
);

CREATE UNIQUE INDEX messages_place ON @messages (conversation, seq);
CREATE UNIQUE INDEX messages_provider ON @messages (channel, provider_id) WHERE provider_id <> '';
CREATE UNIQUE INDEX messages_request ON @messages (account, request_key) WHERE request_key <> '';

CREATE TABLE @tasks (
	id           bigint PRIMARY KEY,
	account      text COLLATE "C" NOT NULL,
	conversation bigint NOT NULL,
	kind         text NOT NULL,
	message      bigint NOT NULL,
	due_at       timestamptz NOT NULL,
	not_before   timestamptz,
	attempts     bigint NOT NULL,
	error        text NOT NULL,
	set_aside    boolean NOT NULL
);

CREATE INDEX tasks_conversation ON @tasks (conversation);
CREATE INDEX tasks_due ON @tasks (due_at, id) WHERE NOT set_aside;
CREATE INDEX tasks_set_aside ON @tasks (account, id) WHERE set_aside;

CREATE TABLE @leases (
	conversation bigint PRIMARY KEY,
	owner        text NOT NULL,
	fence        bigint NOT NULL,
	until        timestamptz NOT NULL
);

CREATE TABLE @consent (
	id          bigint PRIMARY KEY,
	account     text COLLATE "C" NOT NULL,
	family      text COLLATE "C" NOT NULL,
	identity    text COLLATE "C" NOT NULL,
	kind        bigint NOT NULL, -- 1 opt-out, 2 opt-in
	source      text NOT NULL,
	occurred_at timestamptz,
	recorded_at timestamptz,
	text        text NOT NULL,
	rule        text NOT NULL,
	channel     text NOT NULL,
	message     text NOT NULL,
	actor       text NOT NULL,
	sent_at     timestamptz -- by the provider's clock
);

CREATE INDEX consent_key ON @consent (account, family, identity);

CREATE TABLE @events (
	cursor       bigint PRIMARY KEY,
	account      text COLLATE "C" NOT NULL,
	type         text NOT NULL,
	at           timestamptz,
	inbox        text NOT NULL,
	conversation bigint NOT NULL,
	message      bigint NOT NULL,
	actor_kind   text NOT NULL,
	actor_user   text NOT NULL,
	detail       jsonb
);

CREATE INDEX events_account ON @events (account, cursor);
CREATE INDEX events_conversation ON @events (conversation, cursor) WHERE conversation <> 0;

-- The last event of each account that was deleted.
CREATE TABLE @deleted_events (
	account text COLLATE "C" PRIMARY KEY,
	through bigint NOT NULL
);

CREATE TABLE @strays (
	id          bigint PRIMARY KEY,
	account     text COLLATE "C" NOT NULL,
	channel     text COLLATE "C" NOT NULL,
	provider_id text COLLATE "C" NOT NULL,
	resolved_at timestamptz,
	inbound     jsonb NOT NULL,
	reason      text NOT NULL,
	received_at timestamptz,
	resolved_by text NOT NULL,
	resolution  text NOT NULL,
	version     bigint NOT NULL
);

CREATE UNIQUE INDEX strays_provider ON @strays (channel, provider_id);
CREATE INDEX strays_waiting ON @strays (account, id) WHERE resolved_at IS NULL;

-- Up to which moment everything that came in on a channel is in the database.
CREATE TABLE @watermarks (
	id       text COLLATE "C" PRIMARY KEY,
	through  timestamptz,
	asked_at timestamptz,
	error    text NOT NULL,
	version  bigint NOT NULL
);
