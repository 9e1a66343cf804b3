/**
 * The exit beside better-auth 1.7: its members leave in one batch. `docs/exit.md` says how to set it up.
 */
import type { AuthContext, BetterAuthOptions } from "better-auth";
import { isAPIError } from "better-auth/api";
import { getAuthTables } from "better-auth/db";
import { decryptOAuthToken } from "better-auth/oauth2";
import { copyLedger } from "../actions/copy_ledger.ts";
import { eraseMember } from "../actions/erase_member.ts";
import type { Erasing } from "../actions/services.ts";
import { identifiersOf } from "../crypto/identifiers.ts";
import type { Database } from "../db/engine/database.ts";
import { newId } from "../crypto/tokens.ts";
import { byOperator, ofMember } from "../db/leaving/initiator.ts";
import { instantIn, quote } from "../db/map/sql.ts";
import type { BlockedBy, Entry, HoldsNobody } from "../domain/data_map.ts";
import { AppError } from "../domain/error.ts";
import type { Caller, Host } from "./host.ts";
import { withdrawCaller } from "./leave.ts";
import { betterAuthMap, namesOf, type Naming } from "./better_auth_map.ts";
import { type Connection, ownHeaders, type Slot } from "./better_auth_plugin.ts";
import { type Exit, exit, type ExitOptions } from "./mod.ts";

export { betterAuthMap } from "./better_auth_map.ts";
export { leaving } from "./better_auth_plugin.ts";

/** What the exit needs of an instance of better-auth. */
export interface Auth {
  options: BetterAuthOptions;
  /** Of type `AuthContext`, with the app's own types in it. */
  $context: Promise<unknown>;
  api: { getSession(given: { headers: Headers; query?: object }): Promise<unknown> };
}

/** `entries`: the app's own tables on the data map. */
export interface BetterAuthExitOptions extends Omit<ExitOptions, "dataMap" | "host"> {
  entries?: readonly (Entry | HoldsNobody | BlockedBy)[];
  /** How the database names tables and columns, if its adapter maps the names. */
  naming?: Naming;
}

/** A session as `auth.api.getSession` returns it. */
interface Found {
  session: { token: string; createdAt: Date | string };
  user: { id: string };
}

/**
 * Makes the exit of an instance of better-auth whose plugins contain `leaving()`.
 * Throws an `Error` if the plugin is missing, or if sessions are not in the database.
 */
