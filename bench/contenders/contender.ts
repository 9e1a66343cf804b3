/** One HTTP request, as the load generator sends it. */
export interface Ask {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
}

/** Somebody who has joined, and the cookies they got. */
export interface Member {
  n: number;
  cookie: string;
}

/** A service under measurement: what is served, and how each act is asked of it. */
export interface Contender {
  name: string;
  /** Served by `deno serve`, from this file. */
  module: URL;
  /** Answers 200 as soon as the service does. */
  health: string;
  env(databaseUrl: string): Promise<Record<string, string>>;
  /** The only stack that it runs on. */
  only?: "embedded" | "sqld";
  join(n: number): Ask;
  /** The floor has no sessions. */
  signIn: ((n: number) => Ask) | null;
  see(member: Member): Ask;
  leave(member: Member): Ask;
}

/** Where all of them say that they live: behind TLS, as in production. */
export const publicOrigin = "https://members.example";

export const password = "correct horse 7";

/** Another address for each member, as the proxy in front would tell it. */
export function fromElsewhere(n: number): Record<string, string> {
  return { "X-Forwarded-For": `10.${n >> 16 & 255}.${n >> 8 & 255}.${n & 255}` };
}
