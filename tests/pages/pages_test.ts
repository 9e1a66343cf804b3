/** The HTML of pages, without a browser: tests/pages/browser_test.ts uses them in one. */
import assert from "node:assert/strict";
import type { Database } from "../../db/engine/database.ts";
import { AppError } from "../../domain/error.ts";
import { en } from "../../messages/en.ts";
import { ko } from "../../messages/ko.ts";
import {
  type Answer,
  Browser,
  goodPassword,
  join,
  minute,
  newMember,
  signIn,
  type TestApp,
  withApp,
} from "../support/harness.ts";
import { fillShop, shopMap, shopTables } from "../support/shop.ts";

const html = { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

function submit(browser: Browser, path: string, form: Record<string, string>): Promise<Answer> {
  const type = { "Content-Type": "application/x-www-form-urlencoded" };
  return browser.send("POST", path, new URLSearchParams(form).toString(), { ...html, ...type });
}

/** The tag of a field. */
function field(page: string, name: string): string {
  const tag = new RegExp(`<(?:input|select)[^>]* name="${name}"[^>]*>`).exec(page);
  assert.ok(tag, `a field named ${name}`);
  return tag[0];
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("'", "&#39;").replaceAll('"', "&quot;");
}

const form = { "Content-Type": "application/x-www-form-urlencoded" };
const credentials = { user_id: "hong", password: goodPassword };
const secret = 'canary horse 7 <&">';

Deno.test("a refused form is shown again with its input and the reason, and never with a password", async () => {
  await withApp({ env: { WITHDRAWAL_CONFIRM: "password" } }, async (app) => {
    await join(app, "taken");
    const hong = await newMember(app, "hong");
    const visitor = new Browser(app);
    const typed = { user_id: 'kim"<i>', email: "kim@example.com", password: secret };
    const cases: [Browser, string, Record<string, string>, number, string, string[]][] = [
      [visitor, "/register", typed, 400, ko.problem.invalid, ["user_id"]],
      [visitor, "/register", { ...typed, email: "x" }, 400, ko.problem.invalid, [
        "user_id",
        "email",
      ]],
      [
        visitor,
        "/register",
        { ...typed, user_id: "kim", password: "kim" },
        400,
        ko.problem.invalid,
        ["password"],
      ],
      [visitor, "/register", { ...typed, user_id: "taken" }, 409, ko.sentence.taken, [
        "user_id",
        "email",
      ]],
      [
        visitor,
        "/login",
        { user_id: "hong", password: secret },
        401,
        ko.shown.invalid_credentials,
        ["password", "user_id"],
      ],
      [visitor, "/login", { user_id: "", password: "" }, 400, ko.problem.invalid, [
        "user_id",
        "password",
      ]],
      [
        hong,
        "/userinfo/password",
        { current: secret, password: "a fine new day" },
        403,
        ko.shown.confirmation_failed,
        ["current"],
      ],
      [
        hong,
        "/userinfo/password",
        { current: goodPassword, password: "short" },
        400,
        ko.problem
          .invalid,
        ["password"],
      ],
      [hong, "/withdrawal", { reason: "privacy" }, 403, ko.problem.confirmation_required, [
        "password",
      ]],
      [
        hong,
        "/withdrawal",
        { reason: "privacy", password: secret },
        403,
        ko.shown.confirmation_failed,
        ["password"],
      ],
    ];
    for (const [browser, path, form, status, sentence, wrong] of cases) {
      const { text, status: answered } = await submit(browser, path, form);
      const name = `${path} ${JSON.stringify(form)}`;
      assert.equal(answered, status, name);
      assert.match(text, /<div class="refusal" id="refusal" role="alert"/, name);
      assert.ok(text.includes(sentence), name);
      assert.equal(text.match(/autofocus/g)?.length, 1, name);
      assert.ok(!text.includes("canary") && !text.includes(goodPassword), name);
      assert.equal(text.match(new RegExp(`action="${path}"`, "g"))?.length, 1, name);
      wrong.forEach((field_, position) => {
        const tag = field(text, field_);
        assert.match(tag, /aria-invalid="true"/, name);
        const [described] = /aria-describedby="([^" ]+)/.exec(tag)!.slice(1);
        assert.ok(text.includes(`id="${described}"`), name);
        assert.equal(tag.includes("autofocus"), position === 0, name);
      });
      assert.equal(text.match(/aria-invalid/g)?.length ?? 0, wrong.length, name);
      for (const kept of ["user_id", "email"]) {
        const value = form[kept] &&
          escaped(form[kept]).replaceAll("<", "&lt;").replaceAll(">", "&gt;");
        if (value) assert.ok(field(text, kept).includes(`value="${value}"`), name);
      }
      if (form.reason === "privacy") assert.match(text, /value="privacy" selected/);
    }
  });
});

