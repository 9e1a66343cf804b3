import assert from "node:assert/strict";
import { ConfigError, freshSecrets, parseConfig } from "../../config/mod.ts";

const generated = await freshSecrets("generated");
const production = {
  PUBLIC_ORIGIN: "https://members.example",
  TURSO_DATABASE_URL: "libsql://members.example",
  ...await freshSecrets("production"),
};

const webhookSecret = "whsec_" + "Rn4x7QzL".repeat(4);

function recipientAt(host: string) {
  return { name: "a", url: `https://${host}/hooks`, secret: webhookSecret };
}

/** A message says what the value must be, or where a good one comes from. */
const saysWhatToDo = /\b(must (be|have|begin|differ)|deno task keys prints|give each entry) /;

function problemsOf(env: Record<string, string>, runtime: "deno" | "workers" = "deno"): string {
  try {
    parseConfig(env, runtime);
    return "";
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
}

Deno.test("development needs nothing but its generated secrets, and production what it prints", () => {
  const config = parseConfig({ ANNYEONG_ENV: "development", ...generated }, "deno");
  assert.equal(config.database.url, "file:data/annyeong.db");
  assert.deepEqual(config.withdrawal, {
    confirm: "fresh",
    freshMs: 600_000,
    graceMs: 0,
    rejoinBlockMs: 0,
    backupDays: null,
  });
  assert.ok(Object.isFrozen(config) && Object.isFrozen(config.withdrawal));
  assert.equal(parseConfig(production, "deno").production, true);
});

Deno.test("every bad value stops the start and names its variable, never its content", () => {
  const bad: Record<string, string[]> = {
    TURSO_DATABASE_URL: [
      "ws://canary",
      "canary",
      "libsql://canary?authToken=x",
      "https://canary?tls=0",
    ],
    ANNYEONG_ENV: ["canary"],
    SESSION_SECRET: ["canary", "canary,".repeat(10)],
    IDENTIFIER_KEY: ["canary"],
    RECEIPT_PRIVATE_KEY: [
      "canary",
      "{}",
      "[]",
      "[7]",
      "null",
      '{"kty":"RSA","canary":1}',
      '{"kty":"OKP","crv":"Ed25519","x":7,"d":"canary"}',
      '{"kty":"OKP","crv":"Ed25519","x":"canary","d":"canary","kid":7}',
      '{"kty":"OKP","crv":"Ed25519","x":"canary","d":"canary","kid":""}',
      '{"kty":"OKP","crv":"Ed25519","x":"canary"}',
    ],
    ALLOWED_ORIGINS: ["canary", "https://shop.example,canary", "https://shop.example/canary", "*"],
    PUBLIC_ORIGIN: ["canary", "ftp://canary.example", "https://canary.example/path"],
    WITHDRAWAL_CONFIRM: ["canary"],
    FRESH_MINUTES: ["canary", "-1"],
    WITHDRAWAL_GRACE_DAYS: ["canary", "-1", "1e9"],
    REJOIN_BLOCK_DAYS: ["canary", "-0.1"],
    BACKUP_DAYS: ["canary", "-1"],
    SESSION_IDLE_MINUTES: ["canary", "0"],
    SESSION_MAX_DAYS: ["NaN", "0", "1e3"],
    PASSWORD_MIN_LENGTH: ["7", "8.5", "canary"],
    PASSWORD_COST: ["0", "18", "0x10", "canary"],
    THROTTLE_SCALE: ["0", "-1", "canary"],
    TRUSTED_PROXY_HEADER: ["can ary"],
    RECIPIENTS: [
      "canary",
      "{}",
      '[{"name":"canary"}]',
      '[{"name":"a","url":"https://a.example","secret":"canary"}]',
      '["canary"]',
      `[{"name":7,"url":"https://a.example","secret":"${webhookSecret}"}]`,
      `[{"name":"","url":"https://a.example","secret":"${webhookSecret}"}]`,
      `[{"name":"a","url":7,"secret":"${webhookSecret}"}]`,
      `[{"name":"a","url":"https://a:canary@a.example","secret":"${webhookSecret}"}]`,
      `[{"name":"a","kind":"canary","url":"https://a.example","secret":"${webhookSecret}"}]`,
      `[{"name":"a","canary":1,"url":"https://a.example","secret":"${webhookSecret}"}]`,
      '[{"name":"a","url":"https://a.example","secret":7}]',
      JSON.stringify([recipientAt("a.example"), recipientAt("b.example")]),
    ],
    DATABASE_TIMEOUT_MS: ["0", "canary"],
    MAIL_URL: [
      "canary",
      "smtp://",
      "smtp://canary@mail.example",
      "smtp://mail.example/canary",
      "smtp://mail.example?canary",
      "smtp://a:%canary@mail.example",
      "file:",
      "resend://",
      "resend://a b",
      "postmark://canary@mail.example/canary",
      "binding:can-ary",
      "http://canary",
    ],
    MAIL_FROM: [
      "canary",
      "canary@",
      "a <canary",
      'canary "x" <a@b.example>',
      "a@b.example\ncanary",
    ],
    EMAIL_VERIFICATION: ["canary", "required"],
  };
  for (const [name, values] of Object.entries(bad)) {
    for (const value of values) {
      const problem = problemsOf({ ...production, [name]: value });
      assert.ok(problem.startsWith(name), `${name}=${value}: ${problem}`);
      assert.ok(!problem.includes("canary"), problem);
      assert.match(problem, saysWhatToDo, `${name}=${value}`);
      assert.doesNotMatch(problem, /must be text/, `${name}=${value}`);
    }
  }
});

Deno.test("production refuses generated, sample and missing secrets, weak hashes and plain http", () => {
  const refused: [string, string | undefined][] = [
    ["SESSION_SECRET", undefined],
    ["SESSION_SECRET", generated.SESSION_SECRET],
    ["SESSION_SECRET", "x".repeat(64)],
    ["SESSION_SECRET", "changeme-changeme-changeme-0123456789"],
    ["IDENTIFIER_KEY", undefined],
    ["IDENTIFIER_KEY", generated.IDENTIFIER_KEY],
    ["RECEIPT_PRIVATE_KEY", undefined],
    ["RECEIPT_PRIVATE_KEY", generated.RECEIPT_PRIVATE_KEY],
    ["PUBLIC_ORIGIN", undefined],
    ["ALLOWED_ORIGINS", "http://shop.example"],
    ["PUBLIC_ORIGIN", "http://members.example"],
    ["TURSO_DATABASE_URL", "http://members.example"],
    ["PASSWORD_COST", "13"],
    ["IDENTIFIER_KEY", production.SESSION_SECRET],
  ];
  for (const [name, value] of refused) {
    const problem = problemsOf({ ...production, [name]: value ?? "" });
    assert.ok(problem.startsWith(name), `${name}: ${problem}`);
    assert.match(problem, /must|deno task keys prints|set it to|use https/, name);
  }
  assert.equal(problemsOf({ ...production, PUBLIC_ORIGIN: "http://127.0.0.1:8000" }), "");
});

Deno.test("a Worker needs a database server, and takes the client's address from its platform", () => {
  assert.match(
    problemsOf({ ...production, TURSO_DATABASE_URL: "file:x.db" }, "workers"),
    /^TURSO_DATABASE_URL/,
  );
  assert.equal(parseConfig(production, "workers").trustedProxyHeader, "CF-Connecting-IP");
  assert.equal(parseConfig(production, "deno").trustedProxyHeader, null);
});

Deno.test("a value of a Worker's binding that is not text is refused by name", () => {
  const env = { ...production, RECIPIENTS: [recipientAt("a.example")] as unknown as string };
  assert.equal(problemsOf(env, "workers"), "RECIPIENTS must be text");
});

Deno.test("a wrong entry of PROVIDERS is refused with what is wrong, and nothing of it is repeated", () => {
  const right = { kind: "google", client_id: "private-id", client_secret: "private-secret" };
  const problemWith = (wrong: object) =>
    problemsOf({ ...production, PROVIDERS: JSON.stringify([{ ...right, ...wrong }]) });
  assert.equal(problemWith({}), "");
  const wrongs: [object, RegExp][] = [
    [{ "private-field": 1 }, /^PROVIDERS must have only fields that docs\/providers\.md lists/],
    [{ name: 5 }, /^PROVIDERS must have a "name"/],
    [{ name: "Private" }, /^PROVIDERS must have a "name"/],
    [{ origins: "private" }, /^PROVIDERS must have only origins/],
    [{ origins: [5] }, /^PROVIDERS must have only origins/],
    [{ base: 5 }, /^PROVIDERS may have "base"/],
    [{ client_secret: 5 }, /^PROVIDERS must have "client_secret"/],
    [{ on_unlink: "private" }, /^PROVIDERS must have "on_unlink"/],
    [{ kind: "private" }, /^PROVIDERS must be a JSON list/],
  ];
  for (const [wrong, problem] of wrongs) {
    assert.match(problemWith(wrong), problem);
    assert.doesNotMatch(problemWith(wrong), /private/i);
  }
});

Deno.test("production tells recipients only on public hosts, by name and by address", () => {
  const problemAt = (host: string, ANNYEONG_ENV = "production") =>
    problemsOf({ ...production, ANNYEONG_ENV, RECIPIENTS: JSON.stringify([recipientAt(host)]) });
  const privateHosts = [
    ...["localhost", "crm", "crm.", "crm.local", "crm.internal", "crm.lan", "crm.home.arpa"],
    ...["crm.default.svc", "crm.default.svc.cluster.local", "crm.corp", "CRM.LAN.", "a.localhost"],
    ...["0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.1", "2130706433"],
    ...["169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.1.1"],
    ...["192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.7", "0x0a000001"],
    ...["224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "10.1.2.3."],
    ...["[::]", "[::1]", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]", "[100::1]", "[fc00::1]"],
    ...["[fd12:3456::1]", "[fe80::1]", "[fec0::1]", "[ff02::1]", "[2001::1]", "[2001:db8::1]"],
    ...["[2002:a00:1::]", "[3fff::1]", "[5f00::1]"],
  ];
  for (const host of privateHosts) {
    assert.match(problemAt(host), /^RECIPIENTS must have only https:.* public hosts/, host);
    assert.equal(problemAt(host, "development"), "", host);
  }
  const publicHosts = [
    ...["crm.example", "crm.example.", "locals.example", "svc.example", "a.internal.example"],
    ...["9.9.9.9", "100.63.0.1", "100.128.0.1", "172.32.0.1", "172.15.0.1", "198.17.0.1"],
    ...["198.20.0.1", "223.255.255.255", "192.0.1.1", "[2606:4700::1]", "[2a00:1450::1]"],
  ];
  for (const host of publicHosts) assert.equal(problemAt(host), "", host);
});

Deno.test("recipients are unique, and reached by https with a secret that is one", async () => {
  const production = {
    PUBLIC_ORIGIN: "https://members.example",
    ...await freshSecrets("production"),
  };
  const secret = `whsec_${
    btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))
  }`;
  const entry = { name: "mailer", url: "https://mail.example/hook", secret };
  const parse = (...list: object[]) =>
    parseConfig({ ...production, RECIPIENTS: JSON.stringify(list) }, "deno");
  assert.equal(parse(entry, { ...entry, name: "other" }).recipients.length, 2);
  assert.throws(() => parse(entry, entry), /^ConfigError: RECIPIENTS repeats a name/);
  const inside = [
    ...["http://mail.example", "https://localhost/", "https://127.1/", "https://0x7f000001/"],
    ...["https://10.0.0.0/", "https://10.255.255.255/", "https://192.168.0.1/"],
    ...["https://172.16.0.0/", "https://172.24.9.9/", "https://172.31.255.255/"],
    ...["https://169.254.169.254/", "https://100.64.0.0/", "https://100.127.255.255/"],
    ...["https://0.0.0.0/", "https://[::1]/", "https://[fd00::1]/", "https://[::ffff:10.0.0.1]/"],
    ...["https://db.internal/", "https://printer.local/", "https://router.home.arpa/"],
    ...["https://intranet/", "https://mail.localhost/", "https://db.internal./"],
  ];
  for (const url of inside) {
    assert.throws(() => parse({ ...entry, url }), /RECIPIENTS must have only https/, url);
  }
  const outside = [
    ...[
      "https://172.15.0.1/",
      "https://172.32.0.1/",
      "https://100.63.0.1/",
      "https://100.128.0.1/",
    ],
    ...["https://11.0.0.1/", "https://192.167.0.1/", "https://internal.example/"],
  ];
  for (const url of outside) assert.equal(parse({ ...entry, url }).recipients[0]!.url, url);
  assert.throws(
    () => parse({ ...entry, secret: `whsec_${"A".repeat(40)}` }),
    /RECIPIENTS holds a generated/,
  );
});

Deno.test("a secret of 31 characters stops the start, and one of 32 does not", () => {
  const random = "0123456789abcdefghijklmnopqrstuv";
  for (const name of ["SESSION_SECRET", "IDENTIFIER_KEY"]) {
    assert.ok(problemsOf({ ...production, [name]: random.slice(1) }).startsWith(name), name);
    assert.equal(problemsOf({ ...production, [name]: random }), "");
  }
});

Deno.test("MAIL_URL names a way to send mails that the runtime has, and needs MAIL_FROM in production", () => {
  const from = { MAIL_FROM: "Haru Tea <hi@haru.example>" };
  const routeOf = (MAIL_URL: string, runtime: "deno" | "workers" = "deno") =>
    parseConfig({ ...production, ...from, MAIL_URL }, runtime).mail?.route;
  const smtp = { kind: "smtp", host: "mail.example", tls: "starttls", login: null };
  assert.deepEqual(routeOf("smtp://mail.example"), { ...smtp, port: 587 });
  assert.deepEqual(routeOf("smtp://mail.example:2525"), { ...smtp, port: 2525 });
  assert.deepEqual(routeOf("smtps://a%40b:p%2Fw@mail.example"), {
    ...smtp,
    port: 465,
    tls: "first",
    login: { user: "a@b", password: "p/w" },
  });
  for (const host of ["127.0.0.1", "localhost", "[::1]"]) {
    const route = routeOf(`smtp://${host}:25`);
    assert.ok(route?.kind === "smtp" && route.tls === "none", host);
  }
  assert.deepEqual(routeOf("file:data/mail"), { kind: "file", folder: "data/mail" });
  assert.deepEqual(routeOf("file:///var/mail"), { kind: "file", folder: "/var/mail" });
  const endpointOf = (url: string) => (routeOf(url) as { endpoint: string }).endpoint;
  assert.equal(endpointOf("resend://re_Key"), "https://api.resend.com");
  assert.equal(endpointOf("postmark://t-o-k@127.0.0.1:9000"), "http://127.0.0.1:9000");
  assert.equal(endpointOf("postmark://t-o-k@mail.example"), "https://mail.example");
  assert.deepEqual(routeOf("binding:EMAIL", "workers"), { kind: "binding", name: "EMAIL" });
  assert.equal(parseConfig(production, "deno").mail, null);
  assert.equal(
    parseConfig({ ANNYEONG_ENV: "development", ...generated }, "deno").mail!.route.kind,
    "file",
  );

  for (const url of ["smtp://mail.example", "smtps://mail.example", "file:mail"]) {
    assert.match(
      problemsOf({ ...production, ...from, MAIL_URL: url }, "workers"),
      /^MAIL_URL must/,
    );
  }
  assert.match(problemsOf({ ...production, ...from, MAIL_URL: "binding:EMAIL" }), /^MAIL_URL must/);
  assert.match(problemsOf({ ...production, MAIL_URL: "file:mail" }), /^MAIL_FROM is missing/);
});

Deno.test("deno task worker gives the Worker every variable that is set", async () => {
  const env = {
    MAIL_URL: "resend://key@127.0.0.1:9",
    MAIL_FROM: "Bob's Tea <hi@haru.example>",
    EMAIL_VERIFICATION: "required",
    ALLOWED_ORIGINS: "https://shop.example",
    TRUSTED_PROXY_HEADER: "X-Forwarded-For",
    METRICS_TOKEN: "m".repeat(32),
    PROVIDERS: '[{"kind":"github","client_id":"i","client_secret":"s"}]',
  };
  const { success } = await new Deno.Command(Deno.execPath(), {
    // the last argument only prints wrangler's options
    args: ["run", "-P=worker", "cli/worker.ts", "--var", "TURSO_DATABASE_URL:x", "--help"],
    env,
    stdout: "null",
    stderr: "null",
  }).output();
  assert.ok(success);
  const written = await Deno.readTextFile("data/worker/variables");
  for (const [name, value] of Object.entries(env)) {
    assert.match(written, new RegExp(`^${name}=(['\`])${RegExp.escape(value)}\\1$`, "m"), name);
  }
});
