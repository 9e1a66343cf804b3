import assert from "node:assert/strict";
import { generateKeyPair } from "jose";
import { Browser, captureLog, Clock, day, newMember, openApp } from "../support/harness.ts";
import { Person, roundTrip } from "../support/oidc.ts";
import { joinWith, testWith } from "../support/providers.ts";
import { openStandIn } from "../support/stand_ins.ts";

const html = { Accept: "text/html" };

testWith("who declines at the provider is told so, and can go back", async (app, oidc) => {
  oidc.behaviour.declines = true;
  const browser = new Browser(app, html);
  const answer = await roundTrip(browser, "/login/with/corp?next=/withdrawal", new Person());
  assert.equal(answer.status, 403);
  assert.match(answer.text, /동의하지 않아 진행하지 않았습니다/);
  assert.match(answer.text, /href="\/login\?next=\/withdrawal"/);
  const nabi = await newMember(app, "nabi");
  const linking = await roundTrip(nabi, "/userinfo/identities/corp", new Person());
  assert.equal(linking.json.code, "provider_declined");
  assert.equal((await nabi.get("/userinfo")).status, 200, "the session lives on");
});

testWith(
  "a provider that is down, slow or talks rubbish is told as such, and nothing is half made",
  async (app, oidc) => {
    const answers: [string, number, string][] = [
      ["/.well-known/openid-configuration", 503, "down"],
      ["/.well-known/openid-configuration", 200, "<html>rubbish"],
      [
        "/.well-known/openid-configuration",
        200,
        JSON.stringify({ issuer: "https://evil.example" }),
      ],
      ["/.well-known/openid-configuration", 302, ""],
    ];
    for (const [path, status, text] of answers) {
      oidc.behaviour.instead = (request, response) => {
        if (request.url !== path) return false;
        response.writeHead(status, {
          "Content-Type": "application/json",
          Location: "https://evil.example",
        });
        response.end(text);
        return true;
      };
      const answer = await new Browser(app, html).send("POST", "/login/with/corp");
      assert.equal(answer.status, 502, text);
      assert.match(answer.text, /정상적인 응답을 받지 못했습니다/);
    }
    const tokens = [
      [500, "{}"],
      [200, "rubbish"],
      [200, "[]"],
      [200, '{"access_token":"x","token_type":"bearer"}'],
      [200, '{"access_token":"x","token_type":"bearer","id_token":"a.b.c"}'],
      [200, `{"access_token":"${"x".repeat(300 * 1024)}","token_type":"bearer"}`],
    ] as const;
    delete oidc.behaviour.instead;
    const person = new Person();
    for (const [status, text] of tokens) {
      oidc.behaviour.instead = (request, response) => {
        if (request.url !== "/token") return false;
        response.writeHead(status, { "Content-Type": "application/json" });
        response.end(text);
        return true;
      };
      const answer = await roundTrip(new Browser(app), "/login/with/corp", person);
      assert.equal(answer.json.code, "provider_failed", text.slice(0, 80));
    }
    delete oidc.behaviour.instead;
    await joinWith(app, "haru", person);
  },
);

/** Runs a test in which the ten seconds that a provider may take are a fifth of a second. Counts the waits. */
async function inHaste(test: () => Promise<void>): Promise<number> {
  const { timeout } = AbortSignal;
  let waits = 0;
  AbortSignal.timeout = (ms) => {
    if (ms !== 10_000) return timeout.call(AbortSignal, ms);
    waits++;
    return timeout.call(AbortSignal, 200);
  };
  try {
    await test();
  } finally {
    AbortSignal.timeout = timeout;
  }
  return waits;
}

