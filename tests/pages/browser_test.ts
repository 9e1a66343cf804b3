/// <reference lib="dom" />
/** The pages in a real Chromium. Screenshots are kept. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { AxeBuilder } from "@axe-core/playwright";
import {
  type Browser as Chromium,
  type BrowserContext,
  chromium,
  type Page,
  type Response,
} from "playwright-core";
import type { Database } from "../../db/engine/database.ts";
import { AppError } from "../../domain/error.ts";
import { type Messages, ownWords } from "../../messages/mod.ts";
import {
  goodPassword,
  join,
  minute,
  openApp,
  type Setup,
  type TestApp,
} from "../support/harness.ts";
import { fillShop, shopMap, shopTables } from "../support/shop.ts";

const executablePath = Deno.env.get("CHROMIUM_PATH") ?? "/usr/bin/chromium";
const found = await Deno.stat(executablePath).then(() => true, () => false);

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** How somebody reads: every pair of these choices occurs in `readers` or `others`. */
interface Reader {
  language: "ko" | "en";
  width: 360 | 1280;
  scheme: "light" | "dark";
  script: boolean;
}
const readers: Reader[] = [
  { language: "ko", width: 360, scheme: "light", script: false },
  { language: "ko", width: 1280, scheme: "dark", script: true },
  { language: "en", width: 360, scheme: "dark", script: true },
  { language: "en", width: 1280, scheme: "light", script: false },
];
/** The two pairs that are missing there: dark without, light with JavaScript. */
const others: Reader[] = [
  { language: "ko", width: 360, scheme: "dark", script: false },
  { language: "en", width: 1280, scheme: "light", script: true },
];
const [phone] = readers as [Reader];
const withScript = readers[2]!;

interface Visit {
  app: TestApp;
  origin: string;
  context: BrowserContext;
  page: Page;
  t: Messages;
  /** What must hold of every page in every state; keeps a screenshot. */
  look(name: string): Promise<void>;
}

/** One for all tests; it ends with this process. */
let browser: Chromium | undefined;

function inBrowser(
  name: string,
  setup: Setup,
  reader: Reader,
  test: (visit: Visit) => Promise<void>,
) {
  const { language, width, scheme, script } = reader;
  const how = `${language}, ${width} px, ${scheme}, ${script ? "with" : "without"} JavaScript`;
  Deno.test({
    name: `${name}: ${how}${found ? "" : " (skipped: no Chromium, set CHROMIUM_PATH)"}`,
    ignore: !found,
    sanitizeOps: false, // the driver keeps its pipes open until the process ends
    sanitizeResources: false,
    async fn() {
      const server = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen() {} },
        (request) => app.fetch(request),
      );
      const origin = `http://127.0.0.1:${server.addr.port}`;
      const app = await openApp({ ...setup, env: { PUBLIC_ORIGIN: origin, ...setup.env } });
      browser ??= await chromium.launch({ executablePath, args: flags });
      try {
        const options = {
          baseURL: origin,
          locale: language === "ko" ? "ko-KR" : "en-GB",
          timezoneId: "America/New_York",
          colorScheme: scheme,
          viewport: { width, height: 740 },
        };
        const context = await browser.newContext({ ...options, javaScriptEnabled: script });
        context.setDefaultTimeout(5000);
        const page = await context.newPage();
        const errors: string[] = [];
        page.on("console", (message) => {
          const expected = /status of (4|5)\d\d|favicon/;
          if (message.type() === "error" && !expected.test(message.text())) {
            errors.push(message.text());
          }
        });
        page.on("pageerror", (error) => errors.push(error.message));
        const folder = `data/screenshots/${language}-${width}-${scheme}${script ? "-js" : ""}`;
        const twin = script ? null : await (await browser.newContext(options)).newPage();
        await twin?.route("**/*.js", (route) => route.abort());
        const look = async (state: string) => {
          await page.screenshot({ path: `${folder}/${state}.png`, fullPage: true });
          // axe needs JavaScript: what a browser without it got is looked at in one that has it.
          await twin?.goto("/healthz");
          await twin?.setContent(await page.content());
          await inspect(twin ?? page, `${folder}/${state}`, script);
        };
        await test({ app, origin, context, page, t: ownWords[language], look });
        assert.deepEqual(errors, [], "the console stays empty: nothing breaks the CSP");
      } finally {
        await Promise.all(browser.contexts().map((context) => context.close()));
        await server.shutdown();
        await app.close();
      }
    },
  });
}

