import type { Ground, Words } from "./data_map.ts";

/** What a rejoin block stores, as preview, receipt and policy say it. It is stored apart from the map. */
export const rejoinBlock: { label: Words; purpose: Words; ground: Ground } = {
  label: { ko: "재가입 제한용 암호화 식별값", en: "Keyed hashes of the username and email" },
  purpose: {
    ko: "같은 아이디나 이메일로 바로 다시 가입하는 것을 막기 위해",
    en: "To keep the same username or email from joining again at once",
  },
  ground: {
    kind: "claim",
    ko: "재가입 제한 기간 동안의 부정 이용 방지",
    en: "To prevent abuse while rejoining is blocked",
  },
};

/** How many values a block stores: one for the name, one for the e-mail. */
export const rejoinBlockValues = 2;
