-- A withdrawal inside its grace period. A restored one stays, marked by the act that restored it.
CREATE TABLE withdrawals (
  id           TEXT    NOT NULL PRIMARY KEY,
  user_id      TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  receipt_id   TEXT    NOT NULL UNIQUE,
  requested_at INTEGER NOT NULL,
  erase_at     INTEGER NOT NULL,
  restored_at  INTEGER,
  restored_by  TEXT
) STRICT;
CREATE UNIQUE INDEX withdrawals_open ON withdrawals (user_id) WHERE restored_at IS NULL;
CREATE INDEX withdrawals_due ON withdrawals (erase_at) WHERE restored_at IS NULL;
CREATE INDEX withdrawals_by_user ON withdrawals (user_id);

-- The ledger: that somebody left, when, and what became of it. Whoever inserts the row has won.
CREATE TABLE erasures (
  id          TEXT    NOT NULL PRIMARY KEY,       -- the claim
  member_id   TEXT    NOT NULL UNIQUE,            -- of a row of users that is gone
  receipt_id  TEXT    NOT NULL UNIQUE,
  erased_at   INTEGER NOT NULL,
  data_map_id TEXT    NOT NULL,                   -- what the map said then
  backup_days REAL,
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
  erasure_id TEXT NOT NULL,
  place      TEXT NOT NULL,
  key        ANY  NOT NULL,
  PRIMARY KEY (erasure_id, place, key)
) STRICT, WITHOUT ROWID;

-- Rows kept apart from live data, each with its ground and its end.
CREATE TABLE retained (
  id         TEXT    NOT NULL PRIMARY KEY,
  receipt_id TEXT    NOT NULL,
  source     TEXT    NOT NULL,                    -- the table it came from
  ground     TEXT    NOT NULL,                    -- JSON: kind, ko, en
  purpose    TEXT    NOT NULL,                    -- JSON: ko, en
  starts_at  INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  row        TEXT    NOT NULL                     -- JSON: the columns that the map keeps
) STRICT;
CREATE INDEX retained_by_receipt ON retained (receipt_id);
CREATE INDEX retained_by_end ON retained (expires_at);

CREATE TABLE rejoin_blocks (
  identifier TEXT    NOT NULL PRIMARY KEY,        -- keyed hash
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX rejoin_blocks_by_end ON rejoin_blocks (expires_at);

-- Without a rowid, so that not even the order of rows says who chose what.
CREATE TABLE reasons (
  id     TEXT NOT NULL PRIMARY KEY,
  day    TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Events for recipients, written in the batch that makes them true.
CREATE TABLE deliveries (
  id         TEXT    NOT NULL PRIMARY KEY,        -- the webhook-id, the same at every try
  recipient  TEXT    NOT NULL,
  member_id  TEXT    NOT NULL,
  receipt_id TEXT    NOT NULL,
  type       TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  status     TEXT    NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'confirmed', 'refused', 'given_up')),
  settled_at INTEGER
) STRICT;
CREATE INDEX deliveries_by_receipt ON deliveries (receipt_id);
CREATE INDEX deliveries_waiting ON deliveries (created_at) WHERE status = 'waiting';
