-- A way back in for a member who has proved by other means who they are.
CREATE TABLE recoveries (
  id         TEXT    NOT NULL PRIMARY KEY,        -- random
  user_id    TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash TEXT    NOT NULL UNIQUE,             -- SHA-256 of the token in the link
  created_at INTEGER NOT NULL,                    -- when the operator made it
  expires_at INTEGER NOT NULL,                    -- half an hour later
  used_by    TEXT    UNIQUE                       -- id of the act that used it: it works once
) STRICT;
CREATE INDEX recoveries_by_user ON recoveries (user_id);
CREATE INDEX recoveries_by_end ON recoveries (expires_at);

-- What operators did: by opaque id, without the person's data. It outlives the member.
CREATE TABLE audit (
  id        TEXT    NOT NULL PRIMARY KEY,         -- random
  acted_at  INTEGER NOT NULL,                     -- when
  operator  TEXT    NOT NULL,                     -- who, as they gave it
  host      TEXT    NOT NULL,                     -- from where
  act       TEXT    NOT NULL,                     -- the command
  member_id TEXT,                                 -- opaque
  why       TEXT    NOT NULL                      -- the reason they gave
) STRICT;
CREATE INDEX audit_by_time ON audit (acted_at);
CREATE INDEX audit_by_member ON audit (member_id);
