-- When a message was last handed to its channel, for asking the provider what
-- became of it. Of what is on its way the state says when that was.
ALTER TABLE messages ADD COLUMN attempted_at INTEGER;
UPDATE messages SET attempted_at = state_at WHERE state IN ('attempting', 'unconfirmed');
