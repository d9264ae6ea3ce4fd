-- What the gate decided last about a message, in JSON.
ALTER TABLE messages ADD COLUMN decision ANY;
