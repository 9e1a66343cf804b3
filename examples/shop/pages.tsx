/** @jsxImportSource hono/jsx */
import { html } from "hono/html";
import type { Child } from "hono/jsx";
import type { Product } from "./tables.ts";

const won = (price: unknown) => `${Number(price).toLocaleString("ko-KR")}원`;

function Page({ title, children }: { title: string; children?: Child }) {
  return html`<!DOCTYPE html>${(
    <html lang="ko">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · 하루다방`}</title>
        <link rel="stylesheet" href="/shop.css" />
      </head>
      <body>
        <nav>
          <a href="/">하루다방</a> <a href="/cart">장바구니</a> <a href="/orders">주문</a>{" "}
          <a href="/userinfo">내 정보</a>
        </nav>
        <h1>{title}</h1>
        {children}
      </body>
    </html>
  )}`;
}

export function HomePage({ products, name }: { products: Product[]; name: string | undefined }) {
  return (
    <Page title={name ? `${name}님의 하루` : "차 한 잔의 하루"}>
      <ul>
        {products.map(({ id, title, price }) => (
          <li>
            <a href={`/products/${id}`}>{title}</a> {won(price)}
          </li>
        ))}
      </ul>
    </Page>
  );
}

type Row = Record<string, unknown>;

export function ProductPage({ product }: { product: Product & { reviews: Row[] } }) {
  const { id, title, price, reviews } = product;
  return (
    <Page title={title}>
      <p>{won(price)}</p>
      <form method="post" action="/cart">
        <input type="hidden" name="product_id" value={id} />
        <label>
          수량 <input name="quantity" type="number" min="1" max="99" value="1" required />
        </label>{" "}
        <button type="submit">장바구니에 담기</button>
      </form>
      <h2>후기</h2>
      <ul>
        {reviews.map(({ author_name, stars, body }) => (
          <li>{`${"★".repeat(Number(stars))} ${body} (${author_name})`}</li>
        ))}
      </ul>
      <form method="post" action={`/products/${id}/reviews`}>
        <label>
          별점 <input name="stars" type="number" min="1" max="5" value="5" required />
        </label>{" "}
        <label>
          한마디 <input name="body" maxlength={1000} required />
        </label>{" "}
        <button type="submit">후기 남기기</button>
      </form>
    </Page>
  );
}

export function CartPage({ items }: { items: (Product & { quantity: number })[] }) {
  return (
    <Page title="장바구니">
      <ul>
        {items.map(({ title, price, quantity }) => <li>{`${title} ${won(price)} × ${quantity}`}
        </li>)}
      </ul>
      {items.length > 0 && (
        <form method="post" action="/orders">
          <label>
            배송지 <input name="address" maxlength={200} required />
          </label>{" "}
          <button type="submit">결제하기</button>
        </form>
      )}
    </Page>
  );
}

export function OrdersPage({ orders }: { orders: Row[] }) {
  return (
    <Page title="주문">
      <ul>
        {orders.map(({ paid_at, total }) => (
          <li>{`${new Date(Number(paid_at)).toLocaleDateString("ko-KR")} ${won(total)}`}</li>
        ))}
      </ul>
    </Page>
  );
}
