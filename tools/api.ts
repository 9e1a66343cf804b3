/** `deno task api`: records the exported API of the built package in `api.txt`, or in the file it is given. */
import settings from "../deno.json" with { type: "json" };
import { apiOf } from "./package/api.ts";

const root = new URL("..", import.meta.url).pathname;
const [file = `${root}api.txt`] = Deno.args;
await Deno.writeTextFile(file, apiOf(`${root}dist/package/types`, settings.exports));
