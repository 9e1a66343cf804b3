import type { Words } from "./data_map.ts";

/** What a member is asked to agree to when joining, and can look up and revoke later. */
export interface Consent {
  name: string;
  /** Of the text. A member who agreed to another version is asked again. */
  version: string;
  label: Words;
  /** The address of the text; empty if the label says all. */
  url: string;
  /** Without it nobody can join. It is revoked by leaving. */
  required: boolean;
}

/** A consent that a member has given. Times in ms. */
export interface GivenConsent {
  name: string;
  version: string;
  agreedAt: number;
  revokedAt: number | null;
}

/** A consent with what the member has said about it last. */
export interface ConsentState extends Consent {
  /** `null`: never. */
  given: GivenConsent | null;
  /** Whether the member agrees to the present version. */
  agreed: boolean;
}

/** Returns whether a required consent is missing. */
export function lacksConsent(asked: readonly Consent[], agreed: readonly string[]): boolean {
  return asked.some(({ name, required }) => required && !agreed.includes(name));
}

/** Joins what is asked for with what a member has given; `given` has the newest first. */
export function consentStates(
  asked: readonly Consent[],
  given: readonly GivenConsent[],
): ConsentState[] {
  return asked.map((consent) => {
    const all = given.filter(({ name }) => name === consent.name);
    const holds = all.find(({ version, revokedAt }) =>
      version === consent.version && revokedAt === null
    );
    return { ...consent, given: holds ?? all[0] ?? null, agreed: holds !== undefined };
  });
}
