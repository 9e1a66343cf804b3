-- Sign-in with a provider, and the end of the grant there.

-- Answers of providers that were used: each works once.
CREATE TABLE provider_answers (
  state_hash TEXT    NOT NULL PRIMARY KEY,        -- SHA-256 of the state that the answer repeated
  used_by    TEXT    NOT NULL UNIQUE,             -- id of the request that used it
  expires_at INTEGER NOT NULL                     -- when the state stops working by itself
) STRICT, WITHOUT ROWID;
CREATE INDEX provider_answers_by_end ON provider_answers (expires_at);

-- A new authentication at a provider, in a session. It is a proof for a short time.
CREATE TABLE confirmations (
  id           TEXT    NOT NULL PRIMARY KEY,      -- random
  user_id      TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  session_id   TEXT    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  identity_id  TEXT    NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
  confirmed_at INTEGER NOT NULL,                  -- when
  expires_at   INTEGER NOT NULL,                  -- when it stops counting and is deleted
  sealed       TEXT                               -- the tokens that can end the grant, encrypted
) STRICT;
CREATE INDEX confirmations_by_user ON confirmations (user_id);
CREATE INDEX confirmations_by_session ON confirmations (session_id);
CREATE INDEX confirmations_by_identity ON confirmations (identity_id);
CREATE INDEX confirmations_by_end ON confirmations (expires_at);
