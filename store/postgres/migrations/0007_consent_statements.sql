-- What is known of consent that did not come in a message: how it reached the
-- company, where the proof is, why somebody recorded it, and by which request.
ALTER TABLE @consent
	ADD COLUMN via text NOT NULL DEFAULT '',
	ADD COLUMN evidence text NOT NULL DEFAULT '',
	ADD COLUMN reason text NOT NULL DEFAULT '',
	ADD COLUMN request text NOT NULL DEFAULT '';
