/**
 * `deno task openapi`: writes `routes/openapi.json`, the OpenAPI 3.1 document that is served as it is,
 * from the schemas that validate and the table of operations. Tests keep it current and true.
 */
import * as z from "zod/mini";
import settings from "../deno.json" with { type: "json" };
import { type Code, statuses } from "../domain/error.ts";
import { ownWords } from "../messages/mod.ts";
import { answers, remarks as onAnswers } from "./openapi/answers.ts";
import { type HeaderName, type Operation, operations } from "./openapi/operations.ts";
import {
  examples,
  remarks as onRequests,
  type RequestName,
  requests,
  takesTutorialNames,
  withTutorialNames,
} from "./openapi/requests.ts";

type Json = Record<string, unknown>;

const { problem: sentences } = ownWords.en;

const headers: Record<HeaderName | "Retry-After" | "Allow", Json> = {
  "Set-Cookie": { required: true, schema: { type: "string" } },
  "Clear-Site-Data": { required: true, schema: { const: '"cache", "storage"' } },
  "Content-Disposition": { required: true, schema: { type: "string" } },
  "Retry-After": { description: "Seconds", required: true, schema: { type: "integer" } },
  Allow: { required: true, schema: { type: "string" } },
};

const carried: Partial<Record<Code, keyof typeof headers>> = {
  method_not_allowed: "Allow",
  throttled: "Retry-After",
  unavailable: "Retry-After",
};

export function openapiDocument() {
  const responses: Record<string, Json> = {};
  const paths = Object.entries(operations).map(([path, methods]) => {
    const names = [...["id", "name"].filter((name) => path.includes(`{${name}}`)), "lang"];
    const parameters = names.map((name) => ref("parameters", name));
    const described = Object.entries(methods)
      .map(([method, operation]) => [method, describe(method, operation, responses)]);
    return [path, { parameters, ...Object.fromEntries(described) }];
  });
  return {
    openapi: "3.1.0",
    info: {
      title: "Annyeong 안녕",
      version: settings.version,
      description:
        "Membership, and leaving it. Bodies are JSON or forms, at most 16 KiB. Every answer " +
        "carries `X-Request-Id`. Clients that prefer `text/html` get pages and redirects instead.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: [],
    paths: Object.fromEntries(paths),
    components: {
      schemas: { ...schemas(answers, onAnswers), ...schemas(requests, onRequests) },
      responses,
      headers,
      parameters: {
        id: { name: "id", in: "path", required: true, schema: { type: "string" } },
        name: { name: "name", in: "path", required: true, schema: { type: "string" } },
        lang: { name: "lang", in: "query", schema: { enum: ["ko", "en"] } },
      },
      securitySchemes: {
        session: {
          type: "apiKey",
          in: "cookie",
          name: "__Host-annyeong",
          description: "Set by signing in; `annyeong` where the service is not on HTTPS.",
        },
      },
    },
  };
}

function describe(method: string, operation: Operation, responses: Record<string, Json>) {
  const { id, summary, session, body, success } = operation;
  return {
    operationId: id,
    summary,
    ...(session && { security: [{ session: [] }, ...(session === "optional" ? [{}] : [])] }),
    ...(body && { requestBody: requestBody(body) }),
    responses: {
      ...Object.fromEntries(
        Object.entries(success).map(([status, one]) => [status, successOf(one)]),
      ),
      ...failuresOf(method, operation, responses),
    },
  };
}

function requestBody({ schema, required }: { schema: RequestName; required: boolean }) {
  const media = { schema: ref("schemas", schema) };
  const content = { "application/json": media, "application/x-www-form-urlencoded": media };
  return { required, content };
}

function successOf({ answer, headers = [], means = "Done" }: Operation["success"][number]) {
  const [first, ...rest] = (answer ?? []).map((name) => ref("schemas", name));
  const schema = !first
    ? { type: "object" }
    : rest.length > 0
    ? { oneOf: [first, ...rest] }
    : first;
  return {
    description: means,
    ...(headers.length > 0 && { headers: refs("headers", headers) }),
    content: { "application/json": { schema } },
  };
}

/** Each status once, with every code that it can have here. What several operations share is shared. */
function failuresOf(method: string, { failures }: Operation, responses: Record<string, Json>) {
  const anywhere: Code[] = ["method_not_allowed", "internal", "unavailable"];
  const unsafe: Code[] = ["cross_site", "request_timeout", "too_large", "unsupported_media_type"];
  const codes = new Set([...failures, ...anywhere, ...method === "get" ? [] : unsafe]);
  const byStatus = Object.groupBy(
    (Object.keys(statuses) as Code[]).filter((code) => codes.has(code)),
    (code) => statuses[code],
  );
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, some]) => {
      const name = some.join("-");
      responses[name] = failureOf(some);
      return [status, ref("responses", name)];
    }),
  );
}

/**
 * A `Problem` with one of these codes. By `allOf`, because generators and validators drop what stands
 * beside a `$ref`, though OpenAPI 3.1 allows it.
 */
function failureOf(codes: Code[]): Json {
  const headers = codes.flatMap((code) => carried[code] ?? []);
  return {
    description: codes.map((code) => sentences[code]).join(" / "),
    ...(headers.length > 0 && { headers: refs("headers", headers) }),
    content: {
      "application/json": {
        schema: {
          allOf: [
            ref("schemas", "Problem"),
            { type: "object", properties: { code: { enum: codes } }, required: ["code"] },
          ],
        },
      },
    },
  };
}

/** JSON Schema of each, as it is sent: requests before they are transformed, answers as they are. */
function schemas(
  named: Record<string, z.ZodMiniType>,
  remarks: Map<z.core.$ZodType, Json>,
): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(named).map(([name, schema]) => {
      const { $schema: _, ...json } = z.toJSONSchema(schema, {
        io: "input",
        override({ zodSchema, jsonSchema }) {
          if (takesTutorialNames.has(zodSchema)) withTutorialNames(jsonSchema);
          if (jsonSchema.format === "date-time") delete jsonSchema.pattern; // says it again, at length
          delete jsonSchema.propertyNames; // that names are texts
          if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
          Object.assign(jsonSchema, remarks.get(zodSchema));
        },
      });
      const example = examples[name as RequestName];
      return [name, { ...json, ...(example ? { examples: [example] } : {}) }];
    }),
  );
}

function ref(kind: string, name: string) {
  return { $ref: `#/components/${kind}/${name}` };
}

function refs(kind: string, names: string[]) {
  return Object.fromEntries(names.map((name) => [name, ref(kind, name)]));
}

/** As it is served. */
export function openapiText(): string {
  return JSON.stringify(openapiDocument());
}

if (import.meta.main) {
  const file = new URL("../routes/openapi.json", import.meta.url);
  await Deno.writeTextFile(file, openapiText());
}