Deno.test("a refused request in JSON has error, code and fields", async () => {
  await withApp({}, async (app) => {
    const answer = await new Browser(app).send("POST", "/login", { user_id: "a", password: "b" });
    assert.deepEqual(answer.json, {
      error: ko.problem.invalid_credentials,
      code: "invalid_credentials",
    });
    const invalid = await new Browser(app).send("POST", "/register", {});
    assert.deepEqual(Object.keys(invalid.json), ["error", "code", "fields"]);
  });
});

/** A database that fails while `away` is set. */
function failing(): { through: (db: Database) => Database; away: Error | null } {
  const state = {
    away: null as Error | null,
    through: (db: Database): Database => ({
      ...db,
      read: (statements) => state.away ? Promise.reject(state.away) : db.read(statements),
      write: (statements) => state.away ? Promise.reject(state.away) : db.write(statements),
    }),
  };
  return state;
}

Deno.test("while the database is away each form is shown again with its input", async () => {
  const database = failing();
  const env = { WITHDRAWAL_CONFIRM: "password" };
  await withApp({ env, through: database.through }, async (app) => {
    const hong = await newMember(app, "hong");
    database.away = new AppError("unavailable");
    const forms: [string, Record<string, string>, string][] = [
      ["/register", { user_id: "kim", email: "kim@example.com", password: secret }, "user_id"],
      ["/login", { user_id: "hong", password: secret }, "password"],
      ["/userinfo/password", { current: goodPassword, password: secret }, "current"],
      ["/withdrawal", { password: goodPassword, reason: "other" }, "password"],
    ];
    for (const [path, form, name] of forms) {
      const { status, text, headers } = await submit(hong.copy(), path, form);
      assert.equal(status, 503, path);
      assert.equal(headers.get("Retry-After"), "5");
      assert.match(text, /role="alert"[^>]* autofocus/);
      field(text, name);
      assert.ok(!text.includes("canary"));
    }
    const home = await hong.copy().get("/", html);
    assert.equal(home.status, 503);
    assert.match(home.text, new RegExp(`<h1>${ko.problem.unavailable}</h1>`));

    database.away = null;
    const { write } = app.services.db;
    app.services.db.write = (statements) =>
      statements.length > 10
        ? Promise.reject(new AppError("unavailable", { answerLost: true }))
        : write(statements);
    const lost = await submit(hong, "/withdrawal", { password: goodPassword });
    assert.equal(lost.status, 503);
    assert.match(
      lost.text,
      new RegExp(`${ko.sentence.answer_lost}.*href="/receipts/[\\w-]{22}"`, "s"),
    );
  });
});

Deno.test("a throttled form says when to come back, in the reader's words", async () => {
  await withApp({ env: { THROTTLE_SCALE: "0.1" } }, async (app) => {
    await join(app, "hong");
    const browser = new Browser(app, { "Accept-Language": "en" });
    const wrong = { user_id: "hong", password: secret };
    assert.equal((await submit(browser, "/login", wrong)).status, 401);
    const { status, text, headers } = await submit(browser, "/login", wrong);
    assert.equal(status, 429);
    assert.equal(headers.get("Retry-After"), "900");
    assert.ok(text.includes(en.problem.throttled));
    assert.ok(text.includes(en.page.retryIn(15)));
    assert.match(field(text, "user_id"), /value="hong"/);
  });
});

