/** Every operation: what it takes, answers and refuses. A test calls each, for all that is said here. */
import type { Code } from "../../domain/error.ts";
import type { AnswerName } from "./answers.ts";
import type { RequestName } from "./requests.ts";

export type HeaderName =
  | "Set-Cookie"
  | "Clear-Site-Data"
  | "Content-Disposition";

export interface Operation {
  id: string;
  summary: string;
  /** Whether it needs a session, or reads one if there is one. */
  session?: "needed" | "optional";
  body?: { schema: RequestName; required: boolean };
  /** By status: one of these, under these headers. */
  success: Record<number, { answer: AnswerName[] | null; headers?: HeaderName[]; means?: string }>;
  /** Besides what any request can meet. */
  failures: Code[];
}

const ok = (answer: AnswerName, ...headers: HeaderName[]) => ({
  200: { answer: [answer], headers },
});
const form = (id: string, path: string): Operation => ({
  id,
  summary: `The fields of POST ${path}`,
  success: ok("Form"),
  failures: [],
});

const endSession = {
  summary: "Ends that session",
  session: "needed",
  success: ok("Done"),
  failures: ["unauthenticated", "withdrawal_pending", "not_found"],
} as const satisfies Omit<Operation, "id">;

const endOtherSessions = {
  summary: "Ends all other sessions of the member",
  session: "needed",
  success: ok("Done"),
  failures: ["unauthenticated", "withdrawal_pending"],
} as const satisfies Omit<Operation, "id">;

const revokeConsent = {
  summary: "Revokes an optional consent",
  session: "needed",
  success: ok("Done"),
  failures: ["unauthenticated", "withdrawal_pending", "not_found", "conflict"],
} as const satisfies Omit<Operation, "id">;

const unlink = {
  summary: "Unlinks a sign-in provider and ends the grant there",
  session: "needed",
  success: ok("Unlinked"),
  failures: [
    "unauthenticated",
    "confirmation_required",
    "withdrawal_pending",
    "not_found",
    "last_credential",
  ],
} as const satisfies Omit<Operation, "id">;

const withdraw = {
  session: "needed",
  body: { schema: "Confirmation", required: false },
  success: {
    200: {
      answer: ["Withdrawn"],
      headers: ["Set-Cookie", "Clear-Site-Data"],
      means: "Erased",
    },
    202: {
      answer: ["Scheduled"],
      headers: ["Set-Cookie"],
      means: "Will be erased when the grace period is over",
    },
  },
  failures: [
    "invalid",
    "unauthenticated",
    "confirmation_required",
    "confirmation_failed",
    "withdrawal_pending",
    "conflict",
    "throttled",
  ],
} satisfies Omit<Operation, "id" | "summary">;

const removePasskey = {
  summary: "Removes that passkey; needs a fresh session",
  session: "needed",
  success: ok("PasskeyRemoved"),
  failures: [
    "unauthenticated",
    "confirmation_required",
    "withdrawal_pending",
    "not_found",
    "last_credential",
  ],
} as const satisfies Omit<Operation, "id">;

/** A link by mail, and the same answer whether or not there is such a member. */
const askLink = {
  body: { schema: "Addressee", required: true },
  success: { 202: { answer: ["Done"], means: "Mailed, if there is such a member" } },
  failures: ["invalid", "not_found", "throttled"],
} as const satisfies Omit<Operation, "id" | "summary">;

/** By path and method, in the order of the README. */
export const operations: Record<
  string,
  Partial<Record<"get" | "post" | "delete", Operation>>
