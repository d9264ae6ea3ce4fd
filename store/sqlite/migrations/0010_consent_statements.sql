-- What is known of consent that did not come in a message: how it reached the
-- company, where the proof is, why somebody recorded it, and by which request.
ALTER TABLE consent ADD COLUMN via TEXT NOT NULL DEFAULT '';
ALTER TABLE consent ADD COLUMN evidence TEXT NOT NULL DEFAULT '';
ALTER TABLE consent ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE consent ADD COLUMN request TEXT NOT NULL DEFAULT '';