Deno.test("an ended session leads to sign-in with the reason, and from there to the page that was asked for", async () => {
  await withApp({}, async (app) => {
    const hong = await newMember(app, "hong");
    app.clock.pass(31 * minute);
    for (
      const [path, next] of [
        ["/userinfo", "/userinfo"],
        ["/userinfo/export", "/userinfo"],
        ["/userinfo/sessions/", "/userinfo/sessions"],
        ["/withdrawal", "/withdrawal"],
      ] as const
    ) {
      const sent = await hong.copy().get(path, html);
      assert.deepEqual([sent.status, sent.headers.get("Location")], [303, `/login?next=${next}`]);
    }
    for (const [path, next] of [["/withdrawal", "/withdrawal"], ["/restoration", "/withdrawal"]]) {
      const stale = await submit(hong.copy(), path!, {});
      assert.equal(stale.status, 401);
      assert.ok(
        stale.text.includes(ko.page.signedOut) && stale.text.includes(ko.page.signedOutWhy),
      );
      assert.ok(stale.text.includes(`action="/login?next=${next}"`));
    }
    const who = { user_id: "hong", password: goodPassword };
    const wrong = await submit(new Browser(app), "/login?next=/withdrawal", {
      ...who,
      password: "x",
    });
    assert.ok(wrong.text.includes('action="/login?next=/withdrawal"'), "not lost on the way");
    const targets = {
      "/login?next=/withdrawal": "/withdrawal",
      "/login?next=/userinfo": "/userinfo",
      "/login?next=//evil.example": "/",
      "/login?next=https://evil.example": "/",
      "/login?next=/logout": "/",
      "/login?next=/userinfo/..//evil.example": "/userinfo",
      "/login": "/",
    };
    for (const [path, target] of Object.entries(targets)) {
      const { headers } = await submit(new Browser(app), path, who);
      assert.equal(headers.get("Location"), target, path);
    }
  });
});

Deno.test("after a redirect the page says what was done, and shows no other text from the query", async () => {
  await withApp({ env: { WITHDRAWAL_GRACE_DAYS: "7" } }, async (app) => {
    const visitor = new Browser(app);
    const form = { user_id: "hong", email: "hong@example.com", password: goodPassword };
    const follow = async (browser: Browser, path: string, body: Record<string, string>) => {
      const { status, headers } = await submit(browser, path, body);
      assert.equal(status, 303, path);
      return (await browser.get(headers.get("Location")!, html)).text;
    };
    const notice = (text: string) => /role="status">([^<]*)</.exec(text)?.[1];
    assert.equal(notice(await follow(visitor, "/register", form)), ko.done.signedUp);
    await follow(visitor, "/login", form);
    const change = { current: goodPassword, password: goodPassword };
    assert.equal(
      notice(await follow(visitor, "/userinfo/password", change)),
      ko.done.passwordChanged,
    );
    const pending = await follow(visitor, "/withdrawal", {});
    assert.ok(pending.includes("탈퇴 신청이 접수되었습니다."));
    const back = await follow(visitor, "/login", form);
    assert.ok(back.includes(ko.page.restore), "after sign-in the pending page");
    assert.ok((await visitor.get("/", html)).text.includes(ko.page.restore));
    const refused = await visitor.get("/userinfo", html);
    assert.equal(refused.status, 403);
    assert.ok(refused.text.includes(ko.page.restore));
    assert.equal(notice(await follow(visitor, "/restoration", {})), ko.done.restored);
    assert.equal(notice(await follow(visitor, "/logout", {})), ko.done.signedOut);
    for (const done of ["withdrawn", "scheduled", "constructor", "<b>"]) {
      assert.equal(notice((await visitor.get(`/?done=${done}`, html)).text), undefined, done);
    }
  });
});

