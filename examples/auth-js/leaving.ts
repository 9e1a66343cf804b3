import { getCookie } from "hono/cookie";
import { Hono } from "hono";
import { dataMap, destroy, exit, exitTables } from "../../exit/mod.ts";

const words = (ko: string, en: string) => ({ ko, en });

/** The tables of Auth.js as `@auth/d1-adapter` makes them, with sessions in the database. */
const map = dataMap([
  ...exitTables,
  destroy("users", {
    member: "id",
    label: words("회원 정보", "Member record"),
    purpose: words("로그인", "To sign in"),
    show: ["name", "email"],
  }),
  destroy("accounts", {
    member: "userId",
    label: words("연결된 계정", "Linked accounts"),
    purpose: words("로그인", "To sign in"),
    show: ["provider"],
  }),
  destroy("sessions", {
    member: "userId",
    label: words("로그인 상태", "Sessions"),
    purpose: words("로그인 유지", "To stay signed in"),
  }),
  destroy("verification_tokens", {
    via: { column: "identifier", to: "users.email" },
    label: words("메일로 보낸 링크", "Mailed links"),
    purpose: words("로그인", "To sign in"),
  }),
], { subject: "users.id", name: "email", email: "email" });

const cookies = ["__Secure-authjs.session-token", "authjs.session-token"];

/** The session's token in a request. */
async function tokenOf(request: Request): Promise<string | null> {
  let token: string | undefined;
  const reading = new Hono().all("*", (c) => {
    token = cookies.map((name) => getCookie(c, name)).find(Boolean);
    return c.body(null);
  });
  await reading.fetch(new Request(request.url, { headers: request.headers }));
  return token ?? null;
}

export const leaving = exit({
  dataMap: map,
  pages: { signIn: "/auth/signin", account: "/", signOut: "/auth/signout" },
  host: {
    async caller(request, now) {
      const token = await tokenOf(request);
      if (token === null) return null;
      const source = (_since: number, at: number) => ({
        from: "sessions JOIN users ON users.id = sessions.userId",
        where: "sessions.sessionToken = :app_token AND sessions.expires > :app_now",
        values: { app_token: token, app_now: new Date(at).toISOString() },
      });
      const { from, where, values } = source(0, now);
      const sql = `SELECT users.id FROM ${from} WHERE ${where}`;
      const [found] = await leaving.db.read([{ sql, args: values }]);
      const id = found!.rows[0]?.id;
      // Auth.js does not store when a member signed in, so no session is fresh.
      return id ? { memberId: String(id), session: token, authenticatedAt: 0, source } : null;
    },
    signOut: [(member) => `DELETE FROM sessions WHERE userId = ${member}`],
    endCookies: () =>
      cookies.map((name) =>
        `${name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax${
          name.startsWith("__Secure") ? "; Secure" : ""
        }`
      ),
  },
});
