/**
 * Every place where a member's data lives, and what leaving does with it. This is the file that an
 * operator edits: a table that is not on it stops withdrawals until it is (docs/data-map.md).
 */
import { type DataMap, dataMap, destroy, holdsNobody } from "./domain/data_map.ts";

/** Annyeong's own tables. They retain nothing: the operator decides which law applies. */
export const ownTables = [
  destroy("users", {
    member: "id",
    label: { ko: "회원 정보", en: "Member record" },
    purpose: {
      ko: "회원 식별과 로그인",
      en: "To recognise the member and let them sign in",
    },
    show: ["name", "email", "email_verified_at", "language", "rank", "joined_at"],
    fields: {
      name: { ko: "아이디", en: "username" },
      email: { ko: "이메일", en: "email" },
      email_verified_at: { ko: "이메일 확인일", en: "when the email was verified" },
      language: { ko: "언어", en: "language" },
      rank: { ko: "등급", en: "rank" },
      joined_at: { ko: "가입일", en: "joined" },
    },
  }),
  destroy("sessions", {
    member: "user_id",
    label: { ko: "로그인된 기기", en: "Signed-in devices" },
    purpose: { ko: "로그인 유지와 기기 관리", en: "To stay signed in, device by device" },
    lifetime: { ko: "로그아웃하거나 만료될 때까지", en: "Until sign-out or expiry" },
    show: ["created_at", "last_used_at", "expires_at", "user_agent"],
    fields: {
      created_at: { ko: "로그인 시각", en: "signed in" },
      last_used_at: { ko: "마지막 사용", en: "last used" },
      expires_at: { ko: "만료 시각", en: "expires" },
      user_agent: { ko: "기기와 브라우저", en: "device and browser" },
    },
    counter: "대",
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
    fields: {
      signed_in_at: { ko: "로그인 시각", en: "signed in" },
      user_agent: { ko: "기기와 브라우저", en: "device and browser" },
    },
  }),
  destroy("withdrawals", {
    member: "user_id",
    label: { ko: "탈퇴 신청", en: "Withdrawal requests" },
    purpose: { ko: "탈퇴와 철회 처리", en: "To carry out a withdrawal, or take it back" },
    show: ["requested_at", "erase_at", "restored_at"],
    fields: {
      requested_at: { ko: "신청 시각", en: "requested" },
      erase_at: { ko: "탈퇴 예정 시각", en: "deletion scheduled" },
      restored_at: { ko: "철회 시각", en: "cancelled" },
    },
  }),
  destroy("passwords", {
    member: "user_id",
    key: "user_id",
    label: { ko: "비밀번호", en: "Password" },
    purpose: { ko: "본인 확인", en: "To check who signs in; only a hash is stored" },
    show: ["changed_at"],
    fields: { changed_at: { ko: "변경 시각", en: "changed" } },
    counter: "개",
  }),
  destroy("passkeys", {
    member: "user_id",
    label: { ko: "패스키", en: "Passkeys" },
    purpose: { ko: "비밀번호 없는 로그인", en: "To sign in without a password" },
    show: ["name", "created_at", "last_used_at", "backed_up"],
    fields: {
      name: { ko: "이름", en: "name" },
      created_at: { ko: "등록 시각", en: "added" },
      last_used_at: { ko: "마지막 사용", en: "last used" },
      backed_up: { ko: "동기화 여부", en: "synced" },
    },
    counter: "개",
  }),
  destroy("identities", {
    member: "user_id",
    label: { ko: "연결된 로그인 서비스", en: "Linked sign-in services" },
    purpose: { ko: "다른 서비스 계정으로 로그인", en: "To sign in with another service" },
    show: ["provider", "linked_at"],
    fields: {
      provider: { ko: "서비스", en: "service" },
      linked_at: { ko: "연결 시각", en: "linked" },
    },
  }),
  destroy("confirmations", {
    member: "user_id",
    label: {
      ko: "다른 서비스에서 한 본인 확인(암호화된 토큰 포함)",
      en: "Confirmations at sign-in services (with sealed tokens)",
    },
    purpose: {
      ko: "본인 확인과 연결 해제",
      en: "To confirm who you are, and to end the grant there",
    },
    lifetime: { ko: "확인 후 몇 분, 최대 24시간", en: "A few minutes, 24 hours at most" },
    show: ["confirmed_at", "expires_at"],
  }),
  destroy("links", {
    member: "user_id",
    label: { ko: "회원에게 보낸 링크", en: "Links sent to the member" },
    purpose: { ko: "계정 복구와 이메일 확인", en: "To recover the account or verify an address" },
    lifetime: { ko: "사용하거나 만료될 때까지", en: "Until used or expired" },
    show: ["purpose", "address", "created_at", "expires_at"],
    fields: {
      purpose: { ko: "용도", en: "purpose" },
      address: { ko: "받는 주소", en: "sent to" },
      created_at: { ko: "보낸 시각", en: "sent" },
      expires_at: { ko: "만료 시각", en: "expires" },
    },
  }),
  destroy("outbox", {
    member: "member_id",
    // Webhooks have opaque ids only. A grant has a sealed token that is used after its member has left, within
    // 24 hours. Both still have to be delivered.
    where: "channel = 'mail'",
    label: { ko: "회원에게 보내는 메일", en: "Mails to the member" },
    purpose: {
      ko: "이메일 확인과 계정 복구, 변경 알림",
      en: "To verify an address, and to tell of changes",
    },
    lifetime: {
      ko: "주소는 보낼 때까지, 최대 24시간. 보낸 기록은 90일",
      en: "The address until it is sent, 24 hours at most; the record 90 days",
    },
    show: ["type", "created_at", "status", "settled_at"],
  }),
  destroy("consents", {
    member: "user_id",
    label: { ko: "동의 기록", en: "Consents" },
    purpose: { ko: "동의와 철회의 증명", en: "To show what the member agreed to, and revoked" },
    show: ["name", "version", "agreed_at", "revoked_at"],
    fields: {
      name: { ko: "항목", en: "what" },
      version: { ko: "버전", en: "version" },
      agreed_at: { ko: "동의 시각", en: "agreed" },
      revoked_at: { ko: "철회 시각", en: "revoked" },
    },
  }),
  holdsNobody("migrations", "which migrations have run"),
  holdsNobody("clock", "the newest instant that the jobs have trusted"),
  holdsNobody("provider_answers", "hashes of answers of providers that were used; gone in minutes"),
  holdsNobody("attempts", "keyed hashes that count attempts; gone within a day"),
  holdsNobody(
    "passkey_challenges",
    "hashes of random values that passkeys sign; gone within minutes",
  ),
  holdsNobody("erasures", "opaque ids of members who have left, and counts"),
  holdsNobody("erasure_keys", "keys noted while an erasure runs; empty outside of it"),
  holdsNobody("data_maps", "what the map said when a receipt was issued"),
  holdsNobody("retained", "rows kept apart, as the entries that keep them declare"),
  holdsNobody("rejoin_blocks", "keyed hashes of names and e-mails that may not join yet"),
  holdsNobody("reasons", "day and choice, tied to nobody"),
  holdsNobody("delivery_tries", "what each try of a delivery met; goes with the delivery"),
  holdsNobody("failing_recipients", "recipients that do not confirm, by name"),
  holdsNobody("audit", "what operators did, by opaque ids"),
  holdsNobody("erasure_ledger", "the random id of this database's ledger"),
  holdsNobody(
    "erasure_ledger_lines",
    "the order of the erasures and their hashes, by receipt number",
  ),
  holdsNobody("erasure_ledger_copies", "how far the copy at LEDGER_URL is"),
];

const map: DataMap = dataMap([
  ...ownTables,
  // Your own tables go here: docs/data-map.md
]);

export default map;