Deno.test("the preview and the receipt say what is destroyed, how many, and what stays, why and until when", async () => {
  const env = {
    REJOIN_BLOCK_DAYS: "30",
    BACKUP_DAYS: "14",
    RECIPIENTS: JSON.stringify([{
      name: "mailer",
      url: "https://mail.example/hook",
      secret: `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`,
    }]),
  };
  await withApp({ env, map: shopMap, tables: shopTables }, async (app) => {
    const hong = await newMember(app, "hong");
    await fillShop(app, "hong", "mark");
    const says = (text: string, ...sentences: string[]) => {
      for (const sentence of sentences) assert.ok(text.includes(sentence), sentence);
    };
    const until = '<time datetime="2030-03-01T09:00:00.000Z">2030년 3월 1일</time>까지';
    const law = "전자상거래법 시행령 제6조";
    const { text } = await hong.get("/withdrawal", html);
    const preview = (await hong.get("/withdrawal")).json;
    const counted = [...preview.destroy, ...preview.anonymise] as { what: string; count: number }[];
    const shown = Array.from(
      text.matchAll(/<span class="what">([^<]+)<\/span> <span class="count">([\d,]+)(건|대|개)</g),
      ([, what, count]) => ({ what, count: Number(count) }),
    );
    const told = [...counted.filter(({ count }) => count > 0), ...preview.keep];
    assert.deepEqual(shown, told.map(({ what, count }) => ({ what, count })));
    says(text, "<small>아이디, 이메일, ", "작성자 이름 없이 남습니다", "이름, 결제 금액");
    assert.ok(text.indexOf('action="/withdrawal"') > text.indexOf(ko.leaving.retained));
    const order = [ko.leaving.exportFirst, ko.page.grace(0), ko.page.withdraw, ko.leaving.stay];
    const places = order.map((sentence) => text.lastIndexOf(sentence));
    assert.deepEqual(places, places.toSorted((a, b) => a - b), "export, warning, the two buttons");
    assert.deepEqual(
      ["회원 정보", "팔로우", "주문"].map((what) =>
        counted.find((line) => line.what === what)?.count
      ),
      [1, 2, 1],
      "as fillShop wrote them; one of two orders is kept",
    );
    says(
      text,
      until,
      law,
      "장바구니",
      "30일 동안 다시 가입할 수 없습니다",
      "최대 14일간",
      "mailer",
    );
    const left = await submit(hong, "/withdrawal", { reason: "" });
    const address = left.headers.get("Location")!;
    assert.ok((await hong.get(address, html)).text.includes(ko.page.farewell));
    const receipt = await new Browser(app).get(address, html);
    assert.ok(!receipt.text.includes(ko.page.farewell), "only the one who left is told goodbye");
    says(receipt.text, until, law, ko.page.receipt, "mailer", "최대 14일간", '<svg class="qr"');
    says(receipt.text, `>${app.origin}${address}</a>`);
    assert.ok(!receipt.text.includes("hong") && !receipt.text.includes("mark"));

    const file = await new Browser(app).get(`${address}?download`, html);
    assert.equal(file.headers.get("Content-Type"), "application/jose");
    const name = `annyeong-receipt-${address.split("/").at(-1)}.jws`;
    assert.equal(file.headers.get("Content-Disposition"), `attachment; filename="${name}"`);
    assert.equal(file.text, (await new Browser(app).get(`${address}?download`)).json.receipt);
    assert.ok(receipt.text.includes(`<h1>${ko.page.receipt}</h1>`));
  });
});

