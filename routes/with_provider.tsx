import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as z from "zod/mini";
import { joinWithProvider } from "../actions/join_with_provider.ts";
import {
  confirmWithProvider,
  depart,
  land,
  type Landed,
  linkProvider,
  providerOf,
  signInWithProvider,
} from "../actions/providers.ts";
import { takeNotice } from "../actions/provider_notice.ts";
import type { Arrival, SignedIn } from "../actions/open_session.ts";
import { newId } from "../crypto/tokens.ts";
import { AppError } from "../domain/error.ts";
import { emailAddress, isForeignAddress, loginName } from "../domain/member.ts";
import type { Purpose } from "../domain/provider.ts";
import { body } from "../http/body.ts";
import { clientOf } from "../http/client.ts";
import { deviceOf, rememberDevice } from "../http/device.ts";
import type { Env } from "../http/env.ts";
import { forgetFlows, keepFlow, keepNewcomer, newcomerOf, takeFlow } from "../http/flow.ts";
import { wantsPage } from "../http/language.ts";
import { originOf } from "../http/origin.ts";
import { page } from "../http/page.ts";
import { form } from "../http/problem.tsx";
import { anySecretOf, requireSecret, startCookie } from "../http/session.ts";
import { memberPageOf } from "../pages/entry.tsx";
import type { Refusal } from "../pages/form.tsx";
import { JoinWithProviderPage, ProviderProblemPage } from "../pages/providers.tsx";
import { consentsOf, once, optional } from "./fields.ts";
import { identitiesAgain, unlink } from "./identities.tsx";
import { buttonOf } from "../providers/buttons.ts";

export const registration = z.object({
  user_id: loginName,
  email: optional(emailAddress),
  once,
  consents: z.optional(z.array(z.string())),
});

/** Where people begin again, by what they were sent to a provider for. */
const starts: Record<Purpose, string> = {
  login: "/login",
  link: "/userinfo/identities",
  confirm: "/confirmation",
};

/** Tells a failure with the way back. */
function problem(purpose: Purpose, next: string | null = null) {
  const back = next && purpose !== "link" ? `${starts[purpose]}?next=${next}` : starts[purpose];
  return (c: Context<Env>, { sentence }: Refusal) => (
    <ProviderProblemPage t={c.var.messages} sentence={sentence} back={back} />
  );
}

/** Begins a round trip, and leads to the provider. */
async function leaveFor(c: Context<Env>, name: string, purpose: Purpose) {
  const next = memberPageOf(c.var.messages, c.req.query("next"));
  const secret = purpose === "login" ? null : requireSecret(c);
  if (!c.var.form) c.set("form", problem(purpose, next));
  const begun = { purpose, secret, next, redirectUri: callbackOf(c, name) };
  const { flow, url } = await depart(c.var.services, name, begun, c.var.now);
  await keepFlow(c, flow);
  return c.redirect(url, 303);
}

/** The callback, exactly as it is registered at the provider. */
function callbackOf(c: Context<Env>, name: string): string {
  return `${originOf(c)}/login/with/${name}/callback`;
}

const answerFields = ["code", "state", "iss", "error"];

/** Acts on a notice, and answers with the status that its provider asks for. */
async function notice(c: Context<Env>, name: string) {
  const provider = providerOf(c.var.services, name);
  const posted = {
    authorization: c.req.header("Authorization"),
    query: new URL(c.req.url).search,
    body: await c.req.text(),
  };
  const memberId = await takeNotice(c.var.services, provider, posted, c.var.now);
  if (memberId !== null) c.set("memberId", memberId);
  if (provider.kind === "naver") return c.body(null, 204);
  return c.body(null, provider.kind === "google" || provider.kind === "oidc" ? 202 : 200);
}

