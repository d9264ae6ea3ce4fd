-- Until when an attempt that was cut off may still be under way, by the clock
-- that measures leases.
ALTER TABLE tasks ADD COLUMN not_before INTEGER;
