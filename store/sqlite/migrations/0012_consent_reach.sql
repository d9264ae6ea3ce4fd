-- What a word about consent is about, how strong an opt-in is as a consent to what
-- sells, and what the contact was told.
ALTER TABLE consent ADD COLUMN purpose TEXT NOT NULL DEFAULT '';
ALTER TABLE consent ADD COLUMN programme TEXT NOT NULL DEFAULT '';
ALTER TABLE consent ADD COLUMN strength TEXT NOT NULL DEFAULT '';
ALTER TABLE consent ADD COLUMN disclosure TEXT NOT NULL DEFAULT '';
