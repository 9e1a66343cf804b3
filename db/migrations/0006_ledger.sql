-- The ledger: every erasure has a place in one chain, which is exported, copied and replayed.
CREATE TABLE erasure_ledger (
  row INTEGER NOT NULL PRIMARY KEY CHECK (row = 1), -- there is one
  id  TEXT    NOT NULL                            -- random; in every line, so that ledgers cannot be mixed
) STRICT;
INSERT INTO erasure_ledger (row, id) VALUES (1, lower(hex(randomblob(16))));

CREATE TABLE erasure_ledger_lines (
  sequence   INTEGER NOT NULL PRIMARY KEY,        -- 1, 2, 3 and so on, without a gap
  receipt_id TEXT    NOT NULL UNIQUE,             -- of the erasure
  hash       TEXT                                 -- SHA-256 of the line, which holds the hash before it
) STRICT;
CREATE INDEX erasure_ledger_unsealed ON erasure_ledger_lines (sequence) WHERE hash IS NULL;

INSERT INTO erasure_ledger_lines (sequence, receipt_id)
SELECT row_number() OVER (ORDER BY erased_at, receipt_id), receipt_id FROM erasures;

-- A trigger, because a row comes from an erasure or from a replay.
CREATE TRIGGER erasures_into_ledger AFTER INSERT ON erasures BEGIN
  INSERT INTO erasure_ledger_lines (receipt_id) SELECT new.receipt_id
  WHERE NOT EXISTS (SELECT 1 FROM erasure_ledger_lines WHERE receipt_id = new.receipt_id);
END;

-- How far the copy at LEDGER_URL is.
CREATE TABLE erasure_ledger_copies (
  place        TEXT    NOT NULL PRIMARY KEY,      -- SHA-256 of LEDGER_URL, and of the host for a file
  sequence     INTEGER NOT NULL DEFAULT 0,        -- the last line that is there
  confirmed_at INTEGER,                           -- when it arrived
  lease        TEXT,                              -- id of the run that is sending
  leased_until INTEGER,                           -- when that run has lost it
  problem      TEXT                               -- what the last try met; NULL after a success
) STRICT;
