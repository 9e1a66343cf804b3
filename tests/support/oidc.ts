/** A real OpenID Connect provider (`oidc-provider`, certified) on loopback, and a person at it. */
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import Provider from "oidc-provider";
import { freePort } from "../../cli/sqld.ts";
import type { Answer, Browser } from "./harness.ts";

export const clientId = "annyeong";
export const clientSecret = "a secret that both sides know";

/** How the provider behaves. A test may change it at any time. */
export interface Behaviour {
  /** Who signs in there. */
  account: string;
  email: string;
  emailVerified: boolean;
  /** The person says no. */
  declines: boolean;
  /** Answers a request in place of the provider. */
  instead?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

export interface Oidc {
  issuer: string;
  behaviour: Behaviour;
  provider: Provider;
  /** Paths that were asked, in order. */
  asked: string[];
  /** The entry of `PROVIDERS`. */
  entry: Record<string, unknown>;
  close(): Promise<void>;
}

/** Starts a provider with one client, whose callback is at `origin`. */
export async function openOidc(
  origins: string[],
  { name = "corp", port = freePort(), ...configuration }:
    & { name?: string; port?: number }
    & Record<string, unknown> = {},
): Promise<Oidc> {
  const issuer = `http://127.0.0.1:${port}`;
  const behaviour: Behaviour = {
    account: "account-1",
    email: "haru@corp.example",
    emailVerified: true,
    declines: false,
  };
  const provider = new Provider(issuer, {
    clients: [{
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uris: origins.map((origin) => `${origin}/login/with/${name}/callback`),
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
    }],
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true },
      introspection: { enabled: true },
    },
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    scopes: ["openid", "offline_access"],
    cookies: { keys: ["a key of the provider's own cookies"] },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_: unknown, id: string) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        email: behaviour.email,
        email_verified: behaviour.emailVerified,
      }),
    }),
    ttl: {
      Interaction: 600,
      Session: 600,
      Grant: 600,
      AccessToken: 600,
      IdToken: 600,
      RefreshToken: 600,
    },
    ...configuration,
  });
  const asked: string[] = [];
  const answer = provider.callback();
  const server = createServer(async (request, response) => {
    asked.push(`${request.method} ${request.url!.split("?")[0]}`);
    if (behaviour.instead?.(request, response)) return;
    if (!request.url!.startsWith("/interaction/")) return await answer(request, response);
    await interact(provider, behaviour, request, response);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const label = { ko: "하루상사", en: "Haru Corp" };
  return {
    issuer,
    behaviour,
    provider,
    asked,
    entry: { kind: "oidc", name, label, issuer, client_id: clientId, client_secret: clientSecret },
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** What the pages of the provider would do: sign the person in, and ask for the consent. */
async function interact(
  provider: Provider,
  { account, declines }: Behaviour,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  if (declines) {
    const result = { error: "access_denied", error_description: "the person said no" };
    return await provider.interactionFinished(request, response, result);
  }
  if (prompt.name === "login") {
    const result = { login: { accountId: account } };
    return await provider.interactionFinished(request, response, result);
  }
  const known = grantId ? await provider.Grant.find(grantId) : undefined;
  const grant = known ??
    new provider.Grant({ accountId: session!.accountId, clientId: String(params.client_id) });
  grant.addOIDCScope(String(params.scope));
  const result = { consent: { grantId: await grant.save() } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}

/** A person's browser at the provider. It keeps the provider's cookies. */
export class Person {
  readonly cookies = new Map<string, string>();

  /**
   * Follows the redirects of the provider, from the address of the service's redirect to the callback.
   * @returns the path of the callback with its query
   */
  async visit(address: string, callbackOrigin: string): Promise<string> {
    let url = address;
    for (let hop = 0; hop < 12; hop++) {
      const response = await fetch(url, {
        redirect: "manual",
        headers: {
          Cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; "),
        },
      });
      for (const cookie of response.headers.getSetCookie()) this.keep(cookie);
      const text = await response.text();
      const location = response.headers.get("Location");
      if (!location) throw new Error(`the provider answered ${response.status}: ${text}`);
      const next = new URL(location, url);
      if (next.origin === callbackOrigin) return next.pathname + next.search;
      url = next.href;
    }
    throw new Error("the provider redirects without end");
  }

  private keep(cookie: string): void {
    const [pair = "", ...attributes] = cookie.split(/; */);
    const at = pair.indexOf("=");
    const name = pair.slice(0, at);
    const over = attributes.some((one) => /^expires=Thu, 01 Jan 1970/i.test(one));
    if (over) this.cookies.delete(name);
    else this.cookies.set(name, pair.slice(at + 1));
  }
}

/** Goes to a provider and comes back: what a browser does after a button was pressed. */
export async function roundTrip(browser: Browser, path: string, person: Person): Promise<Answer> {
  const left = await browser.send("POST", path);
  const location = left.headers.get("Location");
  if (left.status !== 303 || !location) {
    throw new Error(`${path} answered ${left.status}: ${left.text}`);
  }
  return await browser.get(await person.visit(location, browser.service.origin));
}
