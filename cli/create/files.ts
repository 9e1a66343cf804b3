/** The files of a new app. */
import app from "./template/app.ts" with { type: "text" };
import dataMap from "./template/data_map.ts" with { type: "text" };
import denoJson from "./template/deno.json.txt" with { type: "text" };
import dockerfile from "./template/Dockerfile.txt" with { type: "text" };
import dockerignore from "./template/dockerignore.txt" with { type: "text" };
import gitignore from "./template/gitignore.txt" with { type: "text" };
import main from "./template/main.ts" with { type: "text" };
import members from "./template/members.ts" with { type: "text" };
import notes from "./template/migrations/0001_notes.sql" with { type: "text" };
import notesTest from "./template/notes_test.ts" with { type: "text" };
import operate from "./template/operate.ts" with { type: "text" };
import packageJson from "./template/package.json.txt" with { type: "text" };
import readme from "./template/README.md" with { type: "text" };
import wrangler from "./template/wrangler.toml" with { type: "text" };

const template: Record<string, string> = {
  ".dockerignore": dockerignore,
  ".gitignore": gitignore,
  "Dockerfile": dockerfile,
  "README.md": readme,
  "app.ts": app,
  "data_map.ts": dataMap,
  "deno.json": denoJson,
  "main.ts": main,
  "members.ts": members,
  "migrations/0001_notes.sql": notes,
  "notes_test.ts": notesTest,
  "operate.ts": operate,
  "package.json": packageJson,
  "wrangler.toml": wrangler,
};

/** What the template leaves open, as `__NAME__`. */
export interface Choices {
  NAME: string;
  /** Versions, as package.json takes them. */
  ANNYEONG: string;
  HONO: string;
  WRANGLER: string;
  DENO: string;
}

/** The files by their path in the new folder. */
export function filesOf(choices: Choices): Record<string, string> {
  return Object.fromEntries(
    Object.entries(template).map(([path, text]) => [
      path,
      text.replace(/__([A-Z]+)__/g, (_, name: keyof Choices) => choices[name]),
    ]),
  );
}
