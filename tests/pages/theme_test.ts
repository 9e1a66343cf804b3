import assert from "node:assert/strict";
import dataMap from "../../data_map.ts";
import { ConfigError, parseConfig } from "../../config/mod.ts";
import { contrast, lookOf, textOn } from "../../domain/theme.ts";
import { membership } from "../../mod.ts";
import { Browser, newMember, testConfig, withApp } from "../support/harness.ts";

const html = { Accept: "text/html" };

/** What an app may bring besides its tables. */
export const yellow = {
  name: { ko: "노랑가게", en: "Yellow Store" },
  accent: "#fee500",
  radius: 14,
  links: {
    terms: "/terms",
    privacy: "https://yellow.example/privacy",
    support: "mailto:a@b.example",
  },
};

function sheetOf(text: string): string {
  return /href="(\/theme\.[0-9a-f]{12}\.css)"/.exec(text)![1]!;
}

Deno.test("THEME gives the plain service a name, colours, links and files of its own", async () => {
  const theme = {
    ...yellow,
    logo: "https://cdn.yellow.example/logo.svg",
    logoDark: "data:image/svg+xml,%3Csvg%3E",
    favicon: "/favicon.png",
    font: { family: '"Yellow Sans"', url: "https://fonts.yellow.example/sans.woff2" },
  };
  await withApp({ env: { THEME: JSON.stringify(theme) } }, async (app) => {
    const ko = await new Browser(app).get("/login", html);
    assert.match(ko.text, /<title>로그인 · 노랑가게<\/title>/);
    assert.match(ko.text, /<img src="https:\/\/cdn\.yellow\.example\/logo\.svg" alt="노랑가게"/);
    assert.match(
      ko.text,
      /srcset="data:image\/svg\+xml,%3Csvg%3E" media="\(prefers-color-scheme: dark\)"/,
    );
    assert.match(ko.text, /<link rel="icon" href="\/favicon\.png"/);
    for (const link of Object.values(yellow.links)) assert.ok(ko.text.includes(`href="${link}"`));
    const en = await new Browser(app).get("/login?lang=en", html);
    assert.match(en.text, /<title>Sign in · Yellow Store<\/title>/);

    const sheet = await new Browser(app).get(sheetOf(ko.text));
    assert.equal(sheet.headers.get("Content-Type"), "text/css; charset=utf-8");
    assert.match(sheet.headers.get("Cache-Control")!, /immutable/);
    assert.match(sheet.text, /--accent:#fee500;--on-accent:#1a201d/);
    assert.match(sheet.text, /--radius:14px;--font:"Yellow Sans",/);
    assert.equal((await new Browser(app).get("/theme.0123456789ab.css")).status, 404);

    const policy = ko.headers.get("Content-Security-Policy")!;
    assert.match(policy, /img-src 'self' https:\/\/cdn\.yellow\.example data:;/);
    assert.match(policy, /font-src https:\/\/fonts\.yellow\.example;/);
  });
});

Deno.test("without a theme a page has Annyeong's wordmark and the strict policy", async () => {
  await withApp({}, async (app) => {
    const { text, headers } = await new Browser(app).get("/", html);
    assert.match(text, /<svg class="letters"/);
    assert.doesNotMatch(text, /theme\.[0-9a-f]+\.css/);
    assert.match(headers.get("Content-Security-Policy")!, /img-src 'self';/);
  });
});

Deno.test("a theme whose text cannot be read on its accent stops the start, and the message says why", () => {
  const start = (theme: unknown) => testConfig({ THEME: JSON.stringify(theme) });
  const cases: [unknown, RegExp][] = [
    [{ accent: "#777777", onAccent: "#ffffff" }, /THEME theme\.onAccent .* contrast of 4\.48:1/],
    [{ accent: "#fee500", onAccent: "#ffffff" }, /contrast of 1\.\d+:1/],
    [{ onAccent: "#ffffff" }, /theme\.onAccent needs theme\.accent/],
    [{ accent: "yellow" }, /theme\.accent must be a colour/],
    [{ acent: "#fee500" }, /theme\.acent is not a field/],
    [{ logo: "//evil.example/logo.svg" }, /theme\.logo must be/],
    [{ logo: "javascript:alert(1)" }, /theme\.logo must be/],
    [{ favicon: 'data:image/svg+xml,"x' }, /theme\.favicon must be/],
    [{ links: { terms: "http://plain.example" } }, /theme\.links\.terms must be/],
    [{ radius: "1em}" }, /theme\.radius must be/],
    [{ font: "x;}body{" }, /theme\.font must/],
    [{ name: "" }, /theme\.name must be/],
  ];
  for (const [theme, problem] of cases) {
    assert.throws(() => start(theme), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, problem);
      return true;
    });
  }
  assert.throws(
    () => parseConfig({ ANNYEONG_ENV: "development", THEME: "{" }, "deno"),
    /THEME must be valid JSON/,
  );
  assert.throws(
    () => membership({ dataMap, theme: { accent: "#777", onAccent: "#fff" } }),
    /contrast of 4\.48:1/,
  );
});

Deno.test("buttons and links of any accent can be read on light and on dark paper", () => {
  for (let red = 0; red < 16; red += 3) {
    for (let green = 0; green < 16; green += 3) {
      for (let blue = 0; blue < 16; blue += 3) {
        const accent = `#${[red, green, blue].map((channel) => channel.toString(16)).join("")}`;
        assert.ok(contrast(accent, textOn(accent)) >= 4.5, accent);
        const { css } = lookOf({ accent });
        const values = (name: string) =>
          Array.from(css.matchAll(/(--[\w-]+):(#\w+)/g)).filter(([, key]) => key === name)
            .map(([, , value]) => value!);
        const [fills, texts, links] = ["--accent", "--on-accent", "--link"].map(values) as [
          string[],
          string[],
          string[],
        ];
        fills.forEach((fill, n) => assert.ok(contrast(fill, texts[n]!) >= 4.5, `${accent} ${n}`));
        assert.ok(contrast(links[0]!, "#f6f5f1") >= 4.5, `${accent} as a link on light paper`);
        assert.ok(contrast(links[1]!, "#1c201e") >= 4.5, `${accent} as a link on a dark card`);
        assert.ok(contrast(fills[1]!, "#1c201e") >= 3, `${accent} as a button on dark paper`);
      }
    }
  }
});

Deno.test("the pages of an app link to its own pages in the header", async () => {
  const members = membership({
    dataMap,
    theme: yellow,
    navigation: [{ href: "/cart", label: { ko: "장바구니", en: "Cart" } }],
    style: "main{color:var(--ink)}",
  });
  const { createApp } = await import("../../app.ts");
  await withApp({ beside: { parts: members.parts, app: createApp, folder: "" } }, async (app) => {
    const hong = await newMember(app, "hong");
    const { text } = await hong.get("/userinfo", html);
    assert.match(text, /<nav><a href="\/cart">장바구니<\/a>/);
    assert.match((await hong.get("/userinfo?lang=en", html)).text, /<a href="\/cart">Cart<\/a>/);
    const css = (await hong.get(sheetOf(text))).text;
    assert.ok(css.endsWith("main{color:var(--ink)}") && css.includes("--accent:#fee500"));
  });
});
