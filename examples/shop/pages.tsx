/** @jsxImportSource hono/jsx */
import { html } from "hono/html";
import type { Child } from "hono/jsx";
import { type Language, products as texts, words } from "./words.ts";
import type { Product } from "./tables.ts";

/** What every page needs: the language, and the member's name if somebody is signed in. */
export interface Shown {
  language: Language;
  name: string | undefined;
  /** The paths of Annyeong's stylesheet and of the theme, so that all pages look the same. */
  stylesheets: readonly string[];
}

type Row = Record<string, unknown>;

function Page({ shown, title, children }: { shown: Shown; title: string; children?: Child }) {
  const { language, name, stylesheets } = shown;
  const t = words[language];
  return html`<!DOCTYPE html>${(
    <html lang={language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="description" content={t.description} />
        <title>{`${title} · ${t.shop}`}</title>
        {[...stylesheets, "/shop.css"].map((path) => <link rel="stylesheet" href={path} />)}
      </head>
      <body class="shop">
        <header>
          <a class="brand" href="/">{t.shop}</a>
          <nav>
            <a href="/cart">{t.cart}</a>
            <a href="/orders">{t.orders}</a>
            {name ? <a href="/userinfo">{t.account}</a> : <a href="/login">{t.signIn}</a>}
          </nav>
        </header>
        <main>{children}</main>
        <footer>
          <p>
            <a href="/policy">{t.policy}</a>
          </p>
          <p class="languages">
            <a href="?lang=ko" lang="ko">한국어</a>
            <a href="?lang=en" lang="en">English</a>
          </p>
        </footer>
      </body>
    </html>
  )}`;
}

function titleOf({ id, title }: Product, language: Language): string {
  return texts[id]?.[language].title ?? title;
}

function price(won: unknown, language: Language): string {
  const amount = Number(won).toLocaleString("ko-KR");
  return language === "ko" ? `${amount}원` : `₩${amount}`;
}

export function HomePage({ shown, products }: { shown: Shown; products: Product[] }) {
  const { language, name } = shown;
  const t = words[language];
  return (
    <Page shown={shown} title={t.lead}>
      <section class="hero">
        <div>
          <h1>{name ? t.welcome(name) : t.lead}</h1>
          <p>{t.description}</p>
        </div>
        <Picture id="hero" />
      </section>
      <ul class="shelf">
        {products.map((product) => (
          <li>
            <a href={`/products/${product.id}`}>
              <Picture id={product.id} />
              <strong>{titleOf(product, language)}</strong>
              <span>{price(product.price, language)}</span>
            </a>
          </li>
        ))}
      </ul>
    </Page>
  );
}

export function ProductPage({ shown, product }: {
  shown: Shown;
  product: Product & { reviews: Row[] };
}) {
  const { language, name } = shown;
  const { id, reviews } = product;
  const t = words[language];
  return (
    <Page shown={shown} title={titleOf(product, language)}>
      <section class="product">
        <Picture id={id} />
        <div>
          <h1>{titleOf(product, language)}</h1>
          <p class="price">{price(product.price, language)}</p>
          <p>{texts[id]?.[language].about}</p>
          <form method="post" action="/cart" class="line">
            <input type="hidden" name="product_id" value={id} />
            <label for="quantity">{t.quantity}</label>
            <input
              id="quantity"
              name="quantity"
              type="number"
              min="1"
              max="99"
              value="1"
              required
            />
            <button type="submit">{t.intoCart}</button>
          </form>
        </div>
      </section>
      <h2>{t.reviews}</h2>
      {reviews.length === 0 && <p>{t.noReviews}</p>}
      <ul class="rows">
        {reviews.map(({ author_name, stars, body }) => (
          <li class="row">
            <span class="label">{String(body)}</span>
            <span class="value">
              <span role="img" aria-label={t.stars(Number(stars))}>
                {"★".repeat(Number(stars))}
              </span>
              {` ${author_name}`}
            </span>
          </li>
        ))}
      </ul>
      {name && (
        <form method="post" action={`/products/${id}/reviews`}>
          <div class="field">
            <label for="stars">{t.rating}</label>
            <select id="stars" name="stars">
              {[5, 4, 3, 2, 1].map((stars) => <option value={stars}>{t.stars(stars)}</option>)}
            </select>
          </div>
          <div class="field">
            <label for="body">{t.review}</label>
            <input id="body" name="body" maxlength={1000} required />
          </div>
          <button type="submit" class="quiet">{t.sendReview}</button>
        </form>
      )}
    </Page>
  );
}

