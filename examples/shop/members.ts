import { membership } from "../../mod.ts";
import dataMap from "./data_map.ts";
import shop from "./migrations/0001_shop.sql" with { type: "text" };
import reviews from "./migrations/0002_reviews.sql" with { type: "text" };

/** Annyeong, configured for this shop. */
export default membership({
  dataMap,
  migrations: [{ name: "0001_shop", sql: shop }, { name: "0002_reviews", sql: reviews }],
  theme: {
    name: { ko: "하루다방", en: "Haru Tea" },
    accent: "#7a4a1d",
    radius: 10,
  },
  navigation: [
    { href: "/cart", label: { ko: "장바구니", en: "Cart" } },
    { href: "/orders", label: { ko: "주문 내역", en: "Orders" } },
  ],
  words: {
    ko: { page: { tagline: "차 한 잔의 하루." } },
    en: { page: { tagline: "A day is a cup of tea." } },
  },
  memberPages: ["/cart", "/orders"],
});
