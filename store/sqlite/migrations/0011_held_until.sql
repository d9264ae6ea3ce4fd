-- When a message that holds is an opt-out unless a person has decided.
ALTER TABLE consent ADD COLUMN held_until INTEGER;