let inspected = 0;
const wcag = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

async function inspect(page: Page, path: string, script: boolean): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(wcag).setLegacyMode(true)
    .analyze();
  const what = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`);
  assert.deepEqual(what, [], `${path}: axe`);
  const { wide, small, shift } = await page.evaluate(measure);
  assert.equal(wide, 0, `${path}: nothing sticks out to the right`);
  assert.deepEqual(small, [], `${path}: what is touched is 44 px high`);
  if (script) assert.equal(shift, 0, `${path}: nothing moves while it loads`);
  inspected++;
}

/** Runs in the page. */
function measure() {
  const touched =
    "button, .button, input:not([type=hidden]), select, summary, header a, footer a, .rows a, .aside a";
  const small = [...document.querySelectorAll(touched)].filter((element) => {
    const { height, width } = element.getBoundingClientRect();
    if (!element.checkVisibility()) return false;
    return height < 43.9 || width < 43.9;
  }).map((element) => element.outerHTML);
  const observer = new PerformanceObserver(() => {});
  observer.observe({ type: "layout-shift", buffered: true });
  const shifts = observer.takeRecords() as unknown as {
    value: number;
    hadRecentInput: boolean; // opening what is folded moves what is below it
  }[];
  return {
    wide: Math.max(0, document.documentElement.scrollWidth - innerWidth),
    small,
    shift: shifts.reduce((sum, { value, hadRecentInput }) => hadRecentInput ? sum : sum + value, 0),
  };
}

function heading(page: Page): Promise<string | null> {
  return page.getByRole("heading", { level: 1 }).textContent();
}

function pathOf(page: Page): string {
  return new URL(page.url()).pathname;
}

async function fill(page: Page, values: Record<string, string>): Promise<void> {
  for (const [label, value] of Object.entries(values)) {
    await page.getByLabel(label, { exact: true }).fill(value);
  }
}

async function press(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name, exact: true }).click();
}

async function follow(page: Page, name: string): Promise<void> {
  await page.getByRole("link", { name, exact: true }).click();
}

async function signIn({ page, t }: Visit, password = goodPassword): Promise<void> {
  await page.goto("/login");
  await fill(page, { [t.link.nameOrEmail]: "hong", [t.page.password]: password });
  await press(page, t.page.signIn);
}

async function joinAndSignIn(visit: Visit): Promise<void> {
  await join(visit.app, "hong");
  await signIn(visit);
}

const shop = { map: shopMap, tables: shopTables };
const recipients = JSON.stringify([{
  name: "mailer",
  url: "https://mail.example/hook",
  secret: `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`,
}]);

for (const reader of readers) {
  inBrowser(
    "somebody joins, looks at their record and leaves",
    { ...shop, env: { RECIPIENTS: recipients, BACKUP_DAYS: "14", REJOIN_BLOCK_DAYS: "30" } },
    reader,
    async (visit) => {
      const { app, page, t, look } = visit;
      await page.goto("/");
      await look("01-home");
      await follow(page, t.page.join);
      await look("02-join");
      await fill(page, {
        [t.page.userId]: "hong",
        [t.page.email]: "hong@example.com",
        [t.page.password]: goodPassword,
      });
      await press(page, t.page.join);
      assert.equal(await heading(page), t.page.welcome("hong"));
      assert.equal(await page.getByRole("status").textContent(), t.done.signedUp);
      await press(page, t.page.signOut);
      await page.goto("/login");
      await look("03-sign-in");
      await fill(page, { [t.link.nameOrEmail]: "hong", [t.page.password]: goodPassword });
      if (reader.script) {
        await press(page, t.page.show);
        assert.equal(await page.getByLabel(t.page.password).getAttribute("type"), "text");
        await look("04-password-shown");
      }
      await press(page, t.page.signIn);
      assert.equal(await heading(page), t.page.welcome("hong"));
      await look("05-welcome");
      await follow(page, t.page.myPage);
      assert.match(await page.textContent("main") ?? "", /hong@example\.com/);
      await look("06-my-page");
      await follow(page, t.page.devices);
      await look("07-devices");
      await follow(page, t.page.myPage);
      await fillShop(app, "hong", "mark");
      await follow(page, t.page.withdrawal);
      await look("08-leaving");
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        follow(page, t.leaving.exportFirst),
      ]);
      assert.match(await textOf(file), /hong@example\.com/);
      await page.getByLabel(t.page.reason).selectOption("privacy");
      await press(page, t.page.withdraw);
      assert.match(pathOf(page), /^\/receipts\/[\w-]{22}$/);
      assert.equal(await heading(page), t.page.farewell);
      await look("09-farewell");
      assert.equal((await app.sql("SELECT id FROM users")).length, 0);
      const shown = await page.locator("time.instant").first().textContent();
      assert.match(shown!, reader.script ? /\(America\/New_York\)/ : /\((한국 시간|UTC)\)/);
      const [signed] = await Promise.all([
        page.waitForEvent("download"),
        follow(page, t.certificate.file),
      ]);
      assert.match(await textOf(signed), /^[\w-]+\.[\w-]+\.[\w-]+$/);
      if (reader.script) {
        await press(page, t.certificate.verify);
        await page.getByText(t.certificate.valid).waitFor();
        await look("09-verified");
        // What is wrong is told as well: a signature of another text.
        await page.locator("[data-verify]").evaluate((place: HTMLElement) => {
          place.dataset.verify = place.dataset.verify!.replace(/\.[^.]+\./, ".eyJqdGkiOiJ4In0.");
        });
        await press(page, t.certificate.verify);
        await page.getByText(t.certificate.broken).waitFor();
      }
      await page.context().clearCookies({ name: "annyeong-left" });
      await page.reload();
      assert.equal(await heading(page), t.page.receipt);
      await page.locator("summary").click();
      await look("10-receipt");
      await follow(page, t.page.policy);
      await look("11-policy");
      await page.goto("/nothing");
      await look("12-not-found");
      await page.goto("/logout");
      await look("13-sign-out");
    },
  );
}

async function textOf(download: { path(): Promise<string> }): Promise<string> {
  return await Deno.readTextFile(await download.path());
}

for (const reader of others) {
  inBrowser(
    "with a grace period a member signs in and restores the membership",
    { env: { WITHDRAWAL_GRACE_DAYS: "7", WITHDRAWAL_CONFIRM: "phrase" } },
    reader,
    async (visit) => {
      const { page, t, look } = visit;
      await joinAndSignIn(visit);
      await page.goto("/withdrawal");
      await look("21-leaving-phrase");
      await fill(page, { [t.page.typePhrase]: "no" });
      await press(page, t.page.withdraw);
      await look("22-wrong-phrase");
      assert.equal(await page.getByLabel(t.page.typePhrase).inputValue(), "no");
      await fill(page, { [t.page.typePhrase]: "회원 탈퇴" });
      await press(page, t.page.withdraw);
      assert.equal(await heading(page), t.page.scheduled);
      await look("23-scheduled");
      await signIn(visit);
      assert.equal(pathOf(page), "/withdrawal");
      await look("24-pending");
      await page.goto("/userinfo");
      assert.equal(await heading(page), t.page.scheduled);
      await press(page, t.page.restore);
      assert.equal(pathOf(page), "/userinfo");
      assert.equal(await page.getByRole("status").textContent(), t.done.restored);
      await look("25-restored");
    },
  );
}

/** A database that fails while `away` is set. */
const database = {
  away: false,
  through: (db: Database): Database => {
    const unlessAway = <A, R>(work: (argument: A) => Promise<R>) => (argument: A) =>
      database.away ? Promise.reject(new AppError("unavailable")) : work(argument);
    return { ...db, read: unlessAway(db.read), write: unlessAway(db.write) };
  },
};

for (const reader of others) {
  inBrowser(
    "each problem is shown at its field, and the input is kept",
    { env: { THROTTLE_SCALE: "0.3" }, through: database.through },
    reader,
    async (visit) => {
      const { app, page, t, look } = visit;
      const focused = () => page.evaluate(() => document.activeElement?.id);
      await join(app, "taken");
      await page.goto("/register");
      await fill(page, {
        [t.page.userId]: "taken",
        [t.page.email]: "hong@example.com",
        [t.page.password]: goodPassword,
      });
      await press(page, t.page.join);
      await look("31-taken");
      assert.match(await page.getByRole("alert").textContent() ?? "", new RegExp(t.shown.taken));
      assert.equal(await focused(), "user_id");
      assert.equal(await page.getByLabel(t.page.email).inputValue(), "hong@example.com");
      await fill(page, { [t.page.userId]: "hong", [t.page.password]: "short" });
      await press(page, t.page.join);
      await look("32-short");
      assert.equal(await focused(), "password");
      await page.getByRole("alert").getByRole("link").click();
      await fill(page, { [t.page.password]: goodPassword });
      await press(page, t.page.join);
      assert.equal(pathOf(page), "/");
      await press(page, t.page.signOut);

      await signIn(visit, "wrong");
      await look("33-wrong-password");
      assert.equal(await page.getByLabel(t.link.nameOrEmail).inputValue(), "hong");
      assert.equal(await page.getByLabel(t.page.password).inputValue(), "");
      assert.equal(await focused(), "password");
      for (let n = 0; n < 3; n++) await signIn(visit, "wrong");
      await look("34-throttled");
      assert.equal(await focused(), "refusal");
      app.clock.pass(16 * minute);
      await signIn(visit);

      await page.goto("/userinfo/password");
      await fill(page, { [t.page.currentPassword]: "wrong", [t.page.newPassword]: goodPassword });
      await press(page, t.page.changePassword);
      await look("35-wrong-current");
      assert.equal(await focused(), "current");
      database.away = true;
      try {
        await press(page, t.page.changePassword);
        await look("36-away-form");
        await page.goto("/userinfo");
        await look("37-away");
        database.away = false;
        await page.goto("/withdrawal");
        database.away = true;
        await press(page, t.page.withdraw);
        assert.match(
          await page.getByRole("alert").textContent() ?? "",
          new RegExp(t.sentence.withdrawal_unavailable),
        );
        await look("38-away-leaving");
      } finally {
        database.away = false;
      }
      await page.goto("/withdrawal");
      app.clock.pass(11 * minute); // no longer fresh
      await press(page, t.page.withdraw);
      await look("39-confirmation-required");
      assert.equal(await focused(), "password");
      app.clock.pass(31 * minute);
      await press(page, t.page.withdraw);
      await look("40-expired");
      assert.equal(await heading(page), t.page.signedOut);
      await fill(page, { [t.link.nameOrEmail]: "hong", [t.page.password]: goodPassword });
      await press(page, t.page.signIn);
      assert.equal(pathOf(page), "/withdrawal", "on to where they wanted to be");
    },
  );
}

inBrowser(
  "after leaving, the back button shows nothing of the member and other tabs lead to sign-in",
  {},
  withScript,
  async (visit) => {
    const { context, page, t } = visit;
    await joinAndSignIn(visit);
    for (const path of ["/userinfo", "/userinfo/sessions", "/withdrawal"]) await page.goto(path);
    const second = await context.newPage();
    await second.goto("/withdrawal");
    const third = await context.newPage();
    await third.goto("/userinfo");
    await press(page, t.page.withdraw);
    assert.equal(await heading(page), t.page.farewell);
    for (let n = 0; n < 4; n++) {
      await page.goBack();
      assert.doesNotMatch(await page.content(), /hong/);
    }
    await press(second, t.page.withdraw);
    assert.equal(await heading(second), t.page.signedOut);
    await third.reload();
    assert.equal(await heading(third), t.page.signedOut);
    assert.doesNotMatch(await third.content(), /hong/);
  },
);

inBrowser(
  "the phrase is accepted in every spelling, in both languages of the page",
  { env: { WITHDRAWAL_CONFIRM: "phrase", THROTTLE_SCALE: "100" } },
  phone,
  async (visit) => {
    const { page, app } = visit;
    const phrases = [
      "회원탈퇴",
      "회원탈퇴".normalize("NFD"),
      " 회원 탈퇴 ",
      "ｗｉｔｈｄｒａｗ",
      "WithDraw",
      "ＤＥＬＥＴＥ",
      "d e l e t e",
    ];
    for (const [n, phrase] of phrases.entries()) {
      const t = ownWords[n % 2 === 0 ? "en" : "ko"];
      await join(app, "hong");
      await page.goto(`/login?lang=${t.language}`);
      await signIn({ ...visit, t });
      await page.goto("/withdrawal");
      await fill(page, { [t.page.typePhrase]: phrase });
      await press(page, t.page.withdraw);
      assert.equal(await heading(page), t.page.farewell, phrase);
    }
  },
);

for (const confirm of ["fresh", "password", "phrase"]) {
  inBrowser(
    `leaving takes no more steps, required fields or pages than joining (${confirm})`,
    { env: { WITHDRAWAL_CONFIRM: confirm } },
    phone,
    async (visit) => {
      const { page, t } = visit;
      const counts = () => ({
        required: page.locator("form [required]").count(),
        boxes: page.locator("[type=checkbox], [type=radio], dialog").count(),
      });
      await page.goto("/");
      await follow(page, t.page.join); // joining: one link, one form
      const joining = await counts().required;
      await joinAndSignIn(visit);
      await follow(page, t.page.myPage);
      await follow(page, t.page.withdrawal); // leaving, from one's page: one link, one form
      const leaving = counts();
      assert.ok(await leaving.required <= joining);
      assert.equal(await leaving.boxes, 0);
      if (confirm === "password") await fill(page, { [t.page.password]: goodPassword });
      if (confirm === "phrase") await fill(page, { [t.page.typePhrase]: "회원탈퇴" });
      await press(page, t.page.withdraw);
      assert.equal(await heading(page), t.page.farewell);
    },
  );
}

/** Goes on by the Tab key until what bears the name has the focus, which must be seen. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let n = 0; n < 40; n++) {
    await page.keyboard.press("Tab");
    const focus = await page.evaluate(() => {
      const element = document.activeElement as HTMLInputElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const name = element.labels?.[0]?.textContent ?? element.textContent;
      return { name, seen: outlineStyle === "solid" && parseFloat(outlineWidth) >= 2 };
    });
    if (focus.name !== name) continue;
    assert.ok(focus.seen, `${name}: the focus is seen`);
    return;
  }
  assert.fail(`${name} cannot be reached by the keyboard on ${page.url()}`);
}

async function enter(page: Page, name: string): Promise<void> {
  await tabTo(page, name);
  await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
}

async function type(page: Page, name: string, text: string): Promise<void> {
  await tabTo(page, name);
  await page.keyboard.insertText(text);
}

inBrowser(
  "everything can be done with the keyboard only",
  { env: { WITHDRAWAL_GRACE_DAYS: "7", WITHDRAWAL_CONFIRM: "password" } },
  withScript,
  async ({ app, page, t }) => {
    await page.goto("/");
    await enter(page, "한국어");
    await enter(page, "English");
    await enter(page, t.page.join);
    await type(page, t.page.userId, "hong");
    await type(page, t.page.email, "hong@example.com");
    await type(page, t.page.password, goodPassword);
    await enter(page, t.page.join);
    const comeIn = async () => {
      await type(page, t.link.nameOrEmail, "hong");
      await type(page, t.page.password, goodPassword);
      await tabTo(page, t.page.show);
      await page.keyboard.press("Space");
      assert.equal(await page.getByLabel(t.page.password).getAttribute("type"), "text");
      await enter(page, t.page.signIn);
    };
    await enter(page, t.page.signOut);
    await enter(page, t.page.signIn);
    await comeIn();
    await enter(page, t.page.myPage);
    await enter(page, t.page.changePassword);
    await type(page, t.page.currentPassword, "wrong");
    await type(page, t.page.newPassword, goodPassword);
    await enter(page, t.page.changePassword);
    await page.waitForFunction(() => document.activeElement?.id === "current");
    await page.keyboard.insertText(goodPassword); // the focus is where the mistake is
    await type(page, t.page.newPassword, goodPassword);
    await enter(page, t.page.changePassword);
    assert.equal(await page.getByRole("status").textContent(), t.done.passwordChanged);
    await enter(page, t.page.devices);
    await enter(page, t.page.endSession);
    await enter(page, t.page.signIn);
    await comeIn();
    await enter(page, t.page.myPage);
    await enter(page, t.page.withdrawal);
    await tabTo(page, t.leaving.exportFirst);
    const download = page.waitForEvent("download");
    await page.keyboard.press("Enter");
    await download;
    await type(page, t.page.password, goodPassword);
    await page.keyboard.press("Tab"); // past "show"
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowDown");
    await enter(page, t.page.withdraw);
    assert.equal(await heading(page), t.page.scheduled);
    assert.equal((await app.sql("SELECT reason FROM reasons"))[0]?.reason, "too_expensive");
    await enter(page, t.page.signIn);
    await comeIn();
    await enter(page, t.page.restore);
    assert.equal(await page.getByRole("status").textContent(), t.done.restored);
    await enter(page, t.page.signOut);
    assert.equal(await heading(page), t.page.greeting);
  },
);

inBrowser(
  "the first page is light: under 20 KiB compressed, one stylesheet, nothing from elsewhere",
  {},
  withScript,
  async ({ page, origin }) => {
    const asked: string[] = [];
    const answers: Response[] = [];
    page.on("request", (request) => asked.push(request.url()));
    page.on("response", (response) => answers.push(response));
    await page.goto("/", { waitUntil: "networkidle" });
    let bytes = 0;
    for (const answer of answers) {
      bytes += gzipSync(await answer.body()).length + JSON.stringify(answer.headers()).length;
    }
    assert.equal(asked.filter((url) => url.endsWith(".css")).length, 1);
    assert.ok(asked.every((url) => url.startsWith(origin)));
    assert.ok(bytes > 1000 && bytes < 20 * 1024, `${bytes} bytes`);
    console.log(`first page: ${bytes} bytes in ${asked.length} requests; ${inspected} pages seen`);
  },
);

/** Waits for a page after a double click, whose second click may abort the navigation of the first. */
async function arriveAt(page: Page, url: string): Promise<void> {
  await page.waitForURL(url).catch((error) => {
    if (!String(error).includes("ERR_ABORTED")) throw error;
    return page.waitForURL(url);
  });
}

for (const reader of [withScript, phone]) {
  inBrowser("a double click joins once, and leaves with the receipt", {}, reader, async (visit) => {
    const { page, t } = visit;
    const { language } = t;
    await page.goto(`/register?lang=${language}`);
    await page.fill("[name=user_id]", "hong");
    await page.fill("[name=email]", "hong@example.com");
    await page.fill("[name=password]", goodPassword);
    await page.dblclick("main button[type=submit]");
    await arriveAt(page, "**/?done=signedUp");
    await page.waitForLoadState();
    await page.goto("/withdrawal");
    await page.dblclick("form[action='/withdrawal'] button[type=submit]");
    await arriveAt(page, "**/receipts/*");
    await page.waitForLoadState();
    assert.match(await page.innerText("main"), new RegExp(t.page.receipt));
    assert.deepEqual(await visit.app.sql("SELECT id FROM users"), []);
  });
}

inBrowser(
  "at 320 px with text of 200 % and in forced colours nothing is lost",
  { ...shop, env: { REJOIN_BLOCK_DAYS: "30", BACKUP_DAYS: "14" } },
  phone,
  async (visit) => {
    const { app, page, t } = visit;
    const [context] = [
      await page.context().browser()!.newContext({
        baseURL: app.origin,
        locale: "ko-KR",
        viewport: { width: 320, height: 640 },
        forcedColors: "active",
      }),
    ];
    const narrow = await context.newPage();
    await join(app, "hong");
    await fillShop(app, "hong", "note");
    await narrow.goto("/login?next=/userinfo");
    await narrow.getByLabel(t.link.nameOrEmail).fill("hong");
    await narrow.getByLabel(t.page.password).fill(goodPassword);
    await press(narrow, t.page.signIn);
    const paths = [
      "/",
      "/userinfo",
      "/userinfo/password",
      "/userinfo/sessions",
      "/withdrawal",
      "/policy",
    ];
    for (const path of [...paths, "/register", "/login"]) {
      await narrow.goto(path);
      const sticksOut = await narrow.evaluate(() => {
        document.documentElement.style.fontSize = "200%";
        return [...document.querySelectorAll("main *")].filter((element) =>
          element.getBoundingClientRect().right > innerWidth + 1 && !element.closest("svg")
        ).map((element) => element.outerHTML.slice(0, 200));
      });
      assert.deepEqual(sticksOut, [], path);
      const invisible = await narrow.evaluate(() =>
        [...document.querySelectorAll("button, .button")].filter((element) =>
          getComputedStyle(element).borderTopWidth === "0px" &&
          !element.matches(".input > button, nav button")
        ).map((element) => element.outerHTML)
      );
      assert.deepEqual(invisible, [], `${path}: every button has an edge`);
    }
  },
);

inBrowser(
  "a screen reader hears the page of leaving in the order of the decision",
  { ...shop, env: { WITHDRAWAL_CONFIRM: "password" } },
  phone,
  async (visit) => {
    const { app, page, t } = visit;
    await joinAndSignIn(visit);
    await fillShop(app, "hong", "note");
    await page.goto("/withdrawal");
    const tree = await page.locator("body").ariaSnapshot();
    const order = [
      `heading "${t.page.withdrawal}" [level=1]`,
      `heading "${t.leaving.gone}" [level=2]`,
      `heading "${t.leaving.anonymous}" [level=2]`,
      `heading "${t.leaving.retained}" [level=2]`,
      `link "${t.leaving.exportFirst}"`,
      `textbox "${t.page.password}"`,
      `combobox "${t.page.reason}"`,
      t.page.grace(0),
      `button "${t.page.withdraw}"`,
      `link "${t.leaving.stay}"`,
      "contentinfo",
    ];
    const places = order.map((what) => tree.indexOf(what));
    assert.ok(places.every((place) => place >= 0), `${places}: ${tree}`);
    assert.deepEqual(places, places.toSorted((a, b) => a - b), tree);
  },
);
