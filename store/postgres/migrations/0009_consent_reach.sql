-- What a word about consent is about, how strong an opt-in is as a consent to what
-- sells, and what the contact was told.
ALTER TABLE @consent
	ADD COLUMN purpose text NOT NULL DEFAULT '',
	ADD COLUMN programme text NOT NULL DEFAULT '',
	ADD COLUMN strength text NOT NULL DEFAULT '',
	ADD COLUMN disclosure text NOT NULL DEFAULT '';
