-- Which schema this is: a transaction of the host's may be on another database.
CREATE TABLE @self (
	one boolean PRIMARY KEY CHECK (one),
	id  uuid NOT NULL
);

INSERT INTO @self VALUES (true, gen_random_uuid());

-- The events of transactions that are the host's, see Store.Within. The order of
-- an account's events is that of commits, and only the host knows when it
-- commits. So they wait here, unseen by anybody, and are added as the last thing
-- that the COMMIT does. The guards are those of the accounts' events: they are
-- held no longer than the COMMIT takes, however long the host's transaction was.
CREATE TABLE @host_events (
	n            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	guard        bigint NOT NULL,
	account      text NOT NULL,
	type         text NOT NULL,
	at           timestamptz,
	inbox        text NOT NULL,
	conversation bigint NOT NULL,
	message      bigint NOT NULL,
	actor_kind   text NOT NULL,
	actor_user   text NOT NULL,
	detail       jsonb
);

-- The first event of a transaction adds all of them, so that guards are taken in
-- one order. Nobody sees another's, and what is older than the first is not its
-- own.
CREATE FUNCTION @add_host_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM @host_events WHERE n = NEW.n) THEN
		RETURN NULL;
	END IF;
	PERFORM pg_catalog.pg_advisory_xact_lock(g.guard) FROM (SELECT DISTINCT guard FROM @host_events WHERE n >= NEW.n ORDER BY guard) AS g;
	WITH due AS (DELETE FROM @host_events WHERE n >= NEW.n RETURNING *)
	INSERT INTO @events (cursor, account, type, at, inbox, conversation, message, actor_kind, actor_user, detail)
	SELECT nextval('@cursors'), e.account, e.type, e.at, e.inbox, e.conversation, e.message, e.actor_kind, e.actor_user, e.detail
	FROM (SELECT * FROM due ORDER BY n) AS e;
	RETURN NULL;
END $$;

-- Source: PostgreSQL documentation, CREATE TRIGGER and SET CONSTRAINTS.
CREATE CONSTRAINT TRIGGER add_host_events AFTER INSERT ON @host_events
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION @add_host_events();

-- Whatever session_replication_role a host has.
ALTER TABLE @host_events ENABLE ALWAYS TRIGGER add_host_events;
