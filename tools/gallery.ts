/// <reference lib="dom" />
/**
 * Takes the pictures of docs/gallery: each page in both languages, on a phone and on a desktop, light and
 * dark, in three themes. Arguments: names of scenes; default: all. `--to=DIR` writes elsewhere.
 */
import { type Browser as Chromium, chromium, type Page } from "playwright-core";
import UPNG from "upng-js";
import shopMap from "../examples/shop/data_map.ts";
import { beside } from "../tests/support/customer.ts";
import {
  Browser,
  goodPassword,
  join,
  openApp,
  recoveryPath,
  signIn,
  type TestApp,
} from "../tests/support/harness.ts";

const executablePath = Deno.env.get("CHROMIUM_PATH") ?? "/usr/bin/chromium";

interface Look {
  name: string;
  theme: Record<string, unknown> | null;
  language: "ko" | "en";
  width: number;
  scheme: "light" | "dark";
}

const kakao = {
  name: { ko: "노랑가게", en: "Yellow Store" },
  accent: "#fee500",
  radius: 14,
  links: { terms: "/terms", privacy: "/privacy", support: "mailto:help@yellow.example" },
};
const black = { name: "MONO", accent: "#000000", radius: 2, font: '"Helvetica Neue", sans-serif' };

const phone = 360;
const desktop = 1024;

/** Each pair of theme, language, width and scheme occurs. */
const looks: Look[] = [
  { name: "own-ko-phone-light", theme: null, language: "ko", width: phone, scheme: "light" },
  { name: "own-en-phone-dark", theme: null, language: "en", width: phone, scheme: "dark" },
  { name: "own-ko-desktop-dark", theme: null, language: "ko", width: desktop, scheme: "dark" },
  { name: "own-en-desktop-light", theme: null, language: "en", width: desktop, scheme: "light" },
  { name: "yellow-ko-phone-light", theme: kakao, language: "ko", width: phone, scheme: "light" },
  { name: "yellow-en-desktop-dark", theme: kakao, language: "en", width: desktop, scheme: "dark" },
  { name: "black-en-phone-light", theme: black, language: "en", width: phone, scheme: "light" },
  { name: "black-ko-desktop-dark", theme: black, language: "ko", width: desktop, scheme: "dark" },
];

const consents = [
  {
    name: "terms",
    version: "2026-11",
    label: { ko: "이용약관에 동의합니다", en: "I agree to the terms" },
    url: "/terms",
    required: true,
  },
  {
    name: "news",
    version: "1",
    label: { ko: "소식 메일을 받겠습니다", en: "Send me the newsletter" },
  },
];

/** Pages that are shown in every look; the others are shown in three, which change from page to page. */
const everywhere = ["home", "my-page", "leaving", "farewell"];
const seen: string[] = [];

function isShown(name: string, look: Look): boolean {
  if (!seen.includes(name)) seen.push(name);
  const turn = seen.indexOf(name);
  const index = looks.indexOf(look);
  const chosen = [0, 1 + turn % 3, 4 + turn % 4];
  return everywhere.includes(name) || chosen.includes(index) || name.startsWith("shop");
}

/** The same picture in 32 colours: a third of the size. */
function fewColours(png: Uint8Array): Uint8Array {
  const image = UPNG.decode(png.slice().buffer);
  return new Uint8Array(UPNG.encode(UPNG.toRGBA8(image), image.width, image.height, 32));
}

interface Visit {
  app: TestApp;
  page: Page;
  shot(name: string): Promise<void>;
}

const agents = {
  kakao:
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22F76 KAKAOTALK/25.4.1 (INAPP)",
  samsung:
    "Mozilla/5.0 (Linux; Android 15; SM-S928N) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
};

