/** A shop in the same database: every disposition, children and grandchildren, several member columns. */
import { ownTables } from "../../data_map.ts";
import {
  anonymise,
  type DataMap,
  dataMap,
  destroy,
  holdsNobody,
  keepApart,
} from "../../domain/data_map.ts";
import type { Service } from "./harness.ts";

const words = (ko: string, en: string) => ({ ko, en });
const shopping = words("쇼핑", "Shopping");

export const shopEntries = [
  destroy("carts", {
    member: "user_id",
    label: words("장바구니", "Carts"),
    purpose: shopping,
    show: ["name"],
  }),
  destroy("cart_items", {
    via: { column: "cart_id", to: "carts.id" },
    label: words("장바구니 상품", "Cart items"),
    purpose: shopping,
    show: ["note"],
  }),
  destroy("item_notes", {
    via: { column: "item_id", to: "cart_items.id" },
    label: words("상품 메모", "Item notes"),
    purpose: shopping,
    show: ["text"],
  }),
  destroy("follows", {
    member: ["follower_id", "followed_id"],
    label: words("팔로우", "Follows"),
    purpose: shopping,
  }),
  destroy("profiles", {
    member: "user_id",
    key: "user_id",
    label: words("프로필", "Profile"),
    purpose: shopping,
    show: ["bio"],
  }),
  anonymise("posts", {
    member: "author_id",
    set: { author_id: null, author_name: "탈퇴한 회원" },
    label: words("게시글", "Posts"),
    purpose: words("커뮤니티", "Community"),
    show: ["title", "author_name"],
    fields: { author_name: words("작성자 이름", "author's name"), title: words("제목", "title") },
  }),
  anonymise("messages", {
    member: ["sender_id", "receiver_id"],
    set: { sender_id: null, receiver_id: null },
    label: words("쪽지", "Messages"),
    purpose: words("커뮤니티", "Community"),
  }),
  keepApart("orders", {
    member: "buyer_id",
    columns: ["id", "total", "paid_at", "signature"],
    copy: { buyer_name: "users.name" },
    ground: {
      kind: "law",
      ko: "전자상거래법 시행령 제6조: 대금결제 및 재화 공급 기록",
      en: "E-Commerce Act Decree art. 6: payment and supply",
    },
    from: "paid_at",
    years: 5,
    label: words("주문", "Orders"),
    purpose: words("거래 기록 보존", "Records of trade"),
    show: ["total", "paid_at"],
    fields: {
      buyer_name: words("이름", "name"),
      total: words("결제 금액", "amount paid"),
      paid_at: words("결제일", "date of payment"),
    },
  }),
  destroy("order_lines", {
    via: { column: "order_id", to: "orders.id" },
    label: words("주문 상품", "Order lines"),
    purpose: shopping,
  }),
  holdsNobody("products", "the inventory"),
];

export const shopMap: DataMap = dataMap([...ownTables, ...shopEntries]);

export const shopTables = [
  "CREATE TABLE products (id TEXT PRIMARY KEY, title TEXT)",
  "CREATE TABLE carts (id INTEGER PRIMARY KEY, user_id TEXT, name TEXT)", // no foreign key at all
  "CREATE TABLE cart_items (id INTEGER PRIMARY KEY, cart_id INTEGER REFERENCES carts (id), note TEXT)",
  "CREATE TABLE item_notes (id INTEGER PRIMARY KEY, item_id INTEGER, text TEXT)",
  "CREATE TABLE follows (follower_id TEXT, followed_id TEXT)",
  "CREATE TABLE profiles (user_id TEXT PRIMARY KEY, bio TEXT) WITHOUT ROWID",
  "CREATE TABLE posts (id INTEGER PRIMARY KEY, author_id TEXT REFERENCES users (id) ON DELETE CASCADE, author_name TEXT, title TEXT)",
  "CREATE TABLE messages (id INTEGER PRIMARY KEY, sender_id TEXT REFERENCES users (id) ON DELETE CASCADE, receiver_id TEXT REFERENCES users (id) ON DELETE CASCADE, text TEXT)",
  "CREATE TABLE orders (id TEXT PRIMARY KEY, buyer_id TEXT REFERENCES users (id) ON DELETE RESTRICT, total INTEGER, paid_at, signature BLOB)",
  "CREATE TABLE order_lines (id INTEGER PRIMARY KEY, order_id TEXT REFERENCES orders (id), title TEXT)",
  "CREATE INDEX carts_by_user ON carts (user_id)",
];

/** A row for a member in every table of the shop, marked by a text that occurs nowhere else. */
export async function fillShop(service: Service, name: string, mark: string): Promise<string> {
  const [row] = await service.sql("SELECT id FROM users WHERE name = ?", [name]);
  const id = String(row!.id);
  const [cart] = await service.sql("INSERT INTO carts (user_id, name) VALUES (?, ?) RETURNING id", [
    id,
    `${mark} cart`,
  ]);
  const [item] = await service.sql(
    "INSERT INTO cart_items (cart_id, note) VALUES (?, ?) RETURNING id",
    [cart!.id!, `${mark} item`],
  );
  const inserts: [string, (string | number | null)[]][] = [
    ["INSERT INTO item_notes (item_id, text) VALUES (?, ?)", [item!.id as number, `${mark} note`]],
    ["INSERT INTO follows VALUES (?, 'somebody')", [id]],
    ["INSERT INTO follows VALUES ('somebody', ?)", [id]],
    ["INSERT INTO profiles VALUES (?, ?)", [id, `${mark} bio`]],
    ["INSERT INTO posts (author_id, author_name, title) VALUES (?, ?, 'a post')", [
      id,
      `${mark} name`,
    ]],
    ["INSERT INTO messages (sender_id, text) VALUES (?, 'hello')", [id]],
    ["INSERT INTO messages (receiver_id, text) VALUES (?, 'hello back')", [id]],
    [
      "INSERT INTO orders VALUES (?, ?, 12000, '2025-03-01T09:00:00Z', x'00ff')",
      [`new-${id}`, id],
    ],
    ["INSERT INTO orders VALUES (?, ?, 5000, 1500000000, NULL)", [`old-${id}`, id]], // 2017
    ["INSERT INTO order_lines (order_id, title) VALUES (?, ?)", [`new-${id}`, `${mark} line`]],
  ];
  for (const [sql, args] of inserts) await service.sql(sql, args);
  return id;
}
