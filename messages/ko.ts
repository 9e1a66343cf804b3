import { mailKo } from "./mail/ko.ts";

/** The source language: its type is the contract that every other language satisfies. */
const instant = (ms: number) =>
  `${
    new Intl.DateTimeFormat("ko-KR", {
      dateStyle: "long",
      timeStyle: "short",
      timeZone: "Asia/Seoul",
    }).format(ms)
  } (한국 시간)`;

const day = (ms: number) =>
  new Intl.DateTimeFormat("ko-KR", { dateStyle: "long", timeZone: "Asia/Seoul" }).format(ms);

const number = new Intl.NumberFormat("ko-KR", { maximumFractionDigits: 2 });
const days = (count: number) => `${number.format(count)}일`;

export const ko = {
  language: "ko",
  /** Whose pages these are. */
  service: {
    name: "Annyeong",
    brand: "안녕",
    /** A stylesheet after ours: its path, or nothing, and its text. */
    stylesheet: { path: "", css: "" },
    /** Addresses of images, or nothing. */
    logo: "",
    logoDark: "",
    favicon: "",
    /** Addresses of the operator's own pages, or nothing. */
    links: { terms: "", privacy: "", support: "" },
    /** Where images and fonts of the theme come from, besides this origin. */
    sources: { images: [] as readonly string[], fonts: [] as readonly string[] },
    /** The app's own pages that every page links to. */
    navigation: [] as readonly { href: string; text: string }[],
    /** The app's own pages for members, to which a sign-in may lead back. */
    memberPages: [] as readonly string[],
    /** Where members see their account, download their data, sign in and sign out. `""`: nowhere. */
    paths: {
      account: "/userinfo",
      export: "/userinfo/export",
      signIn: "/login",
      signOut: "/logout",
    },
  },
  instant,
  day,
  days,
  /** `counter`: a Korean counter, such as 대 for devices. */
  count: (count: number, counter?: string | null) => `${number.format(count)}${counter ?? "건"}`,
  /** What pages say in place of the sentences of JSON answers. */
  shown: {
    registered: "가입이 완료되었습니다. 로그인해 주세요.",
    invalid_credentials: "아이디 또는 비밀번호가 올바르지 않습니다.",
    confirmation_failed: "현재 비밀번호가 올바르지 않습니다.",
    wrong_phrase: "입력한 내용이 ‘회원탈퇴’와 다릅니다.",
    not_found: "페이지를 찾을 수 없습니다. 주소가 바뀌었거나 만료된 링크일 수 있습니다.",
    conflict: "이미 처리된 요청입니다. 새로고침해 주세요.",
    taken: "이미 사용 중이거나 지금은 가입할 수 없는 아이디 또는 이메일입니다.",
  },
  /** The page of leaving, and what it shares with the receipt. */
  leaving: {
    gone: "삭제되는 정보",
    anonymous: "익명으로 남는 정보",
    retained: "법령에 따라 따로 보관하는 정보",
    wasGone: "삭제된 정보",
    wasAnonymised: "익명으로 남은 정보",
    without: (fields: string) => `${fields} 없이 남습니다.`,
    partly: "보관 대상이 아닌 항목",
    until: (day: string) => `${day}까지 보관`,
    ground: "근거",
    terms: "알아 두실 점",
    exportFirst: "탈퇴 전에 내 데이터 내려받기",
    stay: "계속 이용하기",
    account: "계정",
  },
  exported: {
    at: (instant: string) => `${instant}에 내려받은 자료입니다.`,
    none: "없음",
  },
  consent: {
    title: "약관과 동의",
    why:
      "선택 동의는 언제든 철회하거나 다시 동의할 수 있습니다. 필수 동의는 탈퇴할 때 함께 철회됩니다.",
    required: "필수",
    optional: "선택",
    read: "내용 보기",
    agree: "동의하기",
    revoke: "철회하기",
    never: "동의하지 않음",
    version: (version: string) => `버전 ${version}`,
    agreedOn: (day: string) => `${day}에 동의함`,
    earlier: (day: string) => `${day}에 이전 버전에 동의함`,
    revokedOn: (day: string) => `${day}에 철회함`,
  },
  certificate: {
    issuedBy: (name: string) => `${name}에서 발급`,
    statement: "아래 정보가 데이터베이스에서 삭제되었음을 확인합니다.",
    scan: "이 주소에서 언제든 다시 볼 수 있습니다.",
    copy: "주소 복사",
    copied: "복사했습니다",
    print: "인쇄 또는 PDF로 저장",
    file: "서명 파일(.jws) 내려받기",
    verify: "위조 여부 확인",
    verifyWhy: "서명을 이 브라우저에서 바로 검사합니다.",
    valid: "진짜 확인서입니다. 발급된 뒤 한 글자도 바뀌지 않았습니다.",
    broken: "서명이 맞지 않습니다. 이 내용은 믿지 마시고 서비스에 문의해 주세요.",
    unable: "이 브라우저에서는 검사할 수 없습니다. 서명 파일을 내려받아 JOSE 도구로 검사해 주세요.",
  },
  done: {
    registered: "회원가입 성공",
    signedIn: "로그인 성공",
    confirmed: "확인되었습니다.",
    signedOut: "로그아웃되었습니다.",
    passwordChanged: "비밀번호가 변경되었습니다.",
    sessionEnded: "해당 기기에서 로그아웃되었습니다.",
    passkeyAdded: "패스키가 추가되었습니다.",
    passkeyRemoved: "패스키가 삭제되었습니다.",
    secondWay:
      "로그인되었습니다. 지금은 이 패스키로만 로그인할 수 있습니다. 잃어버려도 로그인할 수 있도록 다른 방법을 하나 더 추가해 주세요.",
    withdrawn: "회원탈퇴 성공",
    scheduled: (eraseAt: number) =>
      `탈퇴 신청이 접수되었습니다. ${
        instant(eraseAt)
      }까지 탈퇴를 철회할 수 있으며, 이후 개인정보가 파기됩니다.`,
    restored: "탈퇴가 철회되었습니다.",
    othersEnded: "다른 기기에서 모두 로그아웃되었습니다.",
    signedUp: "가입이 완료되었습니다.",
    consentGiven: "동의했습니다.",
    consentRevoked: "동의를 철회했습니다.",
    joined: "가입이 완료되었습니다. 메일로 보내 드린 링크로 이메일 주소를 확인해 주세요.",
    providerLinked: "로그인 서비스가 연결되었습니다.",
    providerUnlinked: "로그인 서비스의 연결이 해제되었습니다.",
    linkAsked:
      "일치하는 회원이 있으면 가입하신 이메일로 링크를 보냈습니다. 메일이 보이지 않으면 스팸함도 확인해 주세요.",
    linkSent: "메일로 링크를 보냈습니다. 메일을 열어 확인해 주세요.",
    verified: "이메일 주소가 확인되었습니다.",
    emailChanged: "이메일 주소가 변경되었습니다.",
    emailRestored:
      "이전 이메일 주소로 되돌리고 다른 모든 기기에서 로그아웃했습니다. 비밀번호도 새로 정해 주세요.",
  },
  problem: {
    invalid: "입력한 내용을 확인해 주세요.",
    provider_expired: "로그인 과정이 만료되었거나 이미 끝났습니다. 처음부터 다시 시도해 주세요.",
    unauthenticated: "로그인이 필요합니다.",
    invalid_credentials: "회원 정보가 없습니다.",
    confirmation_required: "본인 확인이 필요합니다.",
    confirmation_failed: "본인 확인에 실패했습니다. 입력한 내용을 확인해 주세요.",
    withdrawal_pending: "탈퇴 대기 중인 계정입니다. 탈퇴를 철회하면 다시 이용할 수 있습니다.",
    provider_declined: "로그인 서비스에서 동의하지 않아 진행하지 않았습니다.",
    unverified: "이메일 주소를 먼저 확인해 주세요. 확인 링크를 메일로 보냈습니다.",
    cross_site: "다른 사이트에서 보낸 요청은 처리할 수 없습니다.",
    not_found: "요청한 내용을 찾을 수 없습니다.",
    method_not_allowed: "지원하지 않는 요청 방식입니다.",
    request_timeout: "요청 본문이 제때 도착하지 않았습니다. 다시 시도해 주세요.",
    conflict: "다른 요청이 먼저 처리되었습니다. 현재 상태를 확인해 주세요.",
    last_credential:
      "지금 로그인할 수 있는 유일한 방법입니다. 다른 방법을 추가한 뒤 삭제해 주세요.",
    too_large: "요청 본문이 너무 큽니다.",
    unsupported_media_type:
      "application/json 또는 application/x-www-form-urlencoded 형식으로 보내 주세요.",
    throttled: "시도가 너무 많습니다. 잠시 후 다시 시도해 주세요.",
    internal: "오류가 발생했습니다.",
    provider_failed:
      "로그인 서비스에서 정상적인 응답을 받지 못했습니다. 잠시 후 다시 시도하거나 다른 방법으로 로그인해 주세요.",
    unavailable: "지금은 요청을 처리할 수 없습니다. 잠시 후 다시 시도해 주세요.",
  },
  sentence: {
    taken: "이미 사용 중이거나 지금은 가입할 수 없는 아이디 또는 이메일입니다.",
    withdrawal_unavailable: "지금은 탈퇴를 처리할 수 없습니다. 잠시 후 다시 시도해 주세요.",
    answer_lost: "처리 결과를 확인하지 못했습니다. 잠시 후 다시 확인해 주세요.",
    consent_needed: "필수 동의는 탈퇴로만 철회할 수 있습니다.",
    nothing_pending: "철회할 수 있는 탈퇴 신청이 없습니다.",
    identity_taken: "이 로그인 서비스 계정은 다른 회원에게 연결되어 있습니다.",
    provider_linked_already: "이 로그인 서비스의 계정이 이미 연결되어 있습니다.",
    address_taken:
      "이미 사용 중인 아이디 또는 이메일입니다. 본인의 계정이라면 먼저 그 계정으로 로그인한 뒤 로그인 서비스를 연결해 주세요.",
    vetoed: "남은 절차가 있어 탈퇴를 완료할 수 없습니다. 아무것도 변경되지 않았습니다.",
    passkey_expired: "시간이 지났거나 이미 처리된 요청입니다. 다시 시도해 주세요.",
    passkey_unknown: "이 패스키로 로그인할 수 있는 계정이 없습니다. 삭제된 패스키일 수 있습니다.",
    passkey_refused: "패스키를 확인하지 못했습니다. 다시 시도하거나 다른 방법으로 로그인해 주세요.",
    passkey_taken: "이미 다른 계정에 등록된 패스키입니다. 다른 패스키를 선택해 주세요.",
    passkeys_full: "더 이상 패스키를 추가할 수 없습니다. 쓰지 않는 패스키를 먼저 삭제해 주세요.",
    no_passkey: "등록된 패스키가 없습니다. 다른 방법으로 확인해 주세요.",
    link_over: "만료되었거나 이미 사용한 링크입니다. 필요하시면 링크를 다시 요청해 주세요.",
    no_mail: "이 서비스는 메일을 보내지 않습니다. 운영자에게 문의해 주세요.",
  },
  field: {
    required: "필수 항목입니다.",
    malformed: "형식이 올바르지 않습니다.",
    unknown: "고를 수 있는 값이 아닙니다.",
    too_short: "너무 짧습니다.",
    too_long: "너무 깁니다.",
    common: "널리 쓰이거나 유출된 비밀번호입니다. 다른 비밀번호를 정해 주세요.",
    contains_name: "아이디, 이메일 또는 서비스 이름이 들어간 비밀번호는 쓸 수 없습니다.",
    foreign_address: "@가 들어간 아이디는 본인의 이메일 주소와 같아야 합니다.",
    expired: "시간이 지났거나 이미 처리된 요청입니다. 다시 시도해 주세요.",
    refused: "패스키를 확인하지 못했습니다. 다시 시도해 주세요.",
  },
  /** What pages say in place of those above, by field. `min` is the least length of a password. */
  fields: {
    user_id: {
      required: "아이디를 입력해 주세요.",
      too_short: "2자 이상 입력해 주세요.",
      too_long: "40자까지 입력할 수 있습니다.",
      malformed: "글자와 숫자, . _ - + @만 쓸 수 있습니다.",
    },
    email: {
      required: "이메일을 입력해 주세요.",
      too_long: "254자까지 입력할 수 있습니다.",
      malformed: "name@example.com 형식으로 입력해 주세요.",
    },
    password: {
      required: "비밀번호를 입력해 주세요.",
      too_short: (min: number) => `${min}자 이상 입력해 주세요.`,
      too_long: "256자까지 입력할 수 있습니다.",
    },
    consents: { required: "필수 항목에 동의해 주세요." },
    current: { required: "현재 비밀번호를 입력해 주세요." },
    reason: { unknown: "목록에서 선택해 주세요." },
  } as Record<string, Partial<Record<string, string | ((min: number) => string)>>>,
  /** The pages that mail a link, and the pages of a link. */
  link: {
    nameOrEmail: "아이디 또는 이메일",
    send: "링크 보내기",
    account: "계정",
    forgot: "비밀번호를 잊으셨나요?",
    recoveryWhy: "새 비밀번호를 정할 수 있는 링크를 가입하신 이메일로 보내 드립니다. " +
      "링크는 30분 동안 쓸 수 있습니다.",
    verification: "이메일 주소 확인",
    verificationWhy: "아래 버튼을 누르면 이메일 주소가 확인됩니다.",
    verify: "이 주소 확인하기",
    verified: "확인됨",
    unverified: "확인되지 않음",
    sendVerification: "확인 메일 보내기",
    email: "이메일 변경",
    emailWhy:
      "새 주소로 링크를 보내 드립니다. 링크에서 확인하시기 전에는 지금 주소가 그대로 쓰입니다.",
    newEmail: "새 이메일",
    emailUse: "아래 버튼을 누르면 이메일 주소가 바뀝니다. 바뀐 사실은 이전 주소로도 알려 드립니다.",
    changeEmail: "이 주소로 바꾸기",
    emailUndo: "이메일 변경 취소",
    emailUndoWhy:
      "아래 버튼을 누르면 이전 이메일 주소로 되돌리고 다른 모든 기기에서 로그아웃합니다. 본인이 바꾸신 것이라면 그대로 두셔도 됩니다.",
    undoEmail: "이전 주소로 되돌리기",
    leave: "회원탈퇴 안내",
    leaveWhat: "탈퇴하면 파기되는 정보와 보관되는 정보:",
    leaveByMail: "로그인하지 않고 탈퇴하시려면 아이디나 이메일을 입력해 주세요. " +
      "탈퇴할 수 있는 링크를 가입하신 이메일로 보내 드립니다. 링크는 30분 동안 쓸 수 있습니다.",
    leaveSignedIn: "로그인하신 뒤 회원탈퇴 화면에서 탈퇴하실 수 있습니다.",
    leaveUse: "아래 버튼을 누르면 이 계정에서 탈퇴합니다.",
  },
  page: {
    greeting: "안녕하세요",
    tagline: "반가울 때도, 떠날 때도.",
    welcome: (name: string) => `환영합니다, ${name}님`,
    signIn: "로그인",
    signOut: "로그아웃",
    confirmYou: "본인 확인",
    confirmWhy: "중요한 변경이므로 본인 확인이 한 번 더 필요합니다.",
    confirm: "확인",
    signOutQuestion: "이 기기에서 로그아웃할까요?",
    signedOut: "로그인이 필요합니다",
    signedOutWhy: "로그인하면 보던 페이지로 돌아갑니다.",
    join: "회원가입",
    myPage: "내 정보",
    home: "처음으로",
    policy: "개인정보 처리 안내",
    terms: "이용약관",
    privacyPolicy: "개인정보 처리방침",
    support: "고객센터",
    profile: "프로필",
    security: "로그인과 보안",
    myData: "내 데이터",
    userId: "아이디",
    email: "이메일",
    password: "비밀번호",
    currentPassword: "현재 비밀번호",
    newPassword: "새 비밀번호",
    changePassword: "비밀번호 변경",
    show: "보기",
    passwordHint: (min: number) => `${min}자 이상. 한글·띄어쓰기·기호도 쓸 수 있습니다.`,
    recovery: "계정 복구",
    setPassword: "새 비밀번호로 바꾸기",
    recoveryWithdrawal: "비밀번호를 새로 정하지 않고 바로 탈퇴하실 수도 있습니다.",
    rank: "등급",
    joinedAt: "가입일",
    devices: "로그인한 기기",
    thisDevice: "이 기기",
    otherDevices: "다른 기기",
    endOthers: "다른 기기에서 모두 로그아웃",
    noOthers: "다른 기기에는 로그인되어 있지 않습니다.",
    lastUsed: (instant: string) => `마지막 사용: ${instant}`,
    endSession: "로그인 해제",
    export: "내 데이터 내려받기",
    passkeys: "패스키",
    passkeysWhy: "지문, 얼굴 또는 화면 잠금으로 로그인합니다. 비밀번호를 기억하지 않아도 됩니다.",
    signInWithPasskey: "패스키로 로그인",
    joinWithPasskey: "비밀번호 없이 패스키로 가입",
    confirmWithPasskey: "패스키로 확인",
    leaveWithPasskey: "패스키로 확인하고 탈퇴하기",
    addPasskey: "패스키 추가",
    removePasskey: "삭제",
    passkeyName: "패스키 이름 (선택)",
    passkeyAddedOn: (day: string) => `${day}에 추가`,
    lastUsedOn: (day: string) => `${day}에 마지막으로 사용`,
    neverUsed: "사용한 적 없음",
    backedUp: "다른 기기에 동기화됨",
    onlyWay:
      "지금은 이 방법으로만 로그인할 수 있어 삭제할 수 없습니다. 다른 기기에 패스키를 하나 더 추가하거나 비밀번호를 설정해 두세요.",
    confirmFirst: "패스키를 추가하거나 삭제하려면 본인 확인이 필요합니다.",
    passkeyCancelled: "취소되었거나 시간이 지났습니다. 다시 시도해 주세요.",
    passkeyPresent: "이 기기에는 이미 패스키가 있습니다. 다른 기기에서 추가해 주세요.",
    passkeyFailed: "이 브라우저에서 패스키를 사용하지 못했습니다. 다른 방법을 이용해 주세요.",
    passkeyNeedsScript: "패스키를 사용하려면 브라우저에서 JavaScript를 켜 주세요.",
    choosePassword: "비밀번호 설정",
    withdrawal: "회원탈퇴",
    withdraw: "탈퇴하기",
    blocked: "남은 절차가 있어 지금은 탈퇴가 완료되지 않습니다.",
    backups: (count: number) =>
      `백업본에는 최대 ${number.format(count)}일간 남아 있다가 파기됩니다.`,
    rejoining: "재가입",
    rejoin: (count: number) =>
      count > 0
        ? `같은 아이디와 이메일로는 ${days(count)} 동안 다시 가입할 수 없습니다.`
        : "같은 아이디와 이메일로 언제든 다시 가입할 수 있습니다.",
    grace: (count: number) =>
      count > 0
        ? `신청 후 ${days(count)} 동안 로그인하여 철회할 수 있습니다.`
        : "탈퇴하면 바로 삭제되며 되돌릴 수 없습니다.",
    told: "탈퇴 사실을 전달받는 곳",
    kinds: { processor: "수탁자", third_party: "제공받는 자" },
    typePhrase: "확인을 위해 ‘회원탈퇴’를 입력해 주세요.",
    reason: "탈퇴 이유 (선택)",
    reasons: {
      too_expensive: "비용이 부담돼서",
      not_useful: "잘 쓰지 않아서",
      privacy: "개인정보가 걱정돼서",
      too_many_messages: "알림이 많아서",
      other: "그 밖의 이유",
    },
    noReason: "선택하지 않음",
    farewell: "안녕히 가세요",
    thanks: "탈퇴가 완료되었습니다. 그동안 함께해 주셔서 감사합니다.",
    receipt: "파기 확인서",
    receiptNumber: "확인서 번호",
    keepReceipt: "이 번호로 언제든 파기 내역을 확인할 수 있습니다.",
    erasedAt: "파기 일시",
    signature: "서명",
    scheduled: "탈퇴 예정",
    restore: "탈퇴 철회하기",
    statuses: {
      waiting: "통보 대기",
      confirmed: "확인 완료",
      refused: "거절",
      given_up: "통보 실패",
    },
    purpose: "목적",
    lifetime: "보유 기간",
    onLeaving: "탈퇴하면",
    asLongAsMember: "회원 자격을 유지하는 동안",
    dispositions: { destroy: "파기", anonymise: "익명 처리", keep: "분리보관" },
    period: (unit: "years" | "months" | "days", count: number) =>
      `${count}${{ years: "년", months: "개월", days: "일" }[unit]}`,
    retryIn: (minutes: number) => `${number.format(minutes)}분 후 다시 시도해 주세요.`,
    noAccount: "아직 회원이 아니신가요?",
    haveAccount: "이미 회원이신가요?",
    userIdHint: "글자와 숫자로 2~40자",
    capsLock: "Caps Lock이 켜져 있습니다.",
    strength:
      "{n}자 더 입력해 주세요.|쓸 수 있는 길이입니다. 길수록 안전합니다.|안전한 길이입니다.",
    identities: "연결된 로그인 서비스",
    noIdentities: "연결된 로그인 서비스가 없습니다.",
    unlink: "연결 해제",
    grantPage: "해당 서비스에서 연결 관리",
    /** The words on a provider's button. `kind` is that of its brand, which may have words of its own. */
    withProvider: {
      signIn: (name: string, kind: string) => {
        if (kind === "apple") return "Apple로 로그인";
        return kind === "kakao" || kind === "naver" ? `${name} 로그인` : `${name} 계정으로 로그인`;
      },
      link: (name: string, _kind: string) => `${name} 계정 연결`,
      confirm: (name: string, _kind: string) => `${name} 계정으로 본인 확인`,
    },
    joinWithProvider: (name: string) =>
      `${name} 계정으로 확인되었습니다. 사용할 아이디를 정하면 가입이 완료되며, 다음부터는 ${name} 계정으로 로그인할 수 있습니다.`,
    providerNothingDone: "변경된 내용은 없습니다.",
    tryAgain: "다시 시도",
    grants: "로그인 서비스 연결",
    grantsEnd: "탈퇴하면 로그인 서비스와의 연결도 해제됩니다.",
    grantsByMember:
      "해당 서비스에서 본인 확인을 하면 탈퇴할 때 연결도 함께 해제됩니다. 하지 않아도 탈퇴할 수 있으며, 이 경우 연결은 해당 서비스에서 직접 해제해 주세요.",
    grantStatuses: {
      waiting: "연결 해제 중",
      ended: "연결 해제됨",
      refused: "해당 서비스에서 거절됨, 그 서비스에서 직접 해제해 주세요",
      given_up: "해제하지 못함, 그 서비스에서 직접 해제해 주세요",
      by_member: "그 서비스에서 직접 해제해 주세요",
    },
  },
  mail: mailKo,
};

export type Messages = typeof ko;
