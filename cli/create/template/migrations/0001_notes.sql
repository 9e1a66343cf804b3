CREATE TABLE notes (
  id         TEXT NOT NULL PRIMARY KEY,
  user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  text       TEXT NOT NULL,
  written_at INTEGER NOT NULL -- ms
) STRICT;

CREATE INDEX notes_by_user ON notes (user_id);
