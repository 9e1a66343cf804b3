-- What each try of a delivery met: so that an operator can see why a recipient does not confirm.
CREATE TABLE delivery_tries (
  delivery_id TEXT    NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
  number      INTEGER NOT NULL,                   -- 1 is the first try
  tried_at    INTEGER NOT NULL,                   -- when it was sent
  status      INTEGER,                            -- HTTP status, where there was an answer
  cause       TEXT,                               -- why there was none: unknown CA, timeout and the like
  ms          INTEGER NOT NULL,                   -- how long it took
  PRIMARY KEY (delivery_id, number)
) STRICT, WITHOUT ROWID;

-- Recipients whose last answer did not settle an event. The row goes when one does.
CREATE TABLE failing_recipients (
  recipient TEXT    NOT NULL PRIMARY KEY,         -- its name
  since     INTEGER NOT NULL,                     -- when the first of these tries was sent
  problem   TEXT    NOT NULL,                     -- what the last try met
  warned_by TEXT                                  -- id of the run that wrote the warning: there is one
) STRICT, WITHOUT ROWID;

-- What recipients are owed, counted without reading what they have confirmed.
CREATE INDEX outbox_unconfirmed ON outbox (recipient, status, created_at) WHERE status <> 'confirmed';