export function betterAuthExit(auth: Auth, options: BetterAuthExitOptions): Exit {
  const { entries, naming = "as better-auth", ...rest } = options;
  const slot = slotOf(auth.options);
  const context = auth.$context as Promise<AuthContext>;
  const tables = getAuthTables(auth.options);
  if (!tables.session) {
    throw new Error(
      "better-auth keeps sessions outside the database: set session.storeSessionInDatabase",
    );
  }
  const sql = sqlOf(tables, naming);
  const { deleteUser } = auth.options.user ?? {};
  const hooks = auth.options.databaseHooks?.user?.delete;
  const userOf = async (id: string) => {
    const { adapter } = await context;
    // deno-lint-ignore no-explicit-any -- the app's own type of its members
    return await adapter.findOne<any>({ model: "user", where: [{ field: "id", value: id }] });
  };

  const callerOf = async (userId: string, token: string, createdAt: number): Promise<Caller> => ({
    memberId: userId,
    session: token,
    authenticatedAt: createdAt,
    hasPassword: await sql.hasPassword(leaver.db, userId),
    source: (since, now) => ({
      ...sql.liveSession,
      values: { app_token: token, app_now: now, app_since: since },
    }),
  });

  const host: Host = {
    async caller(request) {
      const headers = new Headers(request.headers);
      ownHeaders.add(headers);
      const query = { disableCookieCache: true, disableRefresh: true };
      const found = await auth.api.getSession({ headers, query }) as Found | null;
      if (!found) return null;
      const { token, createdAt } = found.session;
      return await callerOf(found.user.id, token, new Date(createdAt).getTime());
    },
    async verify({ memberId }, password) {
      const { internalAdapter, password: passwords } = await context;
      const account = await internalAdapter.findCredentialAccount(memberId);
      if (!account?.password) return null;
      const { password: hash } = account;
      return await passwords.verify({ hash, password })
        ? { where: sql.passwordIs, values: { app_password: hash } }
        : null;
    },
    signOut: [sql.endSessions],
    async before({ memberId }, request) {
      await sql.refuseSoleOwner(leaver.db, memberId);
      const user = await userOf(memberId);
      if (!user) throw new AppError("unauthenticated"); // another request was first
      try {
        await deleteUser?.beforeDelete?.(user, request);
        // as better-auth: `false` is a veto
        const allowed = await hooks?.before?.(user, null);
        if (allowed === false) throw new AppError("conflict", { sentence: "vetoed" });
      } catch (error) {
        if (!isAPIError(error)) throw error;
        const words = { ko: error.message, en: error.message };
        throw new AppError("conflict", { ...(error.message && { words }), cause: error });
      }
    },
    async erasing(memberId) {
      const user = await userOf(memberId);
      const grants = await grantsOf(await context, memberId);
      const erased = async () => {
        const { internalAdapter, secondaryStorage } = await context;
        if (secondaryStorage) await internalAdapter.deleteUserSessions(memberId);
        await hooks?.after?.(user, null);
        await deleteUser?.afterDelete?.(user);
      };
      return { grants, erased };
    },
    async endCookies() {
      const { authCookies } = await context;
      const { sessionToken, sessionData, dontRememberToken } = authCookies;
      return [sessionToken, sessionData, dontRememberToken].map(({ name, attributes }) => {
        const { path = "/", domain, secure } = attributes;
        return [
          `${name}=; Path=${path}; Max-Age=0; HttpOnly; SameSite=Lax`,
          ...(domain ? [`Domain=${domain}`] : []),
          ...(secure ? ["Secure"] : []),
        ].join("; ");
      });
    },
  };

  const leaver = exit({ ...rest, dataMap: betterAuthMap(auth.options, entries, naming), host });

  const connection: Connection = {
    async withdraw({ userId, token, createdAt }, proof, request) {
      const { services } = leaver;
      const now = services.now();
      const known = await callerOf(userId, token, new Date(createdAt).getTime());
      const caller = proof.by !== "link" ? known : {
        ...known,
        authenticatedAt: now, // the link was used up just now
        source: (_since: number, at: number) => known.source(0, at),
      };
      const form = proof.by === "password" ? { password: proof.password } : {};
      return await withdrawCaller(services, host, caller, form, request, now);
    },
    hasGrace: () => leaver.services.config.withdrawal.graceMs > 0,
    async pendingSince(userId) {
      const [found] = await leaver.db.read([{
        sql: "SELECT erase_at FROM withdrawals WHERE user_id = ? AND restored_at IS NULL",
        args: [userId],
      }]);
      const row = found!.rows[0];
      return row ? Number(row.erase_at) : null;
    },
    async isBlocked(email) {
      const { config, now } = leaver.services;
      if (config.withdrawal.rejoinBlockMs === 0) return false;
      const hashes = identifiersOf(config.identifierKey, { name: email, email });
      const [found] = await leaver.db.read([{
        sql: `SELECT 1 FROM rejoin_blocks
          WHERE identifier IN (SELECT value FROM json_each(?)) AND expires_at > ?`,
        args: [JSON.stringify(hashes), now()],
      }]);
      return found!.rows.length > 0;
    },
    async eraseByOther(userId) {
      const { services } = leaver;
      const { subject } = services.inventory;
      // better-auth calls its hooks itself, and has deleted the accounts already
      const { erasing: _, ...withoutHooks } = services;
      const user = await userOf(userId);
      const email = String(user?.email ?? "");
      await eraseMember(withoutHooks, {
        initiator: byOperator(subject, ofMember(subject, userId)),
        member: { id: userId, name: email, email },
        receiptId: newId(),
        now: services.now(),
        audit: {
          ...{ operator: "better-auth", host: "better-auth", act: "delete", memberId: userId },
          why: "deleted through better-auth",
        },
      });
      await services.db.truncateLog();
      await copyLedger(services);
    },
    async signReceipt({ receipt }) {
      const { receiptKeys, config } = leaver.services;
      const origin = config.publicOrigin ?? new URL((await context).baseURL).origin;
      return await receiptKeys.sign(receipt, origin);
    },
  };
  slot.connection = connection;
  context.then(turnOffCookieCache).catch(() => {}); // better-auth itself reports that it cannot start
  return leaver;
}