> = {
  "/": {
    get: {
      id: "home",
      summary: "Says who is signed in",
      session: "optional",
      success: ok("Home"),
      failures: [],
    },
  },
  "/register": {
    get: form("registerForm", "/register"),
    post: {
      id: "register",
      summary: "Registers a member",
      body: { schema: "Registration", required: true },
      success: { 201: { answer: ["Done"] } },
      failures: ["invalid", "conflict", "throttled"],
    },
  },
  "/login": {
    get: form("loginForm", "/login"),
    post: {
      id: "login",
      summary: "Signs in",
      body: { schema: "Credentials", required: true },
      success: ok("SignedIn", "Set-Cookie"),
      failures: ["invalid", "invalid_credentials", "unverified", "throttled"],
    },
  },
  "/register/passkey/options": {
    post: {
      id: "registerPasskeyOptions",
      summary: "The options to register with a passkey",
      body: { schema: "Wanted", required: true },
      success: ok("CreationOptions"),
      failures: ["invalid", "conflict", "throttled"],
    },
  },
  "/login/passkey/options": {
    post: {
      id: "loginPasskeyOptions",
      summary: "The options to sign in without a user id",
      success: ok("RequestOptions"),
      failures: ["throttled"],
    },
  },
  "/login/passkey": {
    post: {
      id: "loginPasskey",
      summary: "Signs in with a passkey",
      body: { schema: "PasskeyProof", required: true },
      success: ok("SignedIn", "Set-Cookie"),
      failures: ["invalid", "invalid_credentials", "unverified", "throttled"],
    },
  },
  "/logout": {
    get: form("logoutForm", "/logout"),
    post: {
      id: "logout",
      summary: "Signs out; succeeds without a session, too",
      session: "optional",
      success: ok("Done", "Clear-Site-Data"),
      failures: [],
    },
  },
  "/userinfo": {
    get: {
      id: "userinfo",
      summary: "The member's own record",
      session: "needed",
      success: ok("Member"),
      failures: ["unauthenticated", "withdrawal_pending"],
    },
  },
  "/userinfo/verification": {
    post: {
      id: "askVerification",
      summary: "Mails the link that verifies the e-mail address again",
      session: "needed",
      success: { 202: { answer: ["Done"], means: "Mailed, if it is not verified yet" } },
      failures: ["unauthenticated", "withdrawal_pending", "not_found", "throttled"],
    },
  },
  "/userinfo/email": {
    get: {
      ...form("emailForm", "/userinfo/email"),
      session: "needed",
      failures: ["unauthenticated", "withdrawal_pending", "not_found"],
    },
    post: {
      id: "askEmailChange",
      summary: "Mails a link to a new e-mail address, which changes to it",
      session: "needed",
      body: { schema: "EmailChange", required: true },
      success: { 202: { answer: ["Done"], means: "Mailed" } },
      failures: [
        "invalid",
        "unauthenticated",
        "confirmation_required",
        "withdrawal_pending",
        "not_found",
        "throttled",
      ],
    },
  },
  "/userinfo/export": {
    get: {
      id: "export",
      summary: "Everything that the data map shows the member, by table",
      session: "needed",
      success: ok("Export", "Content-Disposition"),
      failures: ["unauthenticated"],
    },
  },
  "/userinfo/password": {
    get: {
      ...form("passwordForm", "/userinfo/password"),
      session: "needed",
      failures: ["unauthenticated", "withdrawal_pending"],
    },
    post: {
      id: "changePassword",
      summary: "Changes or sets the password, and ends every other session",
      session: "needed",
      body: { schema: "PasswordChange", required: true },
      success: ok("Done", "Set-Cookie"),
      failures: [
        "invalid",
        "unauthenticated",
        "confirmation_required",
        "confirmation_failed",
        "withdrawal_pending",
        "throttled",
      ],
    },
  },
  "/confirmation": {
    get: {
      ...form("confirmationForm", "/confirmation"),
      session: "needed",
      failures: ["unauthenticated", "withdrawal_pending"],
    },
    post: {
      id: "confirm",
      summary: "Makes the session fresh again, with the password",
      session: "needed",
      body: { schema: "Proof", required: true },
      success: ok("Done", "Set-Cookie"),
      failures: [
        "invalid",
        "unauthenticated",
        "confirmation_failed",
        "withdrawal_pending",
        "throttled",
      ],
    },
  },
  "/confirmation/passkey/options": {
    post: {
      id: "confirmPasskeyOptions",
      summary: "The options to confirm with a passkey, or to leave with one",
      session: "needed",
      success: ok("RequestOptions"),
      failures: ["unauthenticated", "withdrawal_pending", "conflict", "throttled"],
    },
  },
  "/confirmation/passkey": {
    post: {
      id: "confirmPasskey",
      summary: "Makes the session fresh again, with a passkey",
      session: "needed",
      body: { schema: "PasskeyProof", required: true },
      success: ok("Done", "Set-Cookie"),
      failures: [
        "invalid",
        "unauthenticated",
        "confirmation_failed",
        "withdrawal_pending",
        "throttled",
      ],
    },
  },
  "/userinfo/passkeys": {
    get: {
      id: "passkeys",
      summary: "The member's passkeys, the oldest first",
      session: "needed",
      success: ok("Passkeys"),
      failures: ["unauthenticated", "withdrawal_pending"],
    },
    post: {
      id: "addPasskey",
      summary: "Adds a passkey; needs a fresh session",
      session: "needed",
      body: { schema: "PasskeyAddition", required: true },
      success: { 201: { answer: ["PasskeyAdded"] } },
      failures: [
        "invalid",
        "unauthenticated",
        "confirmation_required",
        "withdrawal_pending",
        "conflict",
      ],
    },
  },
  "/userinfo/passkeys/options": {
    post: {
      id: "addPasskeyOptions",
      summary: "The options to add a passkey; needs a fresh session",
      session: "needed",
      success: ok("CreationOptions"),
      failures: [
        "unauthenticated",
        "confirmation_required",
        "withdrawal_pending",
        "conflict",
        "throttled",
      ],
    },
  },
  "/userinfo/passkeys/{id}": {
    delete: { id: "removePasskey", ...removePasskey },
    post: { id: "removePasskeyByForm", ...removePasskey },
  },
  "/userinfo/sessions": {
    get: {
      id: "sessions",
      summary: "The member's sessions, newest first",
      session: "needed",
      success: ok("Sessions"),
      failures: ["unauthenticated", "withdrawal_pending"],
    },
    delete: { id: "endOtherSessions", ...endOtherSessions },
    post: { id: "endOtherSessionsByForm", ...endOtherSessions },
  },
  "/userinfo/sessions/{id}": {
    delete: { id: "endSession", ...endSession },
    post: { id: "endSessionByForm", ...endSession },
  },
  "/userinfo/consents": {
    get: {
      id: "consents",
      summary: "What members are asked to agree to, and what this member has said",
      session: "needed",
      success: ok("Consents"),
      failures: ["unauthenticated", "withdrawal_pending"],
    },
  },
  "/userinfo/consents/{id}": {
    post: {
      id: "agree",
      summary: "Agrees to the present version",
      session: "needed",
      success: ok("Done"),
      failures: ["unauthenticated", "withdrawal_pending", "not_found"],
    },
    delete: { id: "revokeConsent", ...revokeConsent },
  },
  "/userinfo/consents/{id}/revocation": {
    post: { id: "revokeConsentByForm", ...revokeConsent },
  },
  "/userinfo/identities": {
    get: {
      id: "identities",
      summary: "The member's identities at sign-in providers",
      session: "needed",
      success: ok("Identities"),
      failures: ["unauthenticated", "withdrawal_pending"],
    },
  },
  "/userinfo/identities/{name}/remove": {
    delete: { id: "unlink", ...unlink, failures: [...unlink.failures] },
    post: { id: "unlinkByForm", ...unlink, failures: [...unlink.failures] },
  },
  "/withdrawal": {
    get: {
      id: "preview",
      summary: "What leaving will do, with real counts",
      session: "needed",
      success: ok("Preview"),
      failures: ["unauthenticated"],
    },
    delete: { id: "withdraw", summary: "Leaves", ...withdraw },
    post: { id: "withdrawByForm", summary: "Leaves; for forms, as DELETE", ...withdraw },
  },
  "/restoration": {
    post: {
      id: "restore",
      summary: "Cancels a pending withdrawal",
      session: "needed",
      success: ok("Done"),
      failures: ["unauthenticated", "conflict"],
    },
  },
  "/recovery": {
    get: { ...form("recoveryForm", "/recovery"), failures: ["not_found"] },
    post: { id: "askRecovery", summary: "Mails a link that sets a new password", ...askLink },
  },
  "/leave": {
    get: form("leaveForm", "/leave"),
    post: { id: "askLeave", summary: "Mails a link that leaves without signing in", ...askLink },
  },
  "/receipts/{id}": {
    get: {
      id: "receipt",
      summary: "What was erased; needs no sign-in",
      success: { 200: { answer: ["Receipt", "Awaited"] } },
      failures: ["not_found"],
    },
  },
  "/.well-known/jwks.json": {
    get: {
      id: "keys",
      summary: "The public keys that verify receipts",
      success: ok("Keys"),
      failures: [],
    },
  },
  "/policy": {
    get: {
      id: "policy",
      summary: "What is stored, why, how long, and what leaving does with it",
      success: ok("Policy"),
      failures: [],
    },
  },
  "/healthz": {
    get: { id: "alive", summary: "The process answers", success: ok("Health"), failures: [] },
  },
  "/readyz": {
    get: {
      id: "ready",
      summary: "The database answers and takes a write, with the current schema",
      success: ok("Health"),
      failures: [],
    },
  },
  "/readyz/withdrawal": {
    get: {
      id: "readyToErase",
      summary: "The data map is complete, the clock is trusted, and no due work is overdue",
      success: ok("Health"),
      failures: [],
    },
  },
  "/openapi.json": {
    get: {
      id: "openapi",
      summary: "This document",
      success: { 200: { answer: null } },
      failures: [],
    },
  },
};
