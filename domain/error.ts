import type { Asked } from "./confirmation.ts";
import type { Words } from "./data_map.ts";

/** Every way in which a request can fail, and the HTTP status each is answered with. */
export const statuses = {
  invalid: 400,
  provider_expired: 400,
  unauthenticated: 401,
  invalid_credentials: 401,
  confirmation_required: 403,
  confirmation_failed: 403,
  withdrawal_pending: 403,
  unverified: 403,
  cross_site: 403,
  provider_declined: 403,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  conflict: 409,
  last_credential: 409,
  too_large: 413,
  unsupported_media_type: 415,
  throttled: 429,
  internal: 500,
  provider_failed: 502,
  unavailable: 503,
} as const;

export type Code = keyof typeof statuses;

/** What is wrong with one field of a form. */
export type FieldProblem =
  | "required"
  | "malformed"
  | "unknown"
  | "too_short"
  | "too_long"
  | "common"
  | "contains_name"
  | "foreign_address"
  | "expired"
  | "refused";

export interface ErrorDetails {
  /** For `invalid`: each field that was refused, and why. */
  fields?: Record<string, FieldProblem>;
  /** For `confirmation_required`: what is asked for. */
  confirm?: Asked;
  /** For `withdrawal_pending`: when the data will be erased, in ms since the epoch. */
  eraseAt?: number;
  /** For `throttled` and `unavailable`: when to come back, in ms from now. */
  retryAfterMs?: number;
  /** For `method_not_allowed`. */
  allow?: readonly string[];
  /** A sentence of its own where the code says too little. */
  sentence?:
    | "taken"
    | "withdrawal_unavailable"
    | "answer_lost"
    | "nothing_pending"
    | "vetoed"
    | "consent_needed"
    | "identity_taken"
    | "provider_linked_already"
    | "address_taken"
    | "passkey_expired"
    | "passkey_unknown"
    | "passkey_refused"
    | "passkey_taken"
    | "passkeys_full"
    | "no_passkey"
    | "no_mail"
    | "link_over";
  /** For `invalid_credentials`: no member has this passkey, so the browser may forget it. */
  unknownPasskey?: string;
  /** For `conflict`: the app's own sentence about what is in the way, in place of ours. */
  words?: Words | undefined;
  /** For `unavailable`: the database may have carried out what was asked, and its answer is lost. */
  answerLost?: boolean;
  /** The number under which a withdrawal can be looked up whose answer was lost. */
  receiptId?: string;
  /** Opaque id of the member whom the failure is about; only for the log. */
  memberId?: string;
  /** For `unavailable` of readiness: how many erasures are not at the second place of the ledger. */
  behind?: number;
  /** Only for the log. */
  cause?: unknown;
}

/** A failure with a meaning: thrown anywhere, answered only in `http/problem.tsx`. */
export class AppError extends Error {
  override name = "AppError";

  constructor(readonly code: Code, readonly details: ErrorDetails = {}) {
    super(code, { cause: details.cause });
  }
}

/**
 * Names and codes of an error and its causes, for the log. Messages of drivers may quote values, so only
 * those of plain `Error`s, which are our own sentences, are repeated.
 */
export function causesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const code = "code" in error ? ` ${error.code}` : "";
  const said = error.constructor === Error ? `: ${error.message}` : "";
  return [`${error.name}${code}${said}`, ...causesOf(error.cause)];
}
