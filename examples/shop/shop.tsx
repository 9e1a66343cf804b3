import { zValidator } from "@hono/zod-validator";
import { type Context, Hono } from "hono";
import { accepts } from "hono/accepts";
import { HTTPException } from "hono/http-exception";
import * as z from "zod";
import { language, limitBody, securityHeaders } from "../../mod.ts";
import members from "./members.ts";
import { CartPage, HomePage, OrdersPage, ProductPage, type Shown } from "./pages.tsx";
import style from "./shop.css" with { type: "text" };
import {
  addReview,
  findProduct,
  listCart,
  listOrders,
  listProducts,
  order,
  putIntoCart,
} from "./tables.ts";

const text = (max: number) => z.string().trim().min(1).max(max);
const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

const toCart = z.object({ product_id: text(40), quantity: whole(0, 99) });
const toOrder = z.object({ address: text(200) });
const toReview = z.object({ stars: whole(1, 5), body: text(1000) });

/** What every page needs of a request. */
function shownTo(c: Context, name: string | undefined): Shown {
  const language = c.get("language") as Shown["language"];
  return { language, name, stylesheets: members.stylesheets };
}

function wantsPage(c: Context): boolean {
  const supports = ["application/json", "text/html"];
  return accepts(c, { header: "Accept", supports, default: "application/json" }) === "text/html";
}

export default new Hono()
  .use(securityHeaders, limitBody, language)
  .get("/shop.css", (c) => c.body(style, 200, { "Content-Type": "text/css; charset=utf-8" }))
  .get("/", async (c) => {
    const [products, member] = await Promise.all([listProducts(), members.member(c)]);
    if (wantsPage(c)) {
      return c.html(<HomePage shown={shownTo(c, member?.name)} products={products} />);
    }
    return c.json({ products, member: member && { user_id: member.name } });
  })
  .get("/products/:id", async (c) => {
    const [product, member] = await Promise.all([
      findProduct(c.req.param("id")),
      members.member(c),
    ]);
    if (!product) throw new HTTPException(404);
    if (!wantsPage(c)) return c.json(product);
    return c.html(<ProductPage shown={shownTo(c, member?.name)} product={product} />);
  })
  .post(
    "/products/:id/reviews",
    members.requireMember,
    zValidator("form", toReview),
    async (c) => {
      const id = c.req.param("id");
      if (!await addReview(c.var.member, id, c.req.valid("form"))) throw new HTTPException(404);
      return c.redirect(`/products/${id}`, 303);
    },
  )
  .get("/cart", members.requireMember, async (c) => {
    const items = await listCart(c.var.member);
    if (!wantsPage(c)) return c.json({ items });
    return c.html(<CartPage shown={shownTo(c, c.var.member.name)} items={items} />);
  })
  .post("/cart", members.requireMember, zValidator("form", toCart), async (c) => {
    const { product_id, quantity } = c.req.valid("form");
    await putIntoCart(c.var.member, product_id, quantity);
    return c.redirect("/cart", 303);
  })
  .get("/orders", members.requireMember, async (c) => {
    const orders = await listOrders(c.var.member);
    if (!wantsPage(c)) return c.json({ orders });
    return c.html(<OrdersPage shown={shownTo(c, c.var.member.name)} orders={orders} />);
  })
  .post("/orders", members.requireMember, zValidator("form", toOrder), async (c) => {
    const id = await order(c.var.member, c.req.valid("form").address);
    return c.redirect(id ? "/orders" : "/cart", 303);
  })
  .route("/", members.app) // all other paths, and the answer to unknown ones
  .onError(members.onError);
