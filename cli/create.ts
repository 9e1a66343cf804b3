#!/usr/bin/env node
/** `deno run -A npm:annyeong/create FOLDER`: makes a new app with Annyeong in it. Runs on Deno and on Node. */
import process from "node:process";
import { create } from "./create/create.ts";

const [folder, ...rest] = process.argv.slice(2);
if (!folder || rest.length > 0 || folder.startsWith("-")) {
  console.error("usage: create FOLDER (a new one)");
  process.exit(2);
}
try {
  await create(folder, import.meta.url);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
console.log(`${folder} is ready:

  cd ${folder}
  npm install
  deno task dev     # http://127.0.0.1:8000
  deno task test
`);
