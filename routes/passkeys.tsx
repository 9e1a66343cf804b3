import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as z from "zod/mini";
import { addPasskey } from "../actions/add_passkey.ts";
import { listPasskeys, type PasskeyList } from "../actions/list_passkeys.ts";
import { optionsToAdd } from "../actions/passkey_options.ts";
import { removePasskey } from "../actions/remove_passkey.ts";
import type { Passkey } from "../db/identity/passkeys.ts";
import { plainText } from "../domain/member.ts";
import { memberBody } from "../http/body.ts";
import type { Env } from "../http/env.ts";
import { noticeOf, wantsPage } from "../http/language.ts";
import { relyingPartyOf } from "../http/origin.ts";
import { noteSession, requireSecret } from "../http/session.ts";
import { keepSignal, signalOf, takeSignal } from "../http/signal.ts";
import { page } from "../http/page.ts";
import { form } from "../http/problem.tsx";
import type { Refusal } from "../pages/form.tsx";
import { PasskeysPage } from "../pages/passkeys.tsx";
import { optional, passkey, registrationResponse } from "./fields.ts";

/** A name of at most 60 characters. */
const passkeyName = z.pipe(
  z.pipe(plainText, z.transform((text) => text.normalize("NFC").trim())),
  z.string().check(z.refine((text) => [...text].length <= 60, { error: "too_long" })),
);

export const addition = z.object({
  name: optional(passkeyName),
  passkey: passkey(registrationResponse),
});

async function entry(c: Context<Env>, refusal?: Refusal) {
  const list = await listPasskeys(c.var.services, requireSecret(c), c.var.now);
  return await pageOf(c, list, refusal);
}

/** The page, with what it tells the browser: which passkeys still work. */
async function pageOf(
  c: Context<Env>,
  { session, passkeys, credentials, fresh }: PasskeyList,
  refusal?: Refusal,
) {
  noteSession(c, session);
  const accepted = passkeys.map(({ credentialId }) => credentialId);
  const kept = await takeSignal(c);
  const handle = passkeys[0]?.userHandle;
  const signal = handle ? { accepted: signalOf(c, handle, accepted) } : kept;
  const isOnlyWay = credentials.length === 1 && passkeys.length === 1;
  const shown = { passkeys, fresh, isOnlyWay, signal, notice: refusal ? null : noticeOf(c) };
  return <PasskeysPage t={c.var.messages} {...shown} refusal={refusal} />;
}

/** Lists, adds and removes the member's passkeys. */
export default new Hono<Env>()
  .get("/userinfo/passkeys", async (c) => {
    const list = await listPasskeys(c.var.services, requireSecret(c), c.var.now);
    if (wantsPage(c)) return page(c, await pageOf(c, list));
    noteSession(c, list.session);
    return c.json({ passkeys: list.passkeys.map(passkeyJson) });
  })
  .post(
    "/userinfo/passkeys/options",
    async (c) =>
      c.json(await optionsToAdd(c.var.services, relyingPartyOf(c), requireSecret(c), c.var.now)),
  )
  .post("/userinfo/passkeys", form(entry), memberBody(addition), async (c) => {
    const { name, passkey } = c.req.valid("json");
    const userAgent = c.req.header("User-Agent") ?? "";
    const given = { name: name || undefined, passkey, party: relyingPartyOf(c), userAgent };
    const added = await addPasskey(c.var.services, requireSecret(c), given, c.var.now);
    c.set("memberId", added.memberId);
    if (wantsPage(c)) return c.redirect("/userinfo/passkeys?done=passkeyAdded", 303);
    return c.json(
      { message: c.var.messages.done.passkeyAdded, passkey: passkeyJson(added.passkey) },
      201,
    );
  })
  .delete("/userinfo/passkeys/:id", (c) => remove(c, c.req.param("id")))
  .post("/userinfo/passkeys/:id", form(entry), (c) => remove(c, c.req.param("id")));

/** Removes one passkey. POST does the same as DELETE, because forms cannot send DELETE. */
async function remove(c: Context<Env>, id: string) {
  const { memberId, removed, left } = await removePasskey(
    c.var.services,
    requireSecret(c),
    id,
    c.var.now,
  );
  c.set("memberId", memberId);
  const accepted = left.map(({ credentialId }) => credentialId);
  if (wantsPage(c)) {
    await keepSignal(c, removed.userHandle, accepted);
    return c.redirect("/userinfo/passkeys?done=passkeyRemoved", 303);
  }
  const signal = signalOf(c, removed.userHandle, accepted);
  return c.json({ message: c.var.messages.done.passkeyRemoved, signal });
}

function passkeyJson({ id, name, createdAt, lastUsedAt, backedUp }: Passkey) {
  return {
    id,
    name,
    created_at: new Date(createdAt).toISOString(),
    last_used_at: lastUsedAt === null ? null : new Date(lastUsedAt).toISOString(),
    backed_up: backedUp,
  };
}
