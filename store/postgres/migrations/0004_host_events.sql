-- The events of transactions that are the host's, see Store.Within. The order of
-- an account's events is that of commits, and only the host knows when it
-- commits. So they wait here, unseen by anybody, and are added as the last thing
-- that the COMMIT does. The guard is that of the account's events: it is held no
-- longer than the COMMIT takes, however long the host's transaction was.
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

CREATE FUNCTION @add_host_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_catalog.pg_advisory_xact_lock(NEW.guard);
	INSERT INTO @events (cursor, account, type, at, inbox, conversation, message, actor_kind, actor_user, detail)
	VALUES (nextval('@cursors'), NEW.account, NEW.type, NEW.at, NEW.inbox, NEW.conversation, NEW.message, NEW.actor_kind, NEW.actor_user, NEW.detail);
	DELETE FROM @host_events WHERE n = NEW.n;
	RETURN NULL;
END $$;

-- Source: PostgreSQL documentation, CREATE TRIGGER and SET CONSTRAINTS.
CREATE CONSTRAINT TRIGGER add_host_event AFTER INSERT ON @host_events
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION @add_host_event();
