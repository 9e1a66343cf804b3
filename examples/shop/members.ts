import { membership } from "../../mod.ts";
import dataMap from "./data_map.ts";
import shop from "./migrations/0001_shop.sql" with { type: "text" };
import reviews from "./migrations/0002_reviews.sql" with { type: "text" };
import style from "./shop.css" with { type: "text" };

/** Annyeong, configured for this shop. */
export default membership({
  dataMap,
  migrations: [{ name: "0001_shop", sql: shop }, { name: "0002_reviews", sql: reviews }],
  name: "하루다방",
  words: {
    ko: { page: { tagline: "차 한 잔의 하루." } },
    en: {
      service: { name: "Haru Tea", brand: "Haru Tea" },
      page: { tagline: "A day is a cup of tea." },
    },
  },
  style,
  memberPages: ["/cart", "/orders"],
});
