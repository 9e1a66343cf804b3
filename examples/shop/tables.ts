/** The queries of the shop. All writing batches may arrive twice. */
import members from "./members.ts";

/** A customer. Rows are inserted by a SELECT from `users`, because the customer may have left already. */
interface Customer {
  id: string;
}

/** A product. `price` in won. */
export interface Product {
  id: string;
  title: string;
  price: number;
}

/** Lists all products by title. */
export async function listProducts(): Promise<Product[]> {
  const [products] = await members.db.read([
    "SELECT id, title, price FROM products ORDER BY title",
  ]);
  return products!.rows as unknown as Product[];
}

/** Finds a product and its 50 newest reviews. Returns `null` if it does not exist. */
export async function findProduct(id: string) {
  const [products, reviews] = await members.db.read([
    { sql: "SELECT id, title, price FROM products WHERE id = ?", args: [id] },
    {
      sql: `
        SELECT author_name, stars, body FROM reviews
        WHERE product_id = ? ORDER BY written_at DESC LIMIT 50`,
      args: [id],
    },
  ]);
  const product = products!.rows[0] as unknown as Product | undefined;
  return product ? { ...product, reviews: reviews!.rows } : null;
}

/** Adds a review. Returns false if the product does not exist. */
export async function addReview(
  customer: Customer,
  product: string,
  review: { stars: number; body: string },
) {
  const id = crypto.randomUUID();
  const [, added] = await members.db.write([
    {
      sql: `
        INSERT INTO reviews (id, product_id, author_id, author_name, stars, body, written_at)
        SELECT ?, products.id, users.id, users.name, ?, ?, ?
        FROM products JOIN users ON users.id = ? WHERE products.id = ?
        ON CONFLICT DO NOTHING`,
      args: [id, review.stars, review.body, Date.now(), customer.id, product],
    },
    { sql: "SELECT id FROM reviews WHERE id = ?", args: [id] },
  ]);
  return added!.rows.length === 1;
}

/** Lists the products in a cart by title. */
export async function listCart(customer: Customer) {
  const [items] = await members.db.read([{
    sql: `
      SELECT products.id, products.title, products.price, cart_items.quantity
      FROM carts
      JOIN cart_items ON cart_items.cart_id = carts.id
      JOIN products ON products.id = cart_items.product_id
      WHERE carts.user_id = ? ORDER BY products.title`,
    args: [customer.id],
  }]);
  return items!.rows as unknown as (Product & { quantity: number })[];
}

/** Sets the quantity of a product in the cart. 0 removes the product. */
export async function putIntoCart(
  customer: Customer,
  product: string,
  quantity: number,
): Promise<void> {
  await members.db.write([
    {
      sql: `
        INSERT INTO carts (id, user_id, opened_at)
        SELECT ?, users.id, ? FROM users WHERE users.id = ?
        ON CONFLICT DO NOTHING`,
      args: [crypto.randomUUID(), Date.now(), customer.id],
    },
    {
      sql: `
        INSERT INTO cart_items (cart_id, product_id, quantity)
        SELECT carts.id, products.id, ? FROM carts JOIN products ON products.id = ?
        WHERE carts.user_id = ?
        ON CONFLICT DO UPDATE SET quantity = excluded.quantity`,
      args: [quantity, product, customer.id],
    },
    "DELETE FROM cart_items WHERE quantity = 0",
  ]);
}

/** Lists the customer's orders, the newest first. `total` in won, `paid_at` in ms. */
export async function listOrders(customer: Customer) {
  const [orders] = await members.db.read([{
    sql: "SELECT id, total, paid_at FROM orders WHERE buyer_id = ? ORDER BY paid_at DESC",
    args: [customer.id],
  }]);
  return orders!.rows;
}

/**
 * Turns the cart into a paid order, in one batch. The order stores the id of the cart, so the batch orders
 * no other cart if it arrives twice. Returns the order's id, or `null` if the cart is empty.
 */
export async function order(customer: Customer, address: string): Promise<string | null> {
  const id = crypto.randomUUID();
  const taken = "(SELECT cart_id FROM orders WHERE id = :id)";
  const results = await members.db.write([
    {
      sql: `
        INSERT INTO orders (id, buyer_id, cart_id, address, total, paid_at)
        SELECT :id, carts.user_id, carts.id, :address, sum(products.price * cart_items.quantity), :now
        FROM carts
        JOIN cart_items ON cart_items.cart_id = carts.id
        JOIN products ON products.id = cart_items.product_id
        WHERE carts.user_id = :customer GROUP BY carts.id
        ON CONFLICT DO NOTHING`,
      args: { id, customer: customer.id, address, now: Date.now() },
    },
    {
      sql: `
        INSERT INTO order_items (id, order_id, title, price, quantity, paid_at)
        SELECT orders.id || '/' || products.id, orders.id, products.title, products.price,
          cart_items.quantity, orders.paid_at
        FROM orders
        JOIN cart_items ON cart_items.cart_id = orders.cart_id
        JOIN products ON products.id = cart_items.product_id
        WHERE orders.id = :id
        ON CONFLICT DO NOTHING`,
      args: { id },
    },
    { sql: `DELETE FROM cart_items WHERE cart_id = ${taken}`, args: { id } },
    { sql: `DELETE FROM carts WHERE id = ${taken}`, args: { id } },
    { sql: "SELECT id FROM orders WHERE id = :id", args: { id } },
  ]);
  const placed = results.at(-1)!;
  return placed.rows.length === 1 ? id : null;
}