/** Sign-in, joining, linking and confirmation with a provider. One callback serves all of them. */
export default new Hono<Env>()
  .post("/login/with/:name", (c) => leaveFor(c, c.req.param("name"), "login"))
  .post("/confirmation/with/:name", (c) => leaveFor(c, c.req.param("name"), "confirm"))
  .post(
    "/userinfo/identities/:name",
    form(identitiesAgain),
    (c) => leaveFor(c, c.req.param("name"), "link"),
  )
  .delete("/userinfo/identities/:name", (c) => unlink(c, c.req.param("name")))
  // Apple answers with a form of its own site, with which browsers send no cookie. They do with this redirect.
  .post("/login/with/:name/callback", async (c) => {
    const name = providerOf(c.var.services, c.req.param("name")).name;
    const sent = new URLSearchParams(await c.req.text());
    const fields = answerFields.flatMap((field) => {
      const value = sent.get(field);
      return value === null ? [] : [[field, value]];
    });
    return c.redirect(`/login/with/${name}/callback?${new URLSearchParams(fields)}`, 303);
  })
  .get("/login/with/:name/callback", async (c) => {
    const provider = providerOf(c.var.services, c.req.param("name"));
    c.set("form", problem("login"));
    const parameters = new URL(c.req.url).searchParams;
    const flow = await takeFlow(c, provider.name, parameters.get("state"));
    if (!flow) throw new AppError("provider_expired");
    c.set("form", problem(flow.purpose, flow.next));
    const redirectUri = callbackOf(c, provider.name);
    const answer = { flow, parameters, redirectUri, client: clientOf(c) };
    const landed = await land(c.var.services, provider, answer, c.var.now);
    switch (flow.purpose) {
      case "login":
        return await signIn(c, provider.name, landed);
      case "link": {
        const secret = requireSecret(c);
        const { services, now } = c.var;
        c.set("memberId", await linkProvider(services, provider, landed, secret, now));
        return c.redirect("/userinfo/identities?done=providerLinked", 303);
      }
      case "confirm": {
        const secret = requireSecret(c);
        const { services, now } = c.var;
        const confirmed = await confirmWithProvider(services, provider, landed, secret, now);
        c.set("memberId", confirmed.memberId);
        startCookie(c, confirmed.secret);
        return c.redirect(flow.next ?? "/userinfo", 303);
      }
    }
  })
  .get("/login/with/:name/events", (c) => notice(c, c.req.param("name"))) // Kakao's, if it is set to GET
  .post("/login/with/:name/events", (c) => notice(c, c.req.param("name")))
  .get("/register/with/:name", async (c) => {
    const newcomer = await newcomerOf(c, providerOf(c.var.services, c.req.param("name")).name);
    if (!newcomer) {
      if (wantsPage(c)) return c.redirect("/register", 303);
      throw new AppError("provider_expired");
    }
    if (wantsPage(c)) return page(c, await entry(c));
    const { email, emailVerified } = newcomer;
    return c.json({
      method: "POST",
      fields: ["user_id", "email"],
      email,
      email_verified: emailVerified,
    });
  })
  .post("/register/with/:name", form(entry), body(registration), async (c) => {
    const { name } = providerOf(c.var.services, c.req.param("name"));
    const newcomer = await newcomerOf(c, name);
    if (!newcomer) throw new AppError("provider_expired");
    const { user_id, once, email: typed } = c.req.valid("json");
    const email = typed ?? newcomer.email;
    if (email === null) throw new AppError("invalid", { fields: { email: "required" } });
    if (isForeignAddress(user_id, email)) {
      throw new AppError("invalid", { fields: { user_id: "foreign_address" } });
    }
    const language = c.get("language");
    const consents = await consentsOf(c);
    const values = { newcomer, name: user_id, email, language, once, consents, ...arrivalOf(c) };
    const { session, verified } = await joinWithProvider(c.var.services, values, c.var.now);
    forgetFlows(c);
    if (session) await begin(c, session);
    const verifies = c.var.services.config.emailVerification !== "off" && !verified;
    const done = verifies ? "joined" : session ? "signedUp" : "registered";
    if (wantsPage(c)) return c.redirect(`${session ? "/" : "/login"}?done=${done}`, 303);
    return c.json({ message: c.var.messages.done.registered }, 201);
  });

/** The form that asks for a user id. Without a newcomer it tells that the round trip is over. */
async function entry(c: Context<Env>, refusal?: Refusal) {
  const t = c.var.messages;
  const provider = providerOf(c.var.services, c.req.param("name")!);
  const newcomer = await newcomerOf(c, provider.name);
  if (!newcomer && refusal) {
    return <ProviderProblemPage t={t} sentence={refusal.sentence} back="/login" />;
  }
  const email = newcomer?.email ?? null;
  const { consents } = c.var.services.config;
  const shown = { t, consents, provider: buttonOf(provider), email, refusal, once: newId() };
  return <JoinWithProviderPage {...shown} />;
}

/** Signs in the member of the identity, or leads to the form that makes one. */
async function signIn(c: Context<Env>, provider: string, landed: Landed) {
  const { services, now } = c.var;
  const knows = async (name: string) => await deviceOf(c, name) !== null;
  const arrival = { ...arrivalOf(c), knows };
  const signedIn = await signInWithProvider(services, landed, arrival, now);
  if (!signedIn) {
    const { issuer, subject, email, emailVerified } = landed.profile;
    const usable = emailAddress.safeParse(email);
    const address = usable.success
      ? { email: usable.data, emailVerified }
      : { email: null, emailVerified: false };
    await keepNewcomer(c, { issuer, subject, provider, ...address });
    return c.redirect(`/register/with/${provider}`, 303);
  }
  await begin(c, signedIn);
  return c.redirect(signedIn.eraseAt === null ? landed.flow.next ?? "/" : "/withdrawal", 303);
}

function arrivalOf(c: Context<Env>): Arrival {
  return {
    client: clientOf(c),
    userAgent: c.req.header("User-Agent") ?? "",
    previousSecret: anySecretOf(c),
  };
}

async function begin(c: Context<Env>, { session, member }: SignedIn): Promise<void> {
  c.set("memberId", member.id);
  startCookie(c, session.secret);
  await rememberDevice(c, member.name);
}
