-- One row: what the service notes for its jobs and its probes.
CREATE TABLE clock (
  id      INTEGER NOT NULL PRIMARY KEY CHECK (id = 1), -- always 1
  seen_at INTEGER,                                -- the newest instant that a job trusted
  probe   INTEGER NOT NULL DEFAULT 0              -- written and written back by /readyz
) STRICT;
INSERT INTO clock (id) VALUES (1);

-- SHA-256 of each migration as it ran: one that was edited later is found by it.
ALTER TABLE migrations ADD COLUMN checksum TEXT;