Deno.test("no page loads a script, a style or a file from another origin", async () => {
  await withApp({}, async (app) => {
    const hong = await newMember(app, "hong");
    const paths = ["/", "/register", "/login", "/logout", "/userinfo", "/userinfo/sessions"];
    for (const path of [...paths, "/withdrawal", "/policy", "/nothing"]) {
      const { text } = await hong.get(path, html);
      assert.doesNotMatch(text, /<style|style="|\son\w+="|javascript:|https?:/, path);
      assert.deepEqual(text.match(/<script[^>]*>[^<]*/g)?.length, 1, path);
      assert.match(text, /<script src="\/script\.[0-9a-f]{12}\.js"[^>]*><\/script>/, path);
      assert.doesNotMatch(text, /undefined|\[object|null</, path);
    }
    await assets(app);
  });
});

async function assets(app: TestApp) {
  const { text } = await new Browser(app).get("/", html);
  for (const [, path] of text.matchAll(/(?:href|src)="(\/(?:style|script)\.[^"]+)"/g)) {
    const asset = await new Browser(app).get(path!);
    assert.equal(asset.status, 200);
    assert.match(asset.headers.get("Content-Type")!, /^text\/(css|javascript); charset=utf-8$/);
    assert.match(asset.headers.get("Cache-Control")!, /immutable/);
  }
}

Deno.test("sign-in redirects only to the pages of members", async () => {
  await withApp({}, async (app) => {
    await join(app, "hong");
    const targets = [
      ...["javascript:alert(1)", "data:text/html,x", "//evil.example", "/\\evil.example"],
      ...["https:evil.example", "/%2f/evil.example", "\t//evil.example", "/\n/evil.example"],
      ...["\\\\evil.example", "/userinfo@evil.example", "/userinfo.evil.example", " /userinfo"],
      ...["/withdrawal/../..//evil.example", "/userinfo/\\evil", "__proto__", "/recovery/x"],
    ];
    for (const target of targets) {
      const path = `/login?next=${encodeURIComponent(target)}`;
      const body = new URLSearchParams(credentials).toString();
      const answer = await new Browser(app).send("POST", path, body, { ...html, ...form });
      assert.equal(answer.status, 303, target);
      const allowed = ["/", "/userinfo", "/withdrawal", "/userinfo/sessions"];
      assert.ok(allowed.includes(answer.headers.get("Location")!), target);
      const page = (await new Browser(app).get(path, html)).text;
      assert.ok(!page.includes("evil") && !page.includes("javascript:"), target);
    }
  });
});

Deno.test("password fields have the autocomplete values of password managers, and accept pasting", async () => {
  await withApp({ env: { WITHDRAWAL_CONFIRM: "password" } }, async (app) => {
    const hong = await newMember(app, "hong");
    const fieldsOf = async (path: string) => {
      const { text } = await hong.get(path, html);
      assert.doesNotMatch(text, /onpaste|maxlength|pattern=/, path);
      return [...text.matchAll(/<input[^>]* type="(\w+)"[^>]* autocomplete="([\w -]+)"/g)]
        .map(([, type, autocomplete]) => `${type} ${autocomplete}`);
    };
    assert.deepEqual(await fieldsOf("/login"), [
      ...["text username webauthn", "password current-password"],
    ]);
    assert.deepEqual(await fieldsOf("/register"), [
      ...["text username", "email email", "password new-password"],
    ]);
    assert.deepEqual(await fieldsOf("/userinfo/password"), [
      "text username",
      ...["password current-password", "password new-password"],
    ]);
    assert.deepEqual(await fieldsOf("/withdrawal"), ["password current-password"]);
  });
});

Deno.test("every page of a member has the sign-out button or a link to it", async () => {
  await withApp({ env: { WITHDRAWAL_GRACE_DAYS: "7" } }, async (app) => {
    const hong = await newMember(app, "hong");
    const wayOut = /(action|href)="\/logout"/;
    for (const path of ["/", "/userinfo", "/userinfo/sessions", "/withdrawal"]) {
      assert.match((await hong.get(path, html)).text, wayOut, path);
    }
    const refused = await hong.send("POST", "/userinfo/password", "current=a", {
      ...html,
      ...form,
    });
    assert.match(refused.text, wayOut);
    await hong.send("DELETE", "/withdrawal");
    const back = await signIn(app, "hong");
    for (const path of ["/", "/userinfo", "/withdrawal"]) {
      assert.match((await back.get(path, html)).text, wayOut, `${path}, while leaving`);
    }
  });
});
