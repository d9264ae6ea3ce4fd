-- When a contact wrote what changed their consent, by the provider's clock: an
-- opt-in that was written before an opt-out does not undo it.
ALTER TABLE consent ADD COLUMN sent_at INTEGER;
UPDATE consent SET sent_at = (
	SELECT CAST(round(unixepoch(json_extract(m.extras, '$.sent_at'), 'subsec') * 1000000) AS INTEGER)
	FROM messages m WHERE m.id = CAST(consent.message AS INTEGER) AND typeof(m.extras) = 'text'
) WHERE source = 'contact' AND message <> '';
