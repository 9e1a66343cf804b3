import { getLogger } from "@logtape/logtape";
import type { Context } from "hono";
import { causesOf } from "../domain/error.ts";
import { attach } from "../http/attachment.ts";
import type { Env } from "../http/env.ts";

const log = getLogger(["annyeong", "export"]);

/** Answers an export as a file. */
export function answerExport(c: Context<Env>, text: AsyncIterable<string>) {
  c.header("Content-Type", "application/json; charset=utf-8");
  attach(c, "export.json");
  return c.body(bytesOf(text));
}

/** A stream that asks for the next part only when the reader wants it. */
function bytesOf(text: AsyncIterable<string>): ReadableStream<Uint8Array> {
  const parts = text[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await parts.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      } catch (error) {
        log.warn("an export broke off", { causes: causesOf(error) });
        controller.error(new Error("the export broke off"));
      }
    },
    async cancel() {
      await parts.return?.();
    },
  });
}
