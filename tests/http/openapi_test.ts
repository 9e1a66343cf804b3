import assert from "node:assert/strict";
import fc from "fast-check";
import { createApp } from "../../app.ts";
import assets from "../../routes/assets.ts";
import metrics from "../../routes/metrics.ts";
import withProvider from "../../routes/with_provider.tsx";
import { openapiText } from "../../tools/openapi.ts";
import { examples, type RequestName, requests } from "../../tools/openapi/requests.ts";
import { Browser, withApp } from "../support/harness.ts";
import { Description } from "../support/openapi.ts";

const file = "routes/openapi.json";
const text = await Deno.readTextFile(file);
const linter = await Deno.stat("node_modules/@redocly/cli").then(() => true, () => false);
const description = new Description(JSON.parse(text));

Deno.test("routes/openapi.json is current, and GET /openapi.json serves it unchanged", async () => {
  assert.ok(text === openapiText(), "run `deno task openapi`");
  await withApp({}, async (app) => {
    const answer = await new Browser(app).get("/openapi.json");
    assert.equal(answer.text, text);
    assert.equal(answer.headers.get("Cache-Control"), "public, max-age=300");
    assert.deepEqual(answer.headers.getSetCookie(), []);
  });
});

/** What people open in a browser: the links of mails, and the way to the page for a new password. */
function isForPeople(path: string): boolean {
  return path.includes(":token") || path === "/.well-known/change-password";
}

Deno.test("every route is in the document, and nothing else is", async () => {
  await withApp({}, (app) => {
    const forOthers = new Set( // for pages, for browsers on their way to a provider, and for Prometheus
      [...assets.routes, ...withProvider.routes, ...metrics.routes].map(({ path }) => path),
    );
    const routes = createApp(app.services).routes
      .filter(({ method, path }) => method !== "ALL" && !forOthers.has(path) && !isForPeople(path))
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
    const documented = description.operations()
      .map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    assert.deepEqual([...new Set(routes)].toSorted(), documented.toSorted());
    return Promise.resolve();
  });
});

Deno.test("every schema of an answer forbids additional properties", () => {
  const open: string[] = [];
  const look = (schema: Record<string, unknown>, where: string) => {
    if (schema.properties && !("additionalProperties" in schema)) open.push(where);
    for (const [name, inner] of Object.entries(schema)) {
      if (inner && typeof inner === "object") {
        look(inner as Record<string, unknown>, `${where}.${name}`);
      }
    }
  };
  const { schemas } = description.document.components;
  for (const [name, schema] of Object.entries<Record<string, unknown>>(schemas)) {
    if (!(name in requests)) look(schema, name);
  }
  assert.deepEqual(open, []);
});

Deno.test("the document and the service refuse the same bodies, and accept the examples", () => {
  const words = ["", " ", "haneul", " 하늘 ", "a@b.co", "회원탈퇴", "other", "x".repeat(300)];
  const value = fc.oneof(
    fc.constantFrom<unknown>(...words, null, 5, [], {}),
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.emailAddress(),
  );
  for (const name of Object.keys(requests) as RequestName[]) {
    const validate = description.validator(`/components/schemas/${name}`);
    assert.ok(validate(examples[name]), name);
    assert.ok(requests[name].safeParse(examples[name]).success, name);
    const { anyOf, ...schema } = description.document.components.schemas[name];
    const properties = (anyOf ?? [schema]).flatMap((one: { properties: object }) =>
      Object.keys(one.properties)
    );
    const fields = Object.fromEntries(properties.map((field: string) => [field, value]));
    const bodies = fc.oneof(fc.record(fields, { requiredKeys: [] }), value);
    fc.assert(
      fc.property(bodies, (body) => {
        if (requests[name].safeParse(body).success) assert.ok(validate(body), JSON.stringify(body));
      }),
      { numRuns: 2000 },
    );
  }
});

Deno.test({
  name: linter
    ? "a linter finds no problem"
    : "a linter finds no problem (skipped: run deno install)",
  ignore: !linter,
  async fn() {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "npm:@redocly/cli", "lint", "--extends=recommended-strict", file],
      env: { NO_COLOR: "1", REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
    }).output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert.equal(code, 0, said);
    assert.match(said, /Your API description is valid/);
  },
});
