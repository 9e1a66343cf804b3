import type { BetterAuthOptions } from "better-auth";
import { getAuthTables } from "better-auth/db";
import {
  type BlockedBy,
  type DataMap,
  dataMap,
  destroy,
  type Entry,
  type HoldsNobody,
  holdsNobody,
  type Words,
} from "../domain/data_map.ts";
import { quote } from "../db/map/sql.ts";
import { exitTables } from "./tables.ts";

/** What the tables of better-auth and its plugins are called, and what they are for. */
const about: Record<string, { label: Words; purpose: Words; show?: readonly string[] }> = {
  user: {
    label: { ko: "회원 정보", en: "Member record" },
    purpose: { ko: "회원 식별과 로그인", en: "To recognise the member and let them sign in" },
    show: ["name", "email", "emailVerified", "createdAt"],
  },
  session: {
    label: { ko: "로그인 상태", en: "Sessions" },
    purpose: { ko: "로그인 유지와 기기 관리", en: "To stay signed in, device by device" },
    show: ["createdAt", "expiresAt", "ipAddress", "userAgent"],
  },
  account: {
    label: { ko: "로그인 수단", en: "Ways to sign in" },
    purpose: { ko: "본인 확인", en: "To check who signs in" },
    show: ["providerId", "createdAt"],
  },
  verification: {
    label: { ko: "확인 코드와 링크", en: "Verification codes and links" },
    purpose: { ko: "이메일 확인과 계정 복구", en: "To verify an address or recover the account" },
  },
  passkey: {
    label: { ko: "패스키", en: "Passkeys" },
    purpose: { ko: "비밀번호 없는 로그인", en: "To sign in without a password" },
    show: ["name", "createdAt"],
  },
  twoFactor: {
    label: { ko: "2단계 인증", en: "Two-factor authentication" },
    purpose: { ko: "로그인 보호", en: "To protect the sign-in" },
  },
  apikey: {
    label: { ko: "API 키", en: "API keys" },
    purpose: { ko: "프로그램의 접근", en: "To let the member's programs in" },
    show: ["name", "createdAt"],
  },
  organization: {
    label: { ko: "혼자 속한 조직", en: "Organisations of the member only" },
    purpose: { ko: "함께 쓰는 공간", en: "To work together" },
    show: ["name", "slug"],
  },
  member: {
    label: { ko: "조직 소속", en: "Memberships of organisations" },
    purpose: { ko: "함께 쓰는 공간", en: "To work together" },
    show: ["role", "createdAt"],
  },
  invitation: {
    label: { ko: "조직 초대", en: "Invitations to organisations" },
    purpose: { ko: "함께 쓰는 공간", en: "To work together" },
  },
  teamMember: {
    label: { ko: "팀 소속", en: "Memberships of teams" },
    purpose: { ko: "함께 쓰는 공간", en: "To work together" },
  },
};

/** Tables of plugins that hold nobody, and why. */
const nobody: Record<string, string> = {
  jwks: "keys of the service",
  rateLimit: "counts by client address, tied to no member",
  team: "teams; who is in them is in another table",
  organizationRole: "roles of organisations",
  oauthApplication: "clients of the service",
};

/** Columns that hold a member's id without a foreign key. */
const withoutKey: Record<string, readonly string[]> = {
  session: ["impersonatedBy"],
  apikey: ["referenceId"],
};

type Tables = ReturnType<typeof getAuthTables>;

/** The names of a table and its columns, as the options of better-auth say. */
export interface Named {
  table: string;
  column(field: string): string;
}

/** How the database names what better-auth calls `twoFactor`: Drizzle's and Prisma's schemas often differ. */
export type Naming = "as better-auth" | "snake_case";

