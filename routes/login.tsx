import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as z from "zod/mini";
import type { Arrival, SignedIn } from "../actions/open_session.ts";
import { optionsToSignIn } from "../actions/passkey_options.ts";
import { signIn } from "../actions/sign_in.ts";
import { signInWithPasskey } from "../actions/sign_in_with_passkey.ts";
import { nameHash } from "../crypto/identifiers.ts";
import { plainText } from "../domain/member.ts";
import { body } from "../http/body.ts";
import { clientOf } from "../http/client.ts";
import { deviceOf, rememberDevice } from "../http/device.ts";
import type { Env } from "../http/env.ts";
import { noticeOf, wantsPage } from "../http/language.ts";
import { relyingPartyOf } from "../http/origin.ts";
import { page } from "../http/page.ts";
import { form } from "../http/problem.tsx";
import { anySecretOf, startCookie } from "../http/session.ts";
import { LoginPage, memberPageOf } from "../pages/entry.tsx";
import type { Refusal } from "../pages/form.tsx";
import { acceptTutorialNames, assertionResponse, passkey, password, shortText } from "./fields.ts";
import { buttonOf } from "../providers/buttons.ts";

export const name = z.pipe(
  z.pipe(plainText, z.transform((text) => text.trim())),
  shortText(254).check(z.refine((text) => text !== "", { error: "required" })),
);

export const credentials = acceptTutorialNames(z.object({ user_id: name, password }));

export const withPasskey = z.object({ passkey: passkey(assertionResponse) });

function entry(c: Context<Env>, refusal?: Refusal) {
  const next = memberPageOf(c.var.messages, c.req.query("next"));
  const credentialId = c.get("problem")?.details.unknownPasskey;
  const signal = credentialId ? { unknown: { rpId: relyingPartyOf(c).id, credentialId } } : null;
  const { mail, providers } = c.var.services.config;
  const offered = { mail: mail !== null, providers: providers.map(buttonOf) };
  const shown = { t: c.var.messages, next, notice: noticeOf(c), refusal, signal, ...offered };
  return <LoginPage {...shown} />;
}

export default new Hono<Env>()
  .get("/login", (c) => {
    if (!wantsPage(c)) return c.json({ method: "POST", fields: ["user_id", "password"] });
    return page(c, entry(c));
  })
  .post("/login", form(entry), body(credentials), async (c) => {
    const { user_id, password } = c.req.valid("json");
    return await answerSignIn(c, await signInWith(c, user_id, password));
  })
  .post("/login/passkey/options", async (c) =>
    c.json(
      await optionsToSignIn(c.var.services, relyingPartyOf(c), clientOf(c), c.var.now),
    ))
  .post("/login/passkey", form(entry), body(withPasskey), async (c) => {
    const given = { passkey: c.req.valid("json").passkey, party: relyingPartyOf(c) };
    const knows = async (name: string) => await deviceOf(c, name) !== null;
    const { services, now } = c.var;
    const signedIn = await signInWithPasskey(services, given, arrivalOf(c), knows, now);
    const next = signedIn.secondWay ? "/userinfo/passkeys?done=secondWay" : null;
    return await answerSignIn(c, signedIn, next);
  });

/** Signs a member in with a password, on the device that asks. */
async function signInWith(c: Context<Env>, name: string, password: string): Promise<SignedIn> {
  c.set("account", nameHash(c.var.services.config.identifierKey, name));
  const given = { name, password, device: await deviceOf(c, name), ...arrivalOf(c) };
  return await signIn(c.var.services, given, c.var.now);
}

/** The same for a page that goes on elsewhere: sets the cookies. */
export async function signInHere(c: Context<Env>, name: string, password: string): Promise<void> {
  await enter(c, await signInWith(c, name, password));
}

/** Sets the cookies of a session that has been opened. */
async function enter(c: Context<Env>, { session, member }: SignedIn): Promise<void> {
  c.set("memberId", member.id);
  startCookie(c, session.secret);
  await rememberDevice(c, member.name);
}

/** Where the request comes from. */
function arrivalOf(c: Context<Env>): Arrival {
  return {
    client: clientOf(c),
    userAgent: c.req.header("User-Agent") ?? "",
    previousSecret: anySecretOf(c),
  };
}

/**
 * Answers a sign-in of any kind: sets the cookies, and leads people on.
 * @param first the page to show before any other
 */
async function answerSignIn(
  c: Context<Env>,
  signedIn: SignedIn,
  first: string | null = null,
) {
  const { member, eraseAt } = signedIn;
  await enter(c, signedIn);
  if (wantsPage(c)) {
    const next = first ?? memberPageOf(c.var.messages, c.req.query("next")) ?? "/";
    return c.redirect(eraseAt === null ? next : "/withdrawal", 303);
  }
  return c.json({
    message: c.var.messages.done.signedIn,
    member: { user_id: member.name },
    ...(eraseAt !== null && { withdrawal: { erase_at: new Date(eraseAt).toISOString() } }),
  });
}
