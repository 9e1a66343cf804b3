CREATE TABLE products (
  id    TEXT    NOT NULL PRIMARY KEY,
  title TEXT    NOT NULL,
  price INTEGER NOT NULL                      -- won
) STRICT;
INSERT INTO products (id, title, price) VALUES
  ('tea', '우전 녹차', 18000), ('cup', '백자 찻잔', 24000), ('tray', '호두나무 쟁반', 39000);

CREATE TABLE carts (
  id        TEXT    NOT NULL PRIMARY KEY,
  user_id   TEXT    NOT NULL UNIQUE REFERENCES users (id),
  opened_at INTEGER NOT NULL                  -- ms
) STRICT;

CREATE TABLE cart_items (
  cart_id    TEXT    NOT NULL REFERENCES carts (id),
  product_id TEXT    NOT NULL REFERENCES products (id),
  quantity   INTEGER NOT NULL,
  PRIMARY KEY (cart_id, product_id)
) STRICT;

CREATE TABLE orders (
  id       TEXT    NOT NULL PRIMARY KEY,
  buyer_id TEXT    NOT NULL REFERENCES users (id),
  cart_id  TEXT    NOT NULL UNIQUE,           -- id of the cart, which the order deletes
  address  TEXT    NOT NULL,
  total    INTEGER NOT NULL,                  -- won
  paid_at  INTEGER NOT NULL                   -- ms
) STRICT;
CREATE INDEX orders_by_buyer ON orders (buyer_id);

CREATE TABLE order_items (
  id       TEXT    NOT NULL PRIMARY KEY,
  order_id TEXT    NOT NULL REFERENCES orders (id),
  title    TEXT    NOT NULL,                  -- of the product when it was sold
  price    INTEGER NOT NULL,
  quantity INTEGER NOT NULL,
  paid_at  INTEGER NOT NULL                   -- that of the order
) STRICT;
CREATE INDEX order_items_by_order ON order_items (order_id);