/** Fills an account with what a customer of the shop has. */
async function fill(app: TestApp, name: string): Promise<string> {
  const [row] = await app.sql("SELECT id FROM users WHERE name = ?", [name]);
  const id = String(row!.id);
  const paid = app.clock.now() - 300 * 24 * 3600_000;
  const inserts: [string, (string | number | null)[]][] = [
    ["INSERT INTO carts (id, user_id, opened_at) VALUES ('c1', ?, ?)", [id, paid]],
    [
      "INSERT INTO cart_items (cart_id, product_id, quantity) SELECT 'c1', id, 2 FROM products LIMIT 2",
      [],
    ],
    [
      "INSERT INTO orders (id, buyer_id, cart_id, address, total, paid_at) VALUES ('o1', ?, 'c0', '서울시 종로구', 24000, ?)",
      [id, paid],
    ],
    [
      "INSERT INTO order_items (id, order_id, title, price, quantity, paid_at) VALUES ('i1', 'o1', '우롱차', 12000, 2, ?)",
      [paid],
    ],
    [
      "INSERT INTO reviews (id, product_id, author_id, author_name, stars, body, written_at) SELECT 'r1', id, ?, ?, 5, '향이 좋아요', ? FROM products LIMIT 1",
      [id, name, paid],
    ],
  ];
  for (const [sql, args] of inserts) await app.sql(sql, args);
  return id;
}

async function joinWithConsents(app: TestApp): Promise<void> {
  await new Browser(app).send("POST", "/register", {
    user_id: "haru",
    email: "haru@example.com",
    password: goodPassword,
    consents: ["terms", "news"],
  });
}

async function enter({ app, page }: Visit): Promise<string> {
  await joinWithConsents(app);
  const id = await fill(app, "haru");
  await signIn(app, "haru", goodPassword, { "User-Agent": agents.kakao });
  app.clock.pass(3 * 24 * 3600_000);
  await signIn(app, "haru", goodPassword, { "User-Agent": agents.samsung });
  app.clock.pass(3600_000);
  await page.goto("/login");
  await page.fill("#user_id", "haru");
  await page.fill("#password", goodPassword);
  await page.click("main form button[type=submit]");
  return id;
}

/** The scenes in order; each begins in a service without members. */
const scenes: Record<string, (visit: Visit) => Promise<void>> = {
  async entry({ page, app, shot }) {
    await page.goto("/");
    await shot("home");
    await page.goto("/register");
    await shot("join");
    await page.fill("#user_id", "a");
    await page.fill("#email", "haru");
    await page.fill("#password", "1234");
    await page.click("main form button[type=submit]");
    await shot("join-refused");
    await joinWithConsents(app);
    await page.goto("/login?next=/userinfo");
    await page.fill("#user_id", "haru");
    await page.fill("#password", "wrong");
    await page.click("main form button[type=submit]");
    await shot("sign-in-refused");
    await page.goto("/login");
    await shot("sign-in");
  },
  async account(visit) {
    const { page, shot } = visit;
    await enter(visit);
    await page.goto("/userinfo");
    await shot("my-page");
    await page.goto("/userinfo/password");
    await shot("password");
    await page.goto("/userinfo/sessions");
    await shot("devices");
    await page.goto("/userinfo/passkeys");
    await shot("passkeys");
    await page.goto("/userinfo/identities");
    await shot("identities");
    await page.goto("/userinfo/consents");
    await shot("consents");
    await page.goto("/userinfo/email");
    await shot("email");
    await page.goto("/policy");
    await shot("policy");
    await page.goto("/nowhere");
    await shot("not-found");
  },
  async links(visit) {
    const { app, page, shot } = visit;
    await joinWithConsents(app);
    const id = await fill(app, "haru");
    await page.goto("/recovery");
    await shot("forgot");
    await page.goto(await recoveryPath(app, id));
    await page.locator("summary").click();
    await shot("recovery");
    await page.goto("/leave");
    await shot("leave");
    await page.goto((await recoveryPath(app, id)).replace("recovery", "leave"));
    await shot("leave-by-link");
  },
  async leaving(visit) {
    const { app, page, shot } = visit;
    await enter(visit);
    await page.goto("/withdrawal");
    await shot("leaving");
    app.clock.pass(11 * 60_000);
    await page.click("main form[action='/withdrawal'] button[type=submit]");
    await shot("leaving-refused");
    await page.fill("#password", goodPassword);
    await page.click("main form[action='/withdrawal'] button[type=submit]");
    await shot("farewell");
    await page.context().clearCookies();
    await page.reload();
    await shot("receipt");
  },
};

