-- When a message was last handed to its channel, for asking the provider what
-- became of it.
ALTER TABLE messages ADD COLUMN attempted_at INTEGER;