function named(name: string, naming: Naming): string {
  if (naming === "as better-auth") return name;
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Returns the names of a model. Throws an `Error` if no plugin makes it. */
export function namesOf(tables: Tables, model: string, naming: Naming): Named {
  const found = tables[model];
  if (!found) throw new Error(`better-auth has no table for the model "${model}"`);
  return {
    table: named(found.modelName, naming),
    column: (field) =>
      field === "id" ? "id" : named(found.fields[field]?.fieldName ?? field, naming),
  };
}

/**
 * Makes the data map of better-auth's tables and those of its plugins.
 * @param entries the app's own tables. An entry for a table of better-auth takes the place of ours.
 */
export function betterAuthMap(
  options: BetterAuthOptions,
  entries: readonly (Entry | HoldsNobody | BlockedBy)[] = [],
  naming: Naming = "as better-auth",
): DataMap {
  const tables = getAuthTables(options);
  const user = namesOf(tables, "user", naming);
  const replaced = new Set(entries.flatMap((entry) => "table" in entry ? [entry.table] : []));
  const own = Object.keys(tables).flatMap((model) => entriesOf(tables, model, naming))
    .filter(({ table }) => !replaced.has(table));
  const order = (entry: Entry | HoldsNobody) =>
    // its members are found through "member"
    tables.organization && named(tables.organization.modelName, naming) === entry.table ? 0 : 1;
  return dataMap(
    [...exitTables, ...entries, ...own.toSorted((a, b) => order(a) - order(b))],
    { subject: `${user.table}.id`, name: user.column("email"), email: user.column("email") },
  );
}

function entriesOf(tables: Tables, model: string, naming: Naming): (Entry | HoldsNobody)[] {
  const { table, column } = namesOf(tables, model, naming);
  if (nobody[model]) return [holdsNobody(table, nobody[model])];
  const fields = tables[model]!.fields;
  const user = namesOf(tables, "user", naming);
  const unknown = { ko: table, en: table };
  const { label, purpose, show = [] } = about[model] ?? { label: unknown, purpose: unknown };
  const shown = { label, purpose, show: show.filter((field) => fields[field]).map(column) };
  if (model === "user") return [destroy(table, { member: "id", ...shown })];
  if (model === "verification") {
    return [destroy(table, { matching: ofMember(column, user), label, purpose })];
  }
  if (model === "organization") {
    const member = namesOf(tables, "member", naming);
    return [destroy(table, { matching: ofNobodyElse(member), ...shown })];
  }
  const members = Object.entries(fields).filter(([field, { references }]) =>
    references?.model === tables.user!.modelName || references?.model === "user" ||
    withoutKey[model]?.includes(field)
  ).map(([field]) => column(field));
  if (members.length === 0) return []; // the app says what it holds; until then nobody can leave
  const entry = destroy(table, { member: members, ...shown });
  if (model !== "invitation") return [entry];
  const byEmail = { column: column("email"), to: `${user.table}.${user.column("email")}` };
  const received = { ko: "받은 조직 초대", en: "Invitations to the member" };
  return [entry, destroy(table, { via: byEmail, label: received, purpose })];
}

/** SQL: codes and links name the member by id, by address, or by a text with one of them. */
function ofMember(column: (field: string) => string, user: Named): string {
  const identifier = `${quote(column("identifier"))}`;
  const value = `${quote(column("value"))}`;
  const email = `(SELECT ${quote(user.column("email"))} FROM ${
    quote(user.table)
  } WHERE [id] = :member)`;
  const holds = (text: string, start: string, end = start) =>
    `instr('${start}' || ${text} || '${end}', '${start}' || ${email} || '${end}') > 0`;
  return [
    `${value} = :member`,
    `instr(${value}, '"' || :member || '"') > 0`,
    holds(identifier, "-"),
    `instr(${value}, '"' || ${email} || '"') > 0`,
    `${value} = ${email}`,
  ].join(" OR ");
}

/** SQL: the member is in the organisation, and nobody else is. */
function ofNobodyElse(member: Named): string {
  const organization = `${quote(member.table)}.${quote(member.column("organizationId"))}`;
  const userId = `${quote(member.table)}.${quote(member.column("userId"))}`;
  const among = (condition: string) =>
    `[id] IN (SELECT ${organization} FROM ${quote(member.table)} WHERE ${condition})`;
  return `${among(`${userId} = :member`)} AND NOT ${among(`${userId} <> :member`)}`;
}
