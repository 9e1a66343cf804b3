import { getLogger } from "@logtape/logtape";
import { makeZip } from "client-zip";
import type { Context } from "hono";
import { causesOf } from "../domain/error.ts";
import { csvOf, type Exported, jsonOf } from "../domain/export.ts";
import { attach } from "../http/attachment.ts";
import type { Env } from "../http/env.ts";
import { htmlOf } from "../pages/export.ts";

const log = getLogger(["annyeong", "export"]);

/**
 * Answers an export as a file: JSON, or with `?format=zip` an archive with a page to read, the same JSON, and
 * a CSV file for each table.
 */
export function answerExport(c: Context<Env>, exported: Exported) {
  if (c.req.query("format") === "zip") {
    c.header("Content-Type", "application/zip");
    attach(c, "export.zip");
    return c.body(makeZip(filesOf(c, exported), { buffersAreUTF8: true }));
  }
  c.header("Content-Type", "application/json; charset=utf-8");
  attach(c, "export.json");
  return c.body(streamOf(jsonOf(exported)));
}

function* filesOf(c: Context<Env>, exported: Exported) {
  const lastModified = new Date(exported.at);
  const file = (name: string, text: AsyncGenerator<string>) => ({
    name,
    lastModified,
    input: streamOf(text),
  });
  yield file("index.html", htmlOf(c.var.messages, exported));
  yield file("data.json", jsonOf(exported));
  for (const table of exported.tables) yield file(`tables/${table.table}.csv`, csvOf(table));
}

/** A stream that asks for the next part only when the reader wants it. */
function streamOf(text: AsyncGenerator<string>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await text.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      } catch (error) {
        log.warn("an export broke off", { causes: causesOf(error) });
        controller.error(new Error("the export broke off"));
      }
    },
    async cancel() {
      await text.return(undefined);
    },
  });
}