/** The tokens of the member's accounts, which end the grants there. */
async function grantsOf(
  context: AuthContext,
  memberId: string,
): Promise<Erasing["grants"] & object> {
  const accounts = await context.internalAdapter.findAccounts(memberId);
  const grants = accounts.map(async ({ providerId, accessToken, refreshToken }) => ({
    provider: providerId,
    tokens: {
      access: accessToken ? await decryptOAuthToken(accessToken, context) : "",
      refresh: refreshToken ? await decryptOAuthToken(refreshToken, context) : null,
    },
  }));
  return (await Promise.all(grants)).filter(({ tokens }) => tokens.access || tokens.refresh);
}

/** With the cache a member who has left stays signed in on other devices until it expires. */
function turnOffCookieCache({ options }: AuthContext): void {
  const { session } = options;
  if (!session?.cookieCache?.enabled) return;
  options.session = { ...session, cookieCache: { ...session.cookieCache, enabled: false } };
}

function slotOf({ plugins = [] }: BetterAuthOptions): Slot {
  const plugin = plugins.find(({ id }) => id === "annyeong");
  if (!plugin) throw new Error("better-auth has no plugin leaving(): add it to `plugins`");
  return (plugin as unknown as { slot: Slot }).slot;
}

/** The statements about better-auth's tables, with the names that its options give them. */
function sqlOf(tables: ReturnType<typeof getAuthTables>, naming: Naming) {
  const user = namesOf(tables, "user", naming);
  const session = namesOf(tables, "session", naming);
  const account = namesOf(tables, "account", naming);
  const s = (field: string) => `${quote(session.table)}.${quote(session.column(field))}`;
  const credential = `FROM ${quote(account.table)}
    WHERE ${quote(account.column("providerId"))} = 'credential' AND ${
    quote(account.column("userId"))
  }`;

  return {
    liveSession: {
      from: `${quote(session.table)} JOIN ${quote(user.table)} ON ${quote(user.table)}.[id] = ${
        s("userId")
      }`,
      // the adapters of better-auth store instants as ISO 8601 text, seconds or milliseconds
      where: `${s("token")} = :app_token AND ${instantIn(s("expiresAt"))} > :app_now
        AND ${instantIn(s("createdAt"))} >= :app_since`,
    },
    passwordIs: `EXISTS (SELECT 1 ${credential} = ${quote(user.table)}.[id]
      AND ${quote(account.column("password"))} = :app_password)`,
    endSessions: (member: string) =>
      `DELETE FROM ${quote(session.table)} WHERE ${quote(session.column("userId"))} = ${member}`,

    async hasPassword(db: Database, userId: string): Promise<boolean> {
      const [found] = await db.read([{
        sql: `SELECT 1 ${credential} = ? AND ${quote(account.column("password"))} IS NOT NULL`,
        args: [userId],
      }]);
      return found!.rows.length > 0;
    },

    /** Throws `conflict` if the member is the only owner of an organisation with other members. */
    async refuseSoleOwner(db: Database, userId: string): Promise<void> {
      if (!tables.member) return;
      const member = namesOf(tables, "member", naming);
      const [organization, owner, role] = ["organizationId", "userId", "role"]
        .map((field) => `${quote(member.column(field))}`);
      const isOwner = `instr(',' || replace(${role}, ' ', '') || ',', ',owner,') > 0`;
      const [found] = await db.read([{
        sql: `SELECT ${organization} FROM ${quote(member.table)} GROUP BY ${organization}
          HAVING sum(${owner} = :id AND ${isOwner}) > 0
            AND sum(${owner} <> :id AND ${isOwner}) = 0 AND sum(${owner} <> :id) > 0 LIMIT 1`,
        args: { id: userId },
      }]);
      if (found!.rows.length > 0) throw new AppError("conflict", { words: soleOwner });
    },
  };
}

const soleOwner = {
  ko: "다른 구성원이 있는 조직의 유일한 소유자입니다. 소유자를 먼저 넘겨 주세요.",
  en:
    "You are the only owner of an organisation with other members: make another member its owner first.",
};
