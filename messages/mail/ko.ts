/** The words of the mails. The user id is in the greeting, and is the only text that a person chose. */

/** What the words of a mail may name. Instants are written out. */
export interface MailFacts {
  /** What the service is called. */
  service: string;
  /** When the event occurred. */
  at: string;
  /** Browser and system of a sign-in. */
  device: string;
  /** The service that was linked or unlinked. */
  provider: string;
  /** Until when a withdrawal can be taken back. */
  eraseAt: string;
  /** The number of the receipt. */
  receiptId: string;
}

/** The words of one mail. */
export interface Letter {
  subject: string;
  /** Paragraphs before the link. */
  lines: readonly string[];
  /** What the link does. Absent: the mail has none. */
  button?: string;
  /** The paragraph after the link. */
  aside?: string;
}

const notYou = "본인이 하신 일이 아니라면 바로 비밀번호를 새로 정해 주세요.";
const newPassword = "비밀번호 새로 정하기";
const ignore = "요청하신 적이 없다면 이 메일은 무시하셔도 됩니다. 아무것도 바뀌지 않습니다.";

export const mailKo = {
  /** `name` is empty for a user id that looks like a link. */
  greeting: (name: string) => name === "" ? "안녕하세요." : `${name}님, 안녕하세요.`,
  copyLink: "버튼이 눌리지 않으면 아래 주소를 브라우저에 붙여 넣어 주세요.",
  closing: (service: string) => `${service} 드림`,
  footer: "이 메일은 자동으로 보낸 것으로, 회신을 받지 않습니다.",
  letters: {
    verification: ({ service }: MailFacts): Letter => ({
      subject: `[${service}] 이메일 주소를 확인해 주세요`,
      lines: [
        `${service}에 등록하신 이메일 주소가 맞는지 확인하려고 합니다.`,
        "아래 링크는 24시간 동안 한 번 쓸 수 있습니다.",
      ],
      button: "이메일 주소 확인하기",
      aside: "가입하신 적이 없다면 이 메일은 무시하셔도 됩니다.",
    }),
    recovery: ({ service }: MailFacts): Letter => ({
      subject: `[${service}] 계정 복구 안내`,
      lines: [
        "계정 복구를 요청하셔서 보내 드리는 메일입니다. 아래 링크를 열면 비밀번호를 새로 정하거나, 로그인하지 않고 탈퇴하실 수 있습니다.",
        "링크는 30분 동안 한 번 쓸 수 있습니다.",
      ],
      button: "계정 복구하기",
      aside: ignore,
    }),
    leave: ({ service }: MailFacts): Letter => ({
      subject: `[${service}] 회원탈퇴 안내`,
      lines: [
        "회원탈퇴를 요청하셔서 보내 드리는 메일입니다. 아래 링크를 열면 무엇이 파기되는지 확인한 뒤 로그인하지 않고 탈퇴하실 수 있습니다.",
        "링크는 30분 동안 한 번 쓸 수 있습니다. 링크를 여는 것만으로는 탈퇴되지 않습니다.",
      ],
      button: "탈퇴 화면 열기",
      aside: ignore,
    }),
    already_member: ({ service }: MailFacts): Letter => ({
      subject: `[${service}] 이미 가입된 이메일 주소입니다`,
      lines: [
        `이 이메일 주소를 ${service}의 다른 계정에 쓰려는 시도가 있었습니다. 이미 회원님의 계정에 등록된 주소라서 다른 계정에는 쓰이지 않습니다.`,
        "지금 계정으로 로그인해 주세요. 비밀번호를 잊으셨다면 로그인 화면에서 계정을 복구할 수 있습니다.",
      ],
      button: "로그인하기",
      aside: "본인이 시도하신 일이 아니라면 이 메일은 무시하셔도 됩니다.",
    }),
    password_changed: ({ service, at }: MailFacts): Letter => ({
      subject: `[${service}] 비밀번호가 변경되었습니다`,
      lines: [
        `${at}에 비밀번호가 변경되었습니다. 다른 기기에서는 모두 로그아웃되었습니다.`,
        notYou,
      ],
      button: newPassword,
    }),
    new_sign_in: ({ service, at, device }: MailFacts): Letter => ({
      subject: `[${service}] 새로운 기기에서 로그인했습니다`,
      lines: [
        `${at}에 처음 보는 기기에서 로그인했습니다.`,
        ...(device === "" ? [] : [`기기: ${device}`]),
        notYou,
      ],
      button: newPassword,
    }),
    email_change: ({ service }: MailFacts): Letter => ({
      subject: `[${service}] 새 이메일 주소를 확인해 주세요`,
      lines: [
        "이 주소로 이메일을 바꾸려고 하셔서 보내 드리는 메일입니다. 아래 링크를 열고 확인하셔야 바뀝니다.",
        "링크는 24시간 동안 한 번 쓸 수 있습니다.",
      ],
      button: "이 주소로 바꾸기",
      aside: ignore,
    }),
    email_changed: ({ service, at }: MailFacts): Letter => ({
      subject: `[${service}] 이메일 주소가 변경되었습니다`,
      lines: [
        `${at}에 회원님의 이메일 주소가 다른 주소로 변경되었습니다.`,
        "본인이 하신 일이 아니라면 아래 링크로 되돌려 주세요. 7일 동안 한 번 쓸 수 있습니다.",
      ],
      button: "변경 되돌리기",
      aside: "본인이 하신 일이라면 아무것도 하지 않으셔도 됩니다.",
    }),
    passkey_added: ({ service, at }: MailFacts): Letter => ({
      subject: `[${service}] 패스키가 추가되었습니다`,
      lines: [`${at}에 로그인에 쓸 패스키가 추가되었습니다.`, notYou],
      button: newPassword,
    }),
    passkey_removed: ({ service, at }: MailFacts): Letter => ({
      subject: `[${service}] 패스키가 삭제되었습니다`,
      lines: [`${at}에 로그인에 쓰던 패스키가 삭제되었습니다.`, notYou],
      button: newPassword,
    }),
    passkey_counter: ({ service, at }: MailFacts): Letter => ({
      subject: `[${service}] 패스키를 확인해 주세요`,
      lines: [
        `${at}에 사용된 패스키의 사용 횟수가 늘지 않았습니다. 보안 키가 복제되었을 수 있습니다. 해당 패스키를 삭제하고 새로 추가해 주세요.`,
        notYou,
      ],
      button: newPassword,
    }),
    provider_linked: ({ service, at, provider }: MailFacts): Letter => ({
      subject: `[${service}] 로그인 서비스가 연결되었습니다`,
      lines: [
        `${at}에 ${provider} 계정이 연결되어, 이제 그 계정으로 로그인할 수 있습니다.`,
        notYou,
      ],
      button: newPassword,
    }),
    provider_unlinked: ({ service, at, provider }: MailFacts): Letter => ({
      subject: `[${service}] 로그인 서비스의 연결이 해제되었습니다`,
      lines: [`${at}에 ${provider} 계정의 연결이 해제되었습니다.`, notYou],
      button: newPassword,
    }),
    withdrawal_scheduled: ({ service, at, eraseAt, receiptId }: MailFacts): Letter => ({
      subject: `[${service}] 탈퇴 신청이 접수되었습니다`,
      lines: [
        `${at}에 탈퇴 신청이 접수되었습니다. ${eraseAt}까지 로그인하여 철회할 수 있으며, 이후 개인정보가 파기됩니다.`,
        `확인서 번호: ${receiptId}`,
      ],
      button: "로그인하여 탈퇴 철회하기",
      aside: "탈퇴를 원하신다면 아무것도 하지 않으셔도 됩니다.",
    }),
    restored: ({ service, at }: MailFacts): Letter => ({
      subject: `[${service}] 탈퇴가 철회되었습니다`,
      lines: [
        `${at}에 탈퇴 신청이 철회되었습니다. 계정과 정보는 그대로 남아 있습니다.`,
        notYou,
      ],
      button: newPassword,
    }),
    erased: ({ service, at, receiptId }: MailFacts): Letter => ({
      subject: `[${service}] 회원탈퇴가 완료되었습니다`,
      lines: [
        `${at}에 회원탈퇴가 완료되어 개인정보가 파기되었습니다. 그동안 고마웠습니다.`,
        `확인서 번호: ${receiptId}`,
        "이 번호로 언제든 무엇이 파기되었는지 확인할 수 있습니다. 저희는 이 메일을 보낸 뒤 이메일 주소도 지우므로, 번호를 따로 보관해 주세요.",
      ],
      button: "파기 확인서 보기",
    }),
  },
};

export type MailMessages = typeof mailKo;
