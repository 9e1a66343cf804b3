-- Passkeys: whether a passkey can be backed up, and the challenges of ceremonies.

ALTER TABLE passkeys ADD COLUMN backup_eligible INTEGER NOT NULL DEFAULT 0; -- 1 if the authenticator can keep a backup of it

CREATE TABLE passkey_challenges (
  id          TEXT    NOT NULL PRIMARY KEY,       -- SHA-256 of the challenge
  purpose     TEXT    NOT NULL CHECK (purpose IN ('register', 'sign_in', 'confirm', 'add')), -- what it was issued for
  bound_to    TEXT,                               -- hash of the session, or of user id and e-mail; NULL for a sign-in
  user_handle TEXT,                               -- of the new passkey; NULL once the challenge is used
  expires_at  INTEGER NOT NULL,                   -- when it stops working
  used_by     TEXT    UNIQUE                      -- id of the request that used it: it works once
) STRICT, WITHOUT ROWID;
CREATE INDEX passkey_challenges_by_end ON passkey_challenges (expires_at);
