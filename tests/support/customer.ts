/** A customer of `examples/shop`, from joining to leaving, and what has to be true afterwards. */
import assert from "node:assert/strict";
import { compactVerify, createLocalJWKSet } from "jose";
import members from "../../examples/shop/members.ts";
import shop from "../../examples/shop/shop.tsx";
import type { Services } from "../../actions/services.ts";
import { Browser, dump, newMember, type Service, type Setup } from "./harness.ts";

/** What the stacks open. */
export const beside: NonNullable<Setup["beside"]> = {
  parts: members.parts,
  folder: "examples/shop",
  app(services: Services) {
    members.open(services);
    return shop;
  },
};

/** Sends a form, as the shop's pages do. */
export async function submit(browser: Browser, path: string, form: Record<string, string>) {
  return await browser.send("POST", path, new URLSearchParams(form).toString(), {
    "Content-Type": "application/x-www-form-urlencoded",
  });
}

/** Buys, reviews, and leaves something in the cart. */
export async function shopAround(customer: Browser, mark: string): Promise<void> {
  const steps: [string, Record<string, string>, string][] = [
    ["/cart", { product_id: "tea", quantity: "2" }, "/cart"],
    ["/orders", { address: `${mark} street` }, "/orders"],
    ["/cart", { product_id: "cup", quantity: "1" }, "/cart"],
    ["/cart", { product_id: "tray", quantity: "3" }, "/cart"],
    ["/products/tea/reviews", { stars: "5", body: "Good." }, "/products/tea"],
  ];
  for (const [path, form, next] of steps) {
    const answer = await submit(customer, path, form);
    assert.deepEqual([answer.status, answer.headers.get("Location")], [303, next], answer.text);
  }
}

const counts = (places: { what: string; count: number }[]) =>
  Object.fromEntries(places.map(({ what, count }) => [what, count]));

export async function customerLeaves(service: Service): Promise<void> {
  const customer = await newMember(service, "zzhaneul");
  const other = await newMember(service, "bystander");
  await shopAround(customer, "zzaddress");
  await shopAround(other, "elsewhere");
  const [row] = await service.sql("SELECT id FROM users WHERE name = 'zzhaneul'");

  const preview = (await customer.get("/withdrawal?lang=en")).json;
  const destroyed = counts(preview.destroy);
  assert.deepEqual([destroyed["Cart"], destroyed["Cart items"]], [1, 2]);
  assert.deepEqual(counts(preview.anonymise), { Reviews: 1 });
  assert.deepEqual(counts(preview.keep), { Orders: 1, "Order items": 1 });

  const { tables } = (await customer.get("/userinfo/export")).json;
  assert.equal(tables.orders[0].address, "zzaddress street");
  assert.equal(tables.order_items[0].title, "우전 녹차");
  assert.equal(tables.reviews[0].body, "Good.");
  assert.equal(tables.cart_items.length, 2);

  const [order] = await service.sql("SELECT paid_at FROM orders WHERE buyer_id = ?", [row!.id!]);
  const gone = await customer.send("DELETE", "/withdrawal?lang=en");
  assert.equal(gone.status, 200, gone.text);

  const visitor = new Browser(service);
  const receipt = (await visitor.get(`/receipts/${gone.json.receipt_id}?lang=en`)).json;
  assert.equal(counts(receipt.destroyed)["Cart items"], 2);
  const [kept] = receipt.kept;
  const end = new Date(Number(order!.paid_at));
  end.setUTCFullYear(end.getUTCFullYear() + 5);
  assert.match(kept.ground, /E-Commerce Act/);
  assert.equal(kept.until, end.toISOString());
  const keys = createLocalJWKSet((await visitor.get("/.well-known/jwks.json")).json);
  await compactVerify(gone.json.receipt, keys);

  const [retained] = await service.sql("SELECT row FROM retained WHERE source = 'orders'");
  assert.deepEqual(Object.keys(JSON.parse(String(retained!.row))).toSorted(), [
    "buyer_name",
    "id",
    "paid_at",
    "total",
  ]);
  const { reviews } = (await visitor.get("/products/tea")).json;
  assert.deepEqual(
    reviews.map((review: { author_name: string }) => review.author_name).toSorted(),
    ["bystander", "탈퇴한 회원"],
  );
  const everything = [...await dump(service)].flatMap(([table, rows]) =>
    rows.map((text) => `${table} ${text}`)
  );
  const traces = everything.filter((text) => /zzhaneul|zzaddress/.test(text));
  assert.deepEqual(
    traces.map((text) => text.split(" ")[0]),
    ["retained"],
    "the buyer's name alone",
  );
  const byId = everything.filter((text) => text.includes(String(row!.id)));
  assert.deepEqual(byId.map((text) => text.split(" ")[0]), ["erasures"], "the ledger alone");
  assert.equal((await other.get("/cart")).json.items.length, 2);
  assert.equal((await other.get("/orders")).json.orders.length, 1);
}
