-- What the gate decided last about a message.
ALTER TABLE @messages ADD COLUMN decision jsonb;
