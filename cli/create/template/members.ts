/** Annyeong, configured for this app. Members join, sign in and leave at /register, /login, /withdrawal. */
import { membership } from "annyeong";
import dataMap from "./data_map.ts";
import notes from "./migrations/0001_notes.sql" with { type: "text" };

export default membership({
  name: "__NAME__",
  dataMap,
  migrations: [{ name: "0001_notes", sql: notes }],
  memberPages: ["/notes"],
});
