-- How entries about one key follow from each other. Those that are older have no
-- links. Digests are hexadecimal.
ALTER TABLE @consent
	ADD COLUMN seq bigint NOT NULL DEFAULT 0,
	ADD COLUMN previous text NOT NULL DEFAULT '',
	ADD COLUMN salt text NOT NULL DEFAULT '',
	ADD COLUMN personal text NOT NULL DEFAULT '',
	ADD COLUMN hash text NOT NULL DEFAULT '';

CREATE UNIQUE INDEX consent_place ON @consent (account, family, identity, seq) WHERE seq > 0;