/** The shop of examples/, with its own theme. */
async function shop({ app, page, shot }: Visit): Promise<void> {
  await page.goto("/");
  await shot("shop");
  await join(app, "haru");
  await page.goto("/login?next=/cart");
  await page.fill("#user_id", "haru");
  await page.fill("#password", goodPassword);
  await page.click("main form button[type=submit]");
  await page.goto("/products/tea");
  await page.fill("#body", "향이 좋아요");
  await page.locator("button.quiet", { hasText: /후기|review/ }).click();
  await shot("shop-product");
  await page.click("main form[action='/cart'] button");
  await shot("shop-cart");
  await page.goto("/userinfo");
  await shot("shop-my-page");
}

async function take(look: Look, chosen: string[], folder: string, browser: Chromium) {
  for (const [scene, play] of Object.entries({ ...scenes, ...(!look.theme && { shop }) })) {
    if (chosen.length > 0 && !chosen.includes(scene)) continue;
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => app.fetch(request),
    );
    const origin = `http://localhost:${server.addr.port}`; // passkeys need a name
    const migrations = await Promise.all(
      ["0001_shop", "0002_reviews"].map((name) =>
        Deno.readTextFile(new URL(`../examples/shop/migrations/${name}.sql`, import.meta.url))
      ),
    );
    const app = await openApp({
      env: {
        PUBLIC_ORIGIN: origin,
        MAIL_URL: `file:${folder}`, // no job sends them
        MAIL_FROM: "a@b.example",
        PROVIDERS: JSON.stringify(
          ["google", "kakao", "naver", "github"].map((kind) => ({
            kind,
            client_id: "id",
            client_secret: "secret",
          })),
        ),
        ...(scene !== "shop" && { CONSENTS: JSON.stringify(consents) }),
        REJOIN_BLOCK_DAYS: "30",
        BACKUP_DAYS: "14",
        ...(look.theme && { THEME: JSON.stringify(look.theme) }),
      },
      ...(scene === "shop" ? { beside } : {
        map: shopMap,
        tables: migrations.flatMap((sql) => sql.split(/;\s*$/m)).map((sql) => sql.trim()).filter(
          Boolean,
        ),
      }),
    });
    const context = await browser.newContext({
      baseURL: origin,
      reducedMotion: "reduce",
      locale: look.language === "ko" ? "ko-KR" : "en-GB",
      timezoneId: "Asia/Seoul",
      colorScheme: look.scheme,
      viewport: { width: look.width, height: look.width === phone ? 740 : 800 },
    });
    context.setDefaultTimeout(8000);
    const page = await context.newPage();
    try {
      await play({
        app,
        page,
        shot: async (name) => {
          await Deno.mkdir(folder, { recursive: true });
          if (!isShown(name, look)) return;
          const taken = await page.screenshot({ fullPage: true });
          await Deno.writeFile(`${folder}/${name}-${look.name}.png`, fewColours(taken));
        },
      });
    } finally {
      await context.close();
      await server.shutdown();
      await app.close();
    }
  }
}

const to = Deno.args.find((argument) => argument.startsWith("--to="))?.slice(5) ?? "docs/gallery";
const only = Deno.args.find((argument) => argument.startsWith("--look="))?.slice(7);
const chosen = Deno.args.filter((argument) => !argument.startsWith("--"));
const browser = await chromium.launch({
  executablePath,
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"],
});
for (const look of looks) {
  if (!only || look.name.includes(only)) await take(look, chosen, to, browser);
}
await browser.close();

if (chosen.length === 0 && !only) {
  const pictures = (name: string) =>
    looks.filter((look) => isShown(name, look) && (!name.startsWith("shop") || !look.theme)).map((
      { name: look },
    ) => `<img src="./${name}-${look}.png" alt="${name}, ${look}" height="320">`);
  const text = seen.map((name) => `## ${name}\n\n${pictures(name).join("\n")}\n`).join("\n");
  const head =
    "# Gallery\n\n`deno task gallery` takes these pictures: the pages in both languages, on a " +
    "phone and on a desktop, in light and dark colours, and in three themes.\n\n";
  await Deno.writeTextFile(`${to}/README.md`, head + text);
}
