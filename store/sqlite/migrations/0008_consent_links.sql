-- How entries about one key follow from each other. Those that are older have no
-- links. Digests are hexadecimal.
ALTER TABLE consent ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE consent ADD COLUMN previous TEXT NOT NULL DEFAULT '';
ALTER TABLE consent ADD COLUMN salt TEXT NOT NULL DEFAULT '';
ALTER TABLE consent ADD COLUMN personal TEXT NOT NULL DEFAULT '';
ALTER TABLE consent ADD COLUMN hash TEXT NOT NULL DEFAULT '';

CREATE UNIQUE INDEX consent_place ON consent (account, family, identity, seq) WHERE seq > 0;
