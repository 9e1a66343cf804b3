-- A member proves who they are with a password, a passkey, an identity at a provider, or a link.
-- `users` holds no secret.

CREATE TABLE passwords (
  user_id    TEXT    NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  hash       TEXT    NOT NULL,                    -- PHC string
  changed_at INTEGER NOT NULL                     -- when it was last set
) STRICT, WITHOUT ROWID;
INSERT INTO passwords (user_id, hash, changed_at) SELECT id, password_hash, joined_at FROM users;
ALTER TABLE users DROP COLUMN password_hash;

CREATE TABLE passkeys (
  id            TEXT    NOT NULL PRIMARY KEY,     -- random; shown to the member
  user_id       TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  user_handle   TEXT    NOT NULL,                 -- the authenticator's id of the member; random
  credential_id TEXT    NOT NULL UNIQUE,          -- base64url, chosen by the authenticator
  public_key    BLOB    NOT NULL,                 -- COSE
  counter       INTEGER NOT NULL,                 -- signature counter at the last use
  transports    TEXT    NOT NULL,                 -- JSON list
  aaguid        TEXT    NOT NULL,                 -- model of the authenticator
  backed_up     INTEGER NOT NULL,                 -- 1 if the authenticator keeps a backup of it
  name          TEXT    NOT NULL,                 -- the member's name for the passkey
  created_at    INTEGER NOT NULL,                 -- when it was added
  last_used_at  INTEGER                           -- when it was last used
) STRICT;
CREATE INDEX passkeys_by_user ON passkeys (user_id);

CREATE TABLE identities (
  id        TEXT    NOT NULL PRIMARY KEY,         -- random
  issuer    TEXT    NOT NULL,                     -- of the provider
  subject   TEXT    NOT NULL,                     -- the member's id at the provider
  user_id   TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  provider  TEXT    NOT NULL,                     -- the operator's name for the provider
  linked_at INTEGER NOT NULL,                     -- when the member linked it
  UNIQUE (issuer, subject)
) STRICT;
CREATE INDEX identities_by_user ON identities (user_id);

-- One-time links to a member. Each has one purpose, and only the hash of its token is stored.
CREATE TABLE links (
  id         TEXT    NOT NULL PRIMARY KEY,        -- random
  purpose    TEXT    NOT NULL CHECK (purpose IN ('recovery', 'verification', 'email', 'email_undo')), -- what it is for
  user_id    TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash TEXT    NOT NULL UNIQUE,             -- SHA-256 of the token in the link
  created_at INTEGER NOT NULL,                    -- when it was made
  expires_at INTEGER NOT NULL,                    -- when it stops working
  used_by    TEXT    UNIQUE                       -- id of the request that used it
) STRICT;
CREATE INDEX links_by_user ON links (user_id);
CREATE INDEX links_by_end ON links (expires_at);
INSERT INTO links (id, purpose, user_id, token_hash, created_at, expires_at, used_by)
SELECT id, 'recovery', user_id, token_hash, created_at, expires_at, used_by FROM recoveries;
DROP TABLE recoveries;

-- Events to deliver to recipients, members and providers. The batch that causes an event inserts its row.
CREATE TABLE outbox (
  position     INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, -- the order of the events
  id           TEXT    NOT NULL UNIQUE,           -- the same in every attempt
  channel      TEXT    NOT NULL CHECK (channel IN ('webhook', 'mail', 'grant')), -- how it is delivered
  recipient    TEXT    NOT NULL,                  -- name of the recipient
  member_id    TEXT    NOT NULL,                  -- opaque
  receipt_id   TEXT,                              -- of the withdrawal, if there is one
  type         TEXT    NOT NULL,                  -- such as member.withdrawn
  sealed       TEXT,                              -- personal data, encrypted; NULL once the row is settled
  created_at   INTEGER NOT NULL,                  -- when the event occurred
  status       TEXT    NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'confirmed', 'refused', 'given_up')), -- waiting, confirmed, refused or given_up
  settled_at   INTEGER,                           -- when it was confirmed, refused or given up
  tries        INTEGER NOT NULL DEFAULT 0,        -- how often it was sent
  next_at      INTEGER NOT NULL,                  -- when it is sent next
  retry_until  INTEGER NOT NULL,                  -- when it is given up
  lease        TEXT,                              -- id of the run that is sending it
  leased_until INTEGER,                           -- when the lease ends
  problem      TEXT,                              -- why the last attempt failed: a status, or a word
  CONSTRAINT nothing_personal_stays CHECK (status = 'waiting' OR sealed IS NULL)
) STRICT;
INSERT INTO outbox (position, id, channel, recipient, member_id, receipt_id, type, created_at, status,
  settled_at, tries, next_at, retry_until, lease, leased_until, problem)
SELECT position, id, 'webhook', recipient, member_id, receipt_id, type, created_at, status,
  settled_at, tries, next_at, retry_until, lease, leased_until, problem FROM deliveries;
DROP TABLE deliveries;
CREATE INDEX outbox_by_receipt ON outbox (receipt_id);
CREATE INDEX outbox_by_lease ON outbox (lease) WHERE lease IS NOT NULL;
CREATE INDEX outbox_due ON outbox (channel, recipient, next_at) WHERE status = 'waiting';
CREATE INDEX outbox_overdue ON outbox (next_at) WHERE status = 'waiting';
CREATE INDEX outbox_in_order ON outbox (channel, recipient, member_id, position) WHERE status = 'waiting';
CREATE INDEX outbox_settled ON outbox (settled_at) WHERE settled_at IS NOT NULL;
