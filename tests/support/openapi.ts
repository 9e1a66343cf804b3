/** Holds what the service answers against what its OpenAPI document says. */
import assert from "node:assert/strict";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { Answer, Browser } from "./harness.ts";

// deno-lint-ignore no-explicit-any -- JSON, as deep as it goes
type Json = any;

export type Method = "get" | "post" | "delete";

export interface Documented {
  method: Method;
  path: string;
  operation: Json;
}

export class Description {
  readonly ajv = new Ajv2020({ allErrors: true, strictTypes: false });
  /** What was answered so far: `GET /userinfo 200`, `GET /userinfo unauthenticated`. */
  readonly seen = new Set<string>();

  constructor(readonly document: Json) {
    formats.default(this.ajv);
    this.ajv.addVocabulary(["openapi", "info", "servers", "paths", "components", "security"]);
    this.ajv.addSchema({ $id: "openapi:", ...document });
  }

  operations(): Documented[] {
    return Object.entries<Json>(this.document.paths).flatMap((
      [path, { parameters: _, ...methods }],
    ) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method as Method,
        path,
        operation,
      }))
    );
  }

  /** The failures of an operation: each status with its codes. */
  failures(operation: Json): [status: string, codes: string[]][] {
    return Object.entries<Json>(operation.responses).flatMap(([status, response]) => {
      const { allOf } = this.deref(response).content["application/json"].schema;
      return allOf ? [[status, allOf[1].properties.code.enum]] : [];
    });
  }

  /** Everything that the document says can happen, in the words of `seen`. */
  outcomes(): string[] {
    return this.operations().flatMap(({ method, path, operation }) => {
      const failures = new Map(this.failures(operation));
      return Object.keys(operation.responses).flatMap((status) =>
        (failures.get(status) ?? [status]).map((code) => `${method.toUpperCase()} ${path} ${code}`)
      );
    });
  }

  validator(pointer: string): ValidateFunction<Json> {
    return this.ajv.getSchema(`openapi:#${pointer}`)!;
  }

  /** Asks as a documented operation, and holds the answer against it. */
  async ask(
    browser: Browser,
    method: Method,
    path: string,
    given: { id?: string; body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const { id = "x", body, headers } = given;
    const address = path.replace(/\{\w+\}/, id);
    const answer = await browser.send(method.toUpperCase(), address, body, headers);
    this.hold(method, path, answer);
    return answer;
  }

  hold(method: Method, path: string, answer: Answer): void {
    const operation = this.document.paths[path][method];
    const where = `${method.toUpperCase()} ${path} ${answer.status}: ${answer.text.slice(0, 200)}`;
    const found = operation.responses[answer.status];
    assert.ok(found, `not documented: ${where}`);
    const response = this.deref(found);
    for (const [name, header] of Object.entries(response.headers ?? {})) {
      this.holdHeader(this.deref(header), answer.headers.get(name), `${name} of ${where}`);
    }
    assert.match(answer.headers.get("Content-Type")!, /^application\/json\b/, where);
    const pointer = found.$ref
      ? `${found.$ref.slice(1)}/content/application~1json/schema`
      : `/paths/${
        escape(path)
      }/${method}/responses/${answer.status}/content/application~1json/schema`;
    const validate = this.validator(pointer);
    const { json } = answer;
    assert.ok(validate(json), `${where}\n${this.ajv.errorsText(validate.errors)}`);
    this.seen.add(`${method.toUpperCase()} ${path} ${json.code ?? answer.status}`);
  }

  private holdHeader(header: Json, value: string | null, where: string): void {
    assert.ok(value !== null || !header.required, `no ${where}`);
    if (value === null) return;
    const read = header.schema.type === "integer" ? Number(value) : value;
    assert.ok(this.ajv.validate(header.schema, read), where);
  }

  private deref(thing: Json): Json {
    if (!thing.$ref) return thing;
    const names: string[] = thing.$ref.slice(2).split("/");
    return names.reduce((at, name) => at[name], this.document);
  }
}

function escape(path: string): string {
  return encodeURIComponent(path.replaceAll("~", "~0").replaceAll("/", "~1"));
}