export function CartPage({ shown, items }: {
  shown: Shown;
  items: (Product & { quantity: number })[];
}) {
  const { language } = shown;
  const t = words[language];
  const total = items.reduce((sum, item) => sum + item.price * item.quantity, 0);
  return (
    <Page shown={shown} title={t.cart}>
      <h1>{t.cart}</h1>
      {items.length === 0
        ? (
          <>
            <p>{t.emptyCart}</p>
            <a class="button" href="/">{t.look}</a>
          </>
        )
        : (
          <>
            <ul class="rows">
              {items.map((item) => (
                <li class="row">
                  <span class="label">{`${titleOf(item, language)} × ${item.quantity}`}</span>
                  <span class="value">{price(item.price * item.quantity, language)}</span>
                </li>
              ))}
              <li class="row">
                <strong class="label">{t.total}</strong>
                <strong>{price(total, language)}</strong>
              </li>
            </ul>
            <form method="post" action="/orders">
              <div class="field">
                <label for="address">{t.address}</label>
                <input
                  id="address"
                  name="address"
                  maxlength={200}
                  autocomplete="street-address"
                  required
                />
              </div>
              <button type="submit">{t.pay(price(total, language))}</button>
            </form>
          </>
        )}
    </Page>
  );
}

export function OrdersPage({ shown, orders }: { shown: Shown; orders: Row[] }) {
  const { language } = shown;
  const t = words[language];
  const day = (ms: unknown) =>
    new Date(Number(ms)).toLocaleDateString(language === "ko" ? "ko-KR" : "en-GB", {
      dateStyle: "long",
    });
  return (
    <Page shown={shown} title={t.orders}>
      <h1>{t.orders}</h1>
      {orders.length === 0 && <p>{t.noOrders}</p>}
      <ul class="rows">
        {orders.map(({ paid_at, total }) => (
          <li class="row">
            <span class="label">{day(paid_at)}</span>
            <span class="value">{price(total, language)}</span>
          </li>
        ))}
      </ul>
    </Page>
  );
}

/** The shop's own drawings. */
function Picture({ id }: { id: string }) {
  return (
    <svg class="picture" viewBox="0 0 200 160" aria-hidden="true">
      <path class="table" d="M0 128h200v32H0z" />
      {drawings[id] ?? drawings.cup}
    </svg>
  );
}

const steam = <path class="steam" d="M88 40q-8-9 0-18t0-18M112 40q-8-9 0-18t0-18" />;
const cup = (
  <>
    {steam}
    <path class="porcelain" d="M60 56h80l-8 50q-2 14-16 14H84q-14 0-16-14z" />
    <path class="leaf" d="M66 64h68l-1 8H67z" />
  </>
);
const drawings: Record<string, Child> = {
  cup,
  hero: (
    <>
      {cup}
      <path class="porcelain" d="M48 122h104l-8 10H56z" />
      <path class="leaf" d="M164 128q-14-26 8-44 16 24-2 44z" />
    </>
  ),
  tea: (
    <>
      <path class="leaf" d="M64 44h72v84H64z" />
      <path class="lid" d="M60 30h80v16H60z" />
      <path class="porcelain" d="M78 66h44v38H78z" />
      <path class="leaf" d="M100 98q-14-10 0-26 14 16 0 26z" />
    </>
  ),
  tray: (
    <>
      <path class="wood" d="M18 104h164l-14 24H32z" />
      <path
        class="porcelain"
        d="M44 78h34l-4 22q-1 5-7 5H55q-6 0-7-5zM122 78h34l-4 22q-1 5-7 5h-12q-6 0-7-5z"
      />
    </>
  ),
};
