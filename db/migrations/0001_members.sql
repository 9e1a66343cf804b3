-- Times are milliseconds since the epoch, UTC. Ids are random and never used again.

CREATE TABLE users (
  id            TEXT    NOT NULL PRIMARY KEY,     -- random, opaque
  name          TEXT    NOT NULL,                 -- the login name, as typed
  name_key      TEXT    NOT NULL UNIQUE,          -- folded: what makes a name taken
  email         TEXT    NOT NULL,                 -- as typed
  email_key     TEXT    NOT NULL UNIQUE,          -- folded: what makes an e-mail taken
  password_hash TEXT    NOT NULL,                 -- PHC string
  rank          TEXT    NOT NULL DEFAULT 'member', -- set by the operator
  joined_at     INTEGER NOT NULL                  -- when they joined
) STRICT;

CREATE TABLE sessions (
  id               TEXT    NOT NULL PRIMARY KEY,  -- shown to the member; opens nothing
  user_id          TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  secret_hash      TEXT    NOT NULL UNIQUE,       -- SHA-256 of the secret in the cookie
  created_at       INTEGER NOT NULL,              -- when it was opened
  authenticated_at INTEGER NOT NULL,              -- last sign-in or password change
  expires_at       INTEGER NOT NULL,              -- the absolute end
  user_agent       TEXT    NOT NULL,              -- to tell devices apart
  ended_by         TEXT    UNIQUE                 -- id of the act that ended it; it is swept soon
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE sign_ins (
  id           TEXT    NOT NULL PRIMARY KEY,      -- that of the session
  user_id      TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  account      TEXT    NOT NULL,                  -- keyed hash of the login name
  client       TEXT    NOT NULL,                  -- keyed hash of the client's network
  signed_in_at INTEGER NOT NULL,                  -- when
  user_agent   TEXT    NOT NULL                   -- to tell devices apart
) STRICT;
CREATE INDEX sign_ins_by_user ON sign_ins (user_id);
CREATE INDEX sign_ins_by_account ON sign_ins (account, client);
CREATE INDEX sign_ins_by_time ON sign_ins (signed_in_at);

CREATE TABLE attempts (
  id         TEXT    NOT NULL,                    -- one id for each request
  subject    TEXT    NOT NULL,                    -- what is limited, as a keyed hash
  tried_at   INTEGER NOT NULL,                    -- when
  expires_at INTEGER NOT NULL,                    -- when it stops to count
  PRIMARY KEY (subject, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempts_by_end ON attempts (expires_at);
