CREATE TABLE reviews (
  id          TEXT    NOT NULL PRIMARY KEY,
  product_id  TEXT    NOT NULL REFERENCES products (id),
  author_id   TEXT    REFERENCES users (id),
  author_name TEXT    NOT NULL,
  stars       INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
  body        TEXT    NOT NULL,
  written_at  INTEGER NOT NULL                -- ms
) STRICT;
CREATE INDEX reviews_by_product ON reviews (product_id);
CREATE INDEX reviews_by_author ON reviews (author_id);
