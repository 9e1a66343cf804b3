import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as z from "zod/mini";
import { addPasskey } from "../actions/add_passkey.ts";
import { listPasskeys } from "../actions/list_passkeys.ts";
import { optionsToAdd } from "../actions/passkey_options.ts";
import { removePasskey } from "../actions/remove_passkey.ts";
import type { Passkey } from "../db/identity/passkeys.ts";
import { plainText } from "../domain/member.ts";
import { memberBody } from "../http/body.ts";
import type { Env } from "../http/env.ts";
import { wantsPage } from "../http/language.ts";
import { relyingPartyOf } from "../http/origin.ts";
import { noteSession, requireSecret } from "../http/session.ts";
import { signalOf } from "../http/signal.ts";
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

/** Lists, adds and removes the member's passkeys. */
export default new Hono<Env>()
  .get("/userinfo/passkeys", async (c) => {
    const { session, passkeys } = await listPasskeys(c.var.services, requireSecret(c), c.var.now);
    noteSession(c, session);
    return c.json({ passkeys: passkeys.map(passkeyJson) });
  })
  .post(
    "/userinfo/passkeys/options",
    async (c) =>
      c.json(await optionsToAdd(c.var.services, relyingPartyOf(c), requireSecret(c), c.var.now)),
  )
  .post("/userinfo/passkeys", memberBody(addition), async (c) => {
    const { name, passkey } = c.req.valid("json");
    const userAgent = c.req.header("User-Agent") ?? "";
    const form = { name: name || undefined, passkey, party: relyingPartyOf(c), userAgent };
    const added = await addPasskey(c.var.services, requireSecret(c), form, c.var.now);
    c.set("memberId", added.memberId);
    if (wantsPage(c)) return c.redirect("/userinfo/passkeys?done=passkeyAdded", 303);
    return c.json(
      { message: c.var.messages.done.passkeyAdded, passkey: passkeyJson(added.passkey) },
      201,
    );
  })
  .delete("/userinfo/passkeys/:id", (c) => remove(c, c.req.param("id")))
  .post("/userinfo/passkeys/:id", (c) => remove(c, c.req.param("id")));

/** Removes one passkey. POST does the same as DELETE, because forms cannot send DELETE. */
async function remove(c: Context<Env>, id: string) {
  const { memberId, removed, left } = await removePasskey(
    c.var.services,
    requireSecret(c),
    id,
    c.var.now,
  );
  c.set("memberId", memberId);
  if (wantsPage(c)) return c.redirect("/userinfo/passkeys?done=passkeyRemoved", 303);
  const signal = signalOf(c, removed.userHandle, left.map(({ credentialId }) => credentialId));
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
