/** Every table of this app, and what leaving does with it. A table that is missing here stops withdrawals. */
import { dataMap, destroy, ownTables } from "annyeong";

export default dataMap([
  ...ownTables,
  destroy("notes", {
    member: "user_id",
    label: { ko: "메모", en: "Notes" },
    purpose: { ko: "회원이 쓴 메모 보관", en: "To keep what the member wrote" },
    show: ["text", "written_at"],
  }),
]);
