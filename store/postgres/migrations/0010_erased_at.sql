-- When the text of a message, and whatever else in it is personal, was erased.
ALTER TABLE @messages ADD COLUMN erased_at timestamptz;
