import type { Context } from "hono";
import { Hono } from "hono/tiny";
import { endAllGrants } from "../actions/end_grants.ts";
import { identities, unlinkProvider } from "../actions/identities.ts";
import type { Env } from "../http/env.ts";
import { noticeOf, wantsPage } from "../http/language.ts";
import { page } from "../http/page.ts";
import { form } from "../http/problem.tsx";
import { noteSession, requireSecret } from "../http/session.ts";
import { ConfirmationPage } from "../pages/entry.tsx";
import type { Refusal } from "../pages/form.tsx";
import { IdentitiesPage } from "../pages/providers.tsx";
import { pageOf } from "../providers/mod.ts";
import { buttonNamed, buttonOf, buttonsAmong } from "../providers/buttons.ts";
import { onWorkers } from "./left.ts";
import { loadStanding } from "../actions/prove.ts";

const path = "/userinfo/identities";

/** The list again with why it was refused; where a fresh proof is missing, the form that takes one. */
export async function identitiesAgain(c: Context<Env>, refusal: Refusal) {
  const { messages: t, services, now } = c.var;
  if (refusal.code !== "confirmation_required") return await list(c, refusal.sentence);
  const { credentials } = await loadStanding(services, requireSecret(c), now);
  const providers = buttonsAmong(services.config.providers, credentials);
  const has = {
    hasPassword: credentials.includes("password"),
    hasPasskey: credentials.includes("passkey"),
  };
  const confirming = { t, next: path, ...has, providers };
  return <ConfirmationPage {...confirming} />;
}

/** The identities of a member at providers: list, link, unlink. */
export default new Hono<Env>()
  .get(path, async (c) => {
    if (wantsPage(c)) return page(c, await list(c));
    const found = await identities(c.var.services, requireSecret(c), c.var.now);
    noteSession(c, found.session);
    return c.json({
      identities: found.identities.map(({ provider, linkedAt }) => ({
        name: provider,
        linked_at: new Date(linkedAt).toISOString(),
      })),
      providers: c.var.services.config.providers.map(({ name }) => name),
    });
  })
  .delete(`${path}/:name/remove`, (c) => unlink(c, c.req.param("name")))
  .post(`${path}/:name/remove`, form(identitiesAgain), (c) => unlink(c, c.req.param("name")));

/** Unlinks an identity of the member who asks. */
export async function unlink(c: Context<Env>, name: string) {
  const { services, now, messages } = c.var;
  const { memberId, grant } = await unlinkProvider(services, requireSecret(c), name, now);
  c.set("memberId", memberId);
  onWorkers(c, () => endAllGrants(services));
  const config = services.config.providers.find((one) => one.name === name);
  if (wantsPage(c)) return c.redirect(`${path}?done=providerUnlinked`, 303);
  return c.json({
    message: messages.done.providerUnlinked,
    grant: { ...grantJson(grant), page: config ? pageOf(config) : null },
  });
}

async function list(c: Context<Env>, sentence?: string) {
  const { messages: t, services, now } = c.var;
  const found = await identities(services, requireSecret(c), now);
  noteSession(c, found.session);
  const { providers } = services.config;
  const lines = found.identities.map(({ provider, linkedAt }) => {
    const config = providers.find(({ name }) => name === provider);
    return {
      provider: buttonNamed(providers, provider),
      linkedAt,
      page: config ? pageOf(config) : null,
    };
  });
  const linked = found.identities.map(({ provider }) => provider);
  const others = providers.filter(({ name }) => !linked.includes(name)).map(buttonOf);
  return <IdentitiesPage {...{ t, identities: lines, others, notice: noticeOf(c), sentence }} />;
}

/** The state of a grant as JSON. */
export function grantJson({ name, status, at }: {
  name: string;
  status: "waiting" | "ended" | "refused" | "given_up" | "by_member";
  at: number | null;
}) {
  return { name, status, at: at === null ? null : new Date(at).toISOString() };
}
