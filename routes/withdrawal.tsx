import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as z from "zod/mini";
import { previewWithdrawal } from "../actions/preview_withdrawal.ts";
import { withdraw } from "../actions/withdraw.ts";
import { newId } from "../crypto/tokens.ts";
import { reasons } from "../domain/withdrawal.ts";
import { memberBody } from "../http/body.ts";
import type { Env } from "../http/env.ts";
import { wantsPage } from "../http/language.ts";
import { page } from "../http/page.ts";
import { form } from "../http/problem.tsx";
import { noteSession, requireSecret } from "../http/session.ts";
import { type Leaving, PendingPage, WithdrawalPage } from "../pages/withdrawal.tsx";
import {
  assertionResponse,
  givenIn,
  once,
  oneProof,
  optional,
  passkey,
  password,
  shortText,
} from "./fields.ts";
import { left, repeatable } from "./left.ts";
import { leavingJson, leavingOf } from "./terms.ts";

export const confirmation = z.object({
  password: optional(password),
  passkey: z.optional(passkey(assertionResponse)),
  phrase: optional(shortText(100)),
  user_id: optional(shortText(254)),
  reason: optional(z.enum(reasons)),
  once,
}).check(oneProof);

/** The form again, under what it will do. While the database is away, with what it had asked for. */
const again = form(async (c, refusal) => {
  const { confirm } = c.var.services.config.withdrawal;
  const leaving = refusal.code === "unavailable" ? null : (await preview(c)).leaving;
  const asked = leaving?.confirm ?? ("password" in refusal.values ? "password" : confirm);
  return (
    <WithdrawalPage t={c.var.messages} confirm={asked} {...{ leaving, refusal }} once={newId()} />
  );
});

export default new Hono<Env>()
  .get("/withdrawal", async (c) => {
    const { leaving, eraseAt } = await preview(c);
    if (!wantsPage(c)) {
      const erase_at = eraseAt === null ? null : new Date(eraseAt).toISOString();
      return c.json({ ...leavingJson(leaving, c.var.language), ...(erase_at && { erase_at }) });
    }
    const { messages: t } = c.var;
    return eraseAt === null
      ? page(c, <WithdrawalPage t={t} confirm={leaving.confirm} leaving={leaving} once={newId()} />)
      : page(c, <PendingPage t={t} eraseAt={eraseAt} />);
  })
  .delete("/withdrawal", repeatable, memberBody(confirmation), (c) => leave(c, c.req.valid("json")))
  .post(
    "/withdrawal",
    repeatable,
    again,
    memberBody(confirmation),
    (c) => leave(c, c.req.valid("json")),
  );

/** What leaving would do now, and when a pending withdrawal will be carried out. */
async function preview(c: Context<Env>): Promise<{ leaving: Leaving; eraseAt: number | null }> {
  const found = await previewWithdrawal(c.var.services, requireSecret(c), c.var.now);
  noteSession(c, found.session);
  const { eraseAt } = found.session;
  return { leaving: leavingOf(c, { ...found, eraseAt }), eraseAt };
}

/** Forms cannot send DELETE, so POST does the same. */
async function leave(c: Context<Env>, form: z.output<typeof confirmation>) {
  const given = givenIn(c, form);
  return await left(c, await withdraw(c.var.services, requireSecret(c), given, form, c.var.now));
}
