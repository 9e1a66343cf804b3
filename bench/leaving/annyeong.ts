import { ownTables } from "../../data_map.ts";
import { dataMap, destroy } from "../../domain/data_map.ts";
import { openApp } from "../../tests/support/harness.ts";
import { appTables, password, type Place, type Subject } from "./place.ts";

const words = (text: string) => ({ ko: text, en: text });
export const recipients = JSON.stringify([{
  name: "crm",
  url: "https://crm.example/hook",
  secret: `whsec_${btoa("0123456789abcdef0123456789abcdef")}`,
  kind: "processor",
}]);

/** The app's own tables on the data map. */
export const appEntries = ["note", "comment"].map((table) =>
  destroy(table, { member: "owner", label: words(table), purpose: words(table) })
);

export const annyeong: Subject = {
  name: "Annyeong",
  async open(): Promise<Place> {
    const map = dataMap([...ownTables, ...appEntries]);
    const app = await openApp({
      env: { RECIPIENTS: recipients },
      map,
      tables: appTables.map((sql) => sql.replace("MEMBERS", "users")),
    });
    return {
      fetch: app.fetch,
      members: "users",
      services: app.services,
      map,
      file: `${app.folder}/test.db`,
      hooks: null,
      async join(browser, name) {
        const form = { user_id: name, email: `${name}@example.com`, password };
        const joined = await browser.send("POST", "/register", form);
        return joined.status < 300 ? await browser.send("POST", "/login", form) : joined;
      },
      signIn: (browser, name) => browser.send("POST", "/login", { user_id: name, password }),
      who: async (browser) => (await browser.get("/userinfo")).json?.user_id ?? null,
      leave: (browser, body, headers) => browser.send("DELETE", "/withdrawal", body, headers),
      isGone: ({ status }) => status === 200,
      deletionPaths: () => Promise.resolve(["/withdrawal"]),
      preview: (browser) => browser.get("/withdrawal"),
      organise: () => Promise.resolve(false),
      close: app.close,
    };
  },
};
