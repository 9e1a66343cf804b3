import { anonymise, dataMap, destroy, holdsNobody, keepApart, ownTables } from "../../mod.ts";

const ground = {
  kind: "law",
  ko: "전자상거래법 시행령 제6조: 대금결제 및 재화 등의 공급에 관한 기록",
  en: "E-Commerce Act, Enforcement Decree art. 6: records of payment and supply of goods",
} as const;

/** What an erasure does with the data that this shop has about a customer. */
export default dataMap([
  ...ownTables,
  holdsNobody("products", "the catalogue"),
  destroy("carts", {
    member: "user_id",
    label: { ko: "장바구니", en: "Cart" },
    purpose: { ko: "구매 준비", en: "To prepare a purchase" },
    show: ["opened_at"],
    fields: { opened_at: { ko: "담은 날", en: "opened" } },
  }),
  // The table has no column with the customer's id; the cart has one.
  destroy("cart_items", {
    via: { column: "cart_id", to: "carts.id" },
    label: { ko: "장바구니 상품", en: "Cart items" },
    purpose: { ko: "구매 준비", en: "To prepare a purchase" },
    show: ["product_id", "quantity"],
    fields: { product_id: { ko: "상품", en: "product" }, quantity: { ko: "수량", en: "quantity" } },
    counter: "개",
  }),
  // Kept for five years. The name is copied, because the row of `users` is deleted. The address is not kept.
  keepApart("orders", {
    member: "buyer_id",
    columns: ["id", "total", "paid_at"],
    copy: { buyer_name: "users.name" },
    ground,
    from: "paid_at",
    years: 5,
    label: { ko: "주문", en: "Orders" },
    purpose: { ko: "주문 처리", en: "To fulfil orders" },
    show: ["address", "total", "paid_at"],
    fields: {
      address: { ko: "배송지 주소", en: "address" },
      buyer_name: { ko: "이름", en: "name" },
      total: { ko: "결제 금액", en: "amount paid" },
      paid_at: { ko: "결제일", en: "date of payment" },
    },
  }),
  keepApart("order_items", {
    via: { column: "order_id", to: "orders.id" },
    columns: ["order_id", "title", "price", "quantity", "paid_at"],
    ground,
    from: "paid_at",
    years: 5,
    label: { ko: "주문 상품", en: "Order items" },
    purpose: { ko: "주문 처리", en: "To fulfil orders" },
    show: ["title", "price", "quantity"],
    fields: {
      title: { ko: "상품명", en: "product" },
      price: { ko: "가격", en: "price" },
      quantity: { ko: "수량", en: "quantity" },
    },
    counter: "개",
  }),
  anonymise("reviews", {
    member: "author_id",
    set: { author_id: null, author_name: "탈퇴한 회원" },
    label: { ko: "상품 후기", en: "Reviews" },
    purpose: { ko: "다른 손님의 선택을 돕기", en: "To help others choose" },
    show: ["product_id", "stars", "body", "written_at"],
    fields: {
      author_name: { ko: "작성자", en: "author" },
      stars: { ko: "별점", en: "stars" },
      body: { ko: "후기 내용", en: "text" },
      written_at: { ko: "작성일", en: "date" },
    },
  }),
]);
