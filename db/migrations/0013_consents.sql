-- What members agree to, and when a session was used last.

CREATE TABLE consents (
  id         TEXT    NOT NULL PRIMARY KEY,       -- random
  user_id    TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name       TEXT    NOT NULL,                   -- as in CONSENTS
  version    TEXT    NOT NULL,                   -- of the text that was agreed to
  agreed_at  INTEGER NOT NULL,                   -- when
  revoked_at INTEGER                             -- when the member revoked it; NULL: it holds
) STRICT;
CREATE INDEX consents_by_user ON consents (user_id);
CREATE UNIQUE INDEX consents_in_force ON consents (user_id, name, version) WHERE revoked_at IS NULL;

ALTER TABLE sessions ADD COLUMN last_used_at INTEGER; -- to the hour; NULL: not since it was opened
