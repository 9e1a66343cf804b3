/**
 * Every place where a member's data lives, and what leaving does with it. This is the file that an
 * operator edits: a table that is not on it stops withdrawals until it is (docs/data-map.md).
 */
import { type DataMap, dataMap, destroy, holdsNobody } from "./domain/data_map.ts";

/** Annyeong's own tables. They keep nothing apart: which law binds whom is the operator's call. */
export const ownTables = [
  destroy("users", {
    member: "id",
    label: { ko: "회원 정보", en: "Member record" },
    purpose: {
      ko: "회원 식별과 로그인",
      en: "To recognise the member and let them sign in",
    },
    show: ["name", "email", "rank", "joined_at"],
  }),
  destroy("sessions", {
    member: "user_id",
    label: { ko: "로그인 상태", en: "Sessions" },
    purpose: { ko: "로그인 유지와 기기 관리", en: "To stay signed in, device by device" },
    lifetime: { ko: "로그아웃하거나 만료될 때까지", en: "Until sign-out or expiry" },
    show: ["created_at", "expires_at", "user_agent"],
  }),
  destroy("sign_ins", {
    member: "user_id",
    label: { ko: "로그인 기록", en: "Sign-ins" },
    purpose: {
      ko: "본인 확인과 도용 방지",
      en: "To let the member spot, and us slow down, somebody else",
    },
    lifetime: { ko: "90일", en: "90 days" },
    show: ["signed_in_at", "user_agent"],
  }),
  destroy("withdrawals", {
    member: "user_id",
    label: { ko: "탈퇴 신청", en: "Withdrawal requests" },
    purpose: { ko: "탈퇴와 철회 처리", en: "To carry out a withdrawal, or take it back" },
    show: ["requested_at", "erase_at", "restored_at"],
  }),
  destroy("recoveries", {
    member: "user_id",
    label: { ko: "계정 복구 링크", en: "Recovery links" },
    purpose: {
      ko: "비밀번호를 잊은 회원의 복구",
      en: "To let a member back in who forgot the password",
    },
    lifetime: { ko: "30분", en: "30 minutes" },
    show: ["created_at", "expires_at"],
  }),
  holdsNobody("migrations", "which migrations have run"),
  holdsNobody("attempts", "keyed hashes that count attempts; gone within a day"),
  holdsNobody("erasures", "the ledger: opaque ids of members who have left, and counts"),
  holdsNobody("erasure_keys", "keys noted while an erasure runs; empty outside of it"),
  holdsNobody("data_maps", "what the map said when a receipt was issued"),
  holdsNobody("retained", "rows kept apart, as the entries that keep them declare"),
  holdsNobody("rejoin_blocks", "keyed hashes of names and e-mails that may not join yet"),
  holdsNobody("reasons", "day and choice, tied to nobody"),
  holdsNobody("deliveries", "events for recipients: opaque ids alone"),
  holdsNobody("delivery_tries", "what each try of a delivery met; goes with the delivery"),
  holdsNobody("failing_recipients", "recipients that do not confirm, by name"),
  holdsNobody("audit", "what operators did, by opaque ids"),
];

const map: DataMap = dataMap([
  ...ownTables,
  // Your own tables go here: docs/data-map.md
]);

export default map;
