/** `deno task package`: builds `dist/annyeong-VERSION.tgz`, the npm package. docs/package.md describes it. */
import settings from "../deno.json" with { type: "json" };
import { bundle } from "./package/bundle.ts";
import { declare } from "./package/declare.ts";
import { manifestOf } from "./package/manifest.ts";

const root = new URL("..", import.meta.url).pathname;
const dist = `${root}dist`;
const staging = `${dist}/package`;

await Deno.remove(staging, { recursive: true }).catch(() => {});
await Deno.mkdir(staging, { recursive: true });
const [packages] = await Promise.all([
  bundle(root, settings.exports, staging),
  declare(root, settings.exports, staging),
]);
const manifest = manifestOf(settings, packages);
await Deno.writeTextFile(`${staging}/package.json`, JSON.stringify(manifest, null, 2) + "\n");
for (const file of ["README.md", "README.ko.md", "CHANGELOG.md", "LICENSE"]) {
  await Deno.copyFile(`${root}${file}`, `${staging}/${file}`);
}
const archive = `annyeong-${manifest.version}.tgz`;
const { success } = await new Deno.Command("tar", {
  args: ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"]
    .concat("-C", dist, "-czf", `${dist}/${archive}`, "package"),
}).spawn().status;
if (!success) throw new Error("tar failed");
const { size } = await Deno.stat(`${dist}/${archive}`);
console.log(`dist/${archive}: ${Math.round(size / 1024)} KiB`);