testWith(
  "a provider that never answers, or never ends its answer, is given up after ten seconds, on a clear page",
  async (app, oidc) => {
    const silent = (path: string, begins: boolean) => {
      oidc.behaviour.instead = (request, response) => {
        if (request.url !== path) return false;
        if (begins) response.writeHead(200, { "Content-Type": "application/json" }).write('{"');
        return true;
      };
    };
    const discovery = "/.well-known/openid-configuration";
    for (const begins of [false, true]) {
      silent(discovery, begins);
      const waits = await inHaste(async () => {
        const answer = await new Browser(app, html).send("POST", "/login/with/corp");
        assert.equal(answer.status, 502);
        assert.match(answer.text, /정상적인 응답을 받지 못했습니다/);
        assert.match(answer.text, /href="\/login"/);
      });
      assert.equal(waits, 1);
    }
    delete oidc.behaviour.instead;
    const person = new Person();
    silent("/token", true);
    await inHaste(async () => {
      const answer = await roundTrip(new Browser(app, html), "/login/with/corp", person);
      assert.equal(answer.status, 502);
      assert.match(answer.text, /정상적인 응답을 받지 못했습니다/);
    });
    delete oidc.behaviour.instead;
    await joinWith(app, "haru", person);
  },
);

testWith(
  "a line of the log names the cause of a failure, and holds no code, token or address",
  async (app, oidc) => {
    oidc.behaviour.instead = (request, response) => {
      if (request.url !== "/token") return false;
      response.writeHead(400, { "Content-Type": "application/json" });
      response.end('{"error":"invalid_client"}');
      return true;
    };
    let back = "";
    const log = await captureLog(async () => {
      const browser = new Browser(app);
      const left = await browser.send("POST", "/login/with/corp");
      back = await new Person().visit(left.headers.get("Location")!, app.origin);
      await browser.get(back);
    });
    assert.match(log, /OAUTH_RESPONSE_BODY_ERROR/);
    const { searchParams } = new URL(back, app.origin);
    for (const secret of ["code", "state"]) {
      assert.ok(
        !log.includes(searchParams.get(secret)!),
        secret,
      );
    }
    assert.doesNotMatch(log, /haru@|account-1/);
  },
);

Deno.test("a provider that has rotated its keys is believed by the new ones", async () => {
  const standIn = await openStandIn("google");
  const env = { PROVIDERS: JSON.stringify([standIn.entry]) };
  const app = await openApp({ env, clock: new Clock(Date.now()) });
  const arrive = async () => {
    const browser = new Browser(app);
    const left = await browser.send("POST", "/login/with/google");
    return await browser.get(standIn.visit(left.headers.get("Location")!).path);
  };
  try {
    assert.equal((await arrive()).status, 303);
    await standIn.rotateKeys();
    assert.equal((await arrive()).status, 303);
    standIn.forgeKeys = await generateKeyPair("RS256");
    assert.equal((await arrive()).json.code, "provider_failed");
  } finally {
    await app.close();
    await standIn.close();
  }
});

testWith("with a clock that is a day ahead nobody is signed in", async (app) => {
  app.clock.pass(day);
  const answer = await roundTrip(new Browser(app), "/login/with/corp", new Person());
  assert.equal(answer.json.code, "provider_failed");
});

testWith("the pages let a form through to the provider, and show its button", async (app, oidc) => {
  const { headers, text } = await new Browser(app).get("/login", html);
  const policy = headers.get("Content-Security-Policy")!;
  assert.match(policy, new RegExp(`form-action 'self' ${oidc.issuer}(;|$)`));
  assert.match(text, /<form method="post" action="\/login\/with\/corp">/);
  assert.match(text, /하루상사 계정으로 로그인/);
  const english = await new Browser(app).get("/login?lang=en", html);
  assert.match(english.text, /Sign in with Haru Corp/);
});

testWith(
  "the first page knows where the provider's own authorization endpoint leads",
  async (app, oidc) => {
    const elsewhere = "https://sign-in.elsewhere.example";
    oidc.behaviour.instead = (request, response) => {
      if (request.url !== "/.well-known/openid-configuration") return false;
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify({
        issuer: oidc.issuer,
        authorization_endpoint: `${elsewhere}/auth`,
        token_endpoint: `${oidc.issuer}/token`,
        jwks_uri: `${oidc.issuer}/jwks`,
      }));
      return true;
    };
    const { headers } = await new Browser(app).get("/login", html);
    assert.match(
      headers.get("Content-Security-Policy")!,
      new RegExp(`form-action[^;]* ${elsewhere}`),
    );
    const json = await new Browser(app).get("/login");
    assert.doesNotMatch(json.headers.get("Content-Security-Policy")!, /elsewhere/);
  },
);
