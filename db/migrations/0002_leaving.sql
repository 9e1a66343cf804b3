-- A withdrawal inside its grace period. A restored one stays, marked by the act that restored it.
CREATE TABLE withdrawals (
  id           TEXT    NOT NULL PRIMARY KEY,
  user_id      TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  receipt_id   TEXT    NOT NULL UNIQUE,           -- the number given to the member at once
  requested_at INTEGER NOT NULL,                  -- when it was asked for
  erase_at     INTEGER NOT NULL,                  -- the deadline
  restored_at  INTEGER,                           -- when it was taken back
  restored_by  TEXT                               -- id of the act that took it back
) STRICT;
CREATE UNIQUE INDEX withdrawals_open ON withdrawals (user_id) WHERE restored_at IS NULL;
CREATE INDEX withdrawals_due ON withdrawals (erase_at, id) WHERE restored_at IS NULL;
CREATE INDEX withdrawals_by_user ON withdrawals (user_id);
CREATE INDEX withdrawals_by_act ON withdrawals (restored_by) WHERE restored_by IS NOT NULL;

-- The ledger: that somebody left, when, and what became of it. Whoever inserts the row has won.
CREATE TABLE erasures (
  id          TEXT    NOT NULL PRIMARY KEY,       -- the claim
  member_id   TEXT    NOT NULL UNIQUE,            -- of a row of users that is gone
  receipt_id  TEXT    NOT NULL UNIQUE,            -- the number on the receipt
  erased_at   INTEGER NOT NULL,                   -- when
  data_map_id TEXT    NOT NULL,                   -- what the map said then
  backup_days REAL,                               -- how long backups keep a copy
  recipients  TEXT    NOT NULL,                   -- JSON: names and kinds
  counts      TEXT,                               -- JSON: place -> [gone, kept, kept until]
  remaining   INTEGER NOT NULL DEFAULT 0,         -- counted inside the transaction
  CONSTRAINT nothing_left CHECK (remaining = 0)
) STRICT;
CREATE INDEX erasures_by_time ON erasures (erased_at);

CREATE TABLE data_maps (
  id          TEXT NOT NULL PRIMARY KEY,          -- SHA-256 of the description
  description TEXT NOT NULL                       -- JSON: labels, grounds and purposes
) STRICT;

-- Keys of parents, noted before they change, by which their children are found and read back.
CREATE TABLE erasure_keys (
  erasure_id TEXT NOT NULL,                       -- the claim
  place      TEXT NOT NULL,                       -- table and column of the parent
  key        ANY  NOT NULL,                       -- its value
  PRIMARY KEY (erasure_id, place, key)
) STRICT, WITHOUT ROWID;

-- Rows kept apart from live data, each with its ground and its end.
CREATE TABLE retained (
  id         TEXT    NOT NULL PRIMARY KEY,
  receipt_id TEXT    NOT NULL,                    -- of the erasure that kept it
  source     TEXT    NOT NULL,                    -- the table it came from
  ground     TEXT    NOT NULL,                    -- JSON: kind, ko, en
  purpose    TEXT    NOT NULL,                    -- JSON: ko, en
  starts_at  INTEGER NOT NULL,                    -- when its period began
  expires_at INTEGER NOT NULL,                    -- when it is destroyed
  row        TEXT    NOT NULL                     -- JSON: the columns that the map keeps
) STRICT;
CREATE INDEX retained_by_receipt ON retained (receipt_id);
CREATE INDEX retained_by_end ON retained (expires_at);

CREATE TABLE rejoin_blocks (
  identifier TEXT    NOT NULL PRIMARY KEY,        -- keyed hash
  expires_at INTEGER NOT NULL                     -- until when
) STRICT, WITHOUT ROWID;
CREATE INDEX rejoin_blocks_by_end ON rejoin_blocks (expires_at);

-- Without a rowid, so that not even the order of rows says who chose what.
CREATE TABLE reasons (
  id     TEXT NOT NULL PRIMARY KEY,               -- random
  day    TEXT NOT NULL,                           -- UTC
  reason TEXT NOT NULL                            -- one of a list
) STRICT, WITHOUT ROWID;

-- Events for recipients, written in the batch that makes them true.
CREATE TABLE deliveries (
  position     INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, -- the order in which events came true
  id           TEXT    NOT NULL UNIQUE,           -- the webhook-id, the same at every try
  recipient    TEXT    NOT NULL,                  -- its name
  member_id    TEXT    NOT NULL,                  -- opaque; the recipient knows it
  receipt_id   TEXT    NOT NULL,                  -- of the withdrawal
  type         TEXT    NOT NULL,                  -- member.withdrawn and the like
  created_at   INTEGER NOT NULL,                  -- when it came true
  status       TEXT    NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'confirmed', 'refused', 'given_up')), -- waiting, confirmed, refused or given_up
  settled_at   INTEGER,                           -- when it was confirmed, refused or given up
  tries        INTEGER NOT NULL DEFAULT 0,        -- how often it was sent
  next_at      INTEGER NOT NULL,                  -- when it is sent next
  retry_until  INTEGER NOT NULL,                  -- when it is given up
  lease        TEXT,                              -- id of the run that is sending it
  leased_until INTEGER,                           -- when that run has lost it
  problem      TEXT                               -- what the last try met: a status, or a word
) STRICT;
CREATE INDEX deliveries_by_receipt ON deliveries (receipt_id);
CREATE INDEX deliveries_by_lease ON deliveries (lease) WHERE lease IS NOT NULL;
CREATE INDEX deliveries_due ON deliveries (recipient, next_at) WHERE status = 'waiting';
CREATE INDEX deliveries_overdue ON deliveries (next_at) WHERE status = 'waiting';
CREATE INDEX deliveries_in_order ON deliveries (recipient, member_id, position) WHERE status = 'waiting';
CREATE INDEX deliveries_settled ON deliveries (settled_at) WHERE settled_at IS NOT NULL;
