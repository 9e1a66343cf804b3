import { ko, type Messages } from "./ko.ts";
import { mailEn } from "./mail/en.ts";

const instant = (ms: number) =>
  `${
    new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" })
      .format(ms)
  } (UTC)`;

const day = (ms: number) =>
  new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }).format(ms);

const number = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 2 });
const plural = (count: number, noun: string) =>
  `${number.format(count)} ${noun}${count === 1 ? "" : "s"}`;
const days = (count: number) => plural(count, "day");

export const en: Messages = {
  language: "en",
  service: ko.service,
  instant,
  day,
  days,
  count: (count) => number.format(count),
  done: {
    registered: "You have joined.",
    signedIn: "You are signed in.",
    confirmed: "Confirmed.",
    signedOut: "You are signed out.",
    passwordChanged: "Your password has been changed.",
    sessionEnded: "That device has been signed out.",
    passkeyAdded: "The passkey has been added.",
    passkeyRemoved: "The passkey has been removed.",
    secondWay:
      "You are signed in. This passkey is your only way to sign in. Add a second one, so that you can still sign in if you lose it.",
    withdrawn: "Your account has been deleted.",
    scheduled: (eraseAt) =>
      `Your request has been received. You can take it back until ${
        instant(eraseAt)
      }; after that your personal data will be erased.`,
    restored: "Your account will not be deleted.",
    providerLinked: "The sign-in service is linked.",
    providerUnlinked: "The sign-in service is unlinked.",
    joined:
      "You have joined. Please verify your e-mail address with the link that we have sent you.",
    linkAsked: "If there is such a member, we have sent a link to their e-mail address. " +
      "If you see no mail, please look into the spam folder.",
    linkSent: "We have sent a link by e-mail. Please open it to go on.",
    verified: "Your e-mail address is verified.",
    emailChanged: "Your e-mail address has been changed.",
    emailRestored: "Your earlier e-mail address is back, and all other devices are signed out. " +
      "Please set a new password as well.",
  },
  problem: {
    invalid: "Please check what you entered.",
    provider_expired: "This sign-in has expired or is already done. Please start again.",
    unauthenticated: "Please sign in.",
    invalid_credentials: "No member matches this user id and password.",
    confirmation_required: "Please confirm that it is you.",
    confirmation_failed: "We could not confirm that it is you. Please check what you entered.",
    withdrawal_pending: "Your account is about to be deleted. Take that back to use it again.",
    provider_declined: "You did not agree at the sign-in service, so we stopped.",
    unverified: "Please verify your e-mail address first. We have sent you the link.",
    cross_site: "Requests from other sites are not accepted.",
    not_found: "There is nothing here.",
    method_not_allowed: "This method is not supported here.",
    request_timeout: "The request body did not arrive in time. Please try again.",
    conflict: "Another request came first. Please look at how things stand.",
    last_credential: "This is your only way to sign in. Add another one before you remove it.",
    too_large: "The request body is too large.",
    unsupported_media_type: "Please send application/json or application/x-www-form-urlencoded.",
    throttled: "Too many attempts. Please try again later.",
    internal: "Something went wrong.",
    provider_failed:
      "The sign-in service did not answer as expected. Please try again in a moment, or sign in another way.",
    unavailable: "We cannot do this right now. Please try again in a moment.",
  },
  sentence: {
    taken: "This user id or e-mail is in use, or cannot join at the moment.",
    withdrawal_unavailable:
      "We cannot delete your account right now. Please try again in a moment.",
    answer_lost: "We could not find out whether it was done. Please check again in a moment.",
    nothing_pending: "There is no request to take back.",
    identity_taken: "This account of the sign-in service belongs to another member.",
    provider_linked_already: "An account of this sign-in service is already linked.",
    address_taken:
      "This user id or e-mail is in use. If it is yours, sign in to that account first and link the sign-in service there.",
    vetoed: "Something still has to be settled before you can leave. Nothing has been changed.",
    passkey_expired: "This took too long, or it was sent twice. Please try again.",
    passkey_unknown: "No account here uses this passkey. It may have been removed.",
    passkey_refused:
      "This passkey could not be verified. Please try again, or sign in another way.",
    passkey_taken: "This passkey belongs to an account already. Please choose another one.",
    passkeys_full: "You have as many passkeys as an account can have. Remove one first.",
    no_passkey: "Your account has no passkey. Please confirm in another way.",
    link_over: "This link has expired or was used before. Please ask for a new one.",
    no_mail: "This service sends no mail. Please ask its operator.",
  },
  field: {
    required: "This is required.",
    malformed: "This does not look right.",
    unknown: "This is not one of the choices.",
    too_short: "This is too short.",
    too_long: "This is too long.",
    common: "This password is commonly used or has been leaked. Please choose another.",
    contains_name: "A password cannot contain your user id, your e-mail or the service's name.",
    foreign_address: "A user id with @ must be your own e-mail address.",
    expired: "This took too long, or it was sent twice. Please try again.",
    refused: "This passkey could not be verified. Please try again.",
  },
  link: {
    nameOrEmail: "User id or e-mail",
    send: "Send the link",
    account: "Account",
    forgot: "Forgot your password?",
    recoveryWhy: "We send a link to your e-mail address, with which you set a new password. " +
      "It works for 30 minutes.",
    verification: "Verify your e-mail address",
    verificationWhy: "The button verifies this e-mail address.",
    verify: "Verify this address",
    verified: "verified",
    unverified: "not verified",
    sendVerification: "Send the link to verify it",
    email: "Change e-mail",
    emailWhy:
      "We send a link to the new address. Your current address stays until you use the link.",
    newEmail: "New e-mail",
    emailUse: "The button changes your e-mail address. We also tell the old address about it.",
    changeEmail: "Change to this address",
    emailUndo: "Undo the change of e-mail",
    emailUndoWhy:
      "The button restores your earlier e-mail address and signs out all other devices. " +
      "If you changed the address yourself, you need not do anything.",
    undoEmail: "Restore the earlier address",
    leave: "How to delete your account",
    leaveWhat: "What is erased and what is kept when you leave:",
    leaveByMail: "To delete your account without signing in, enter your user id or e-mail. " +
      "We send a link to your e-mail address, which works for 30 minutes.",
    leaveSignedIn: "You can delete your account after signing in.",
    leaveUse: "The button deletes this account.",
  },
  page: {
    greeting: "Hello",
    tagline: "For hello, and for goodbye.",
    welcome: (name) => `Welcome, ${name}`,
    signIn: "Sign in",
    signOut: "Sign out",
    confirmYou: "Confirm it is you",
    confirmWhy: "This is an important change, so please confirm again that it is you.",
    confirm: "Confirm",
    signOutQuestion: "This signs you out on this device.",
    signedOut: "You are signed out",
    signedOutWhy: "Your session has ended, or you signed out or left in another window.",
    join: "Join",
    myPage: "My page",
    home: "Home",
    policy: "How we handle personal data",
    terms: "Terms",
    privacyPolicy: "Privacy policy",
    support: "Help",
    profile: "Profile",
    security: "Sign-in and security",
    myData: "My data",
    userId: "User id",
    email: "E-mail",
    password: "Password",
    currentPassword: "Current password",
    newPassword: "New password",
    changePassword: "Change password",
    show: "Show",
    passwordHint: (min) => `${min} characters or more, of any kind.`,
    recovery: "Account recovery",
    setPassword: "Set the new password",
    recoveryWithdrawal: "You can also leave right away, without a new password.",
    rank: "Rank",
    joinedAt: "Joined",
    devices: "Signed-in devices",
    thisDevice: "this device",
    endSession: "End session",
    export: "Download my data",
    passkeys: "Passkeys",
    passkeysWhy:
      "Sign in with your fingerprint, your face or your screen lock. There is no password to remember.",
    signInWithPasskey: "Sign in with a passkey",
    joinWithPasskey: "Join with a passkey, without a password",
    confirmWithPasskey: "Confirm with a passkey",
    leaveWithPasskey: "Confirm with a passkey and delete account",
    addPasskey: "Add a passkey",
    removePasskey: "Remove",
    passkeyName: "Name of the passkey (optional)",
    passkeyAddedOn: (day) => `added on ${day}`,
    lastUsedOn: (day) => `last used on ${day}`,
    neverUsed: "never used",
    backedUp: "synced to other devices",
    onlyWay:
      "This is your only way to sign in, so you cannot remove it. Add a passkey on another device, or set a password.",
    confirmFirst: "To add or remove a passkey, please confirm that it is you.",
    passkeyCancelled: "It was cancelled or took too long. Please try again.",
    passkeyPresent:
      "This device has a passkey for your account already. Add one on another device.",
    passkeyFailed: "This browser could not use a passkey. Please choose another way.",
    passkeyNeedsScript: "To use a passkey, please turn on JavaScript in your browser.",
    choosePassword: "Set a password",
    withdrawal: "Delete account",
    withdraw: "Delete account",
    blocked: "Something still has to be settled, so a withdrawal cannot be completed now.",
    whatGoes: "What is erased",
    whatChanges: "What stays without your name",
    whatStays: "What is kept apart",
    until: (ms) => `until ${day(ms)}`,
    nothingStays: "Nothing is kept.",
    backups: (count) => `Backups keep a copy for at most ${days(count)}.`,
    rejoin: (count) =>
      count > 0
        ? `The same user id and e-mail cannot join again for ${days(count)}.`
        : "The same user id and e-mail can join again at any time.",
    grace: (count) =>
      count > 0
        ? `You can sign in and take it back for ${days(count)}.`
        : "This happens at once and cannot be undone.",
    told: "Who is told as well",
    kinds: { processor: "processor", third_party: "third party" },
    typePhrase: "To confirm, type “delete”.",
    reason: "Why you are leaving (optional)",
    reasons: {
      too_expensive: "It costs too much",
      not_useful: "I do not use it",
      privacy: "I worry about my privacy",
      too_many_messages: "Too many messages",
      other: "Something else",
    },
    noReason: "No answer",
    farewell: "Goodbye",
    thanks: "Your account has been deleted. Thank you for the time with us.",
    downloadReceipt: "Download the signed receipt",
    receipt: "Erasure receipt",
    receiptNumber: "Receipt number",
    keepReceipt: "Under this number you can check at any time what was erased.",
    erasedAt: "Erased",
    signature: "Signature",
    scheduled: "To be erased",
    restore: "Keep my account",
    statuses: {
      waiting: "waiting",
      confirmed: "confirmed",
      refused: "refused",
      given_up: "could not be reached",
    },
    what: "What",
    purpose: "What for",
    lifetime: "How long",
    onLeaving: "When you leave",
    asLongAsMember: "For as long as you are a member",
    dispositions: { destroy: "Erased", anonymise: "Made anonymous", keep: "Kept apart" },
    period: (unit, count) => plural(count, unit.slice(0, -1)),
    identities: "Linked sign-in services",
    noIdentities: "No sign-in service is linked.",
    unlink: "Unlink",
    grantPage: "Manage the connection at the service",
    withProvider: {
      signIn: (name, kind) => kind === "kakao" ? "Login with Kakao" : `Sign in with ${name}`,
      link: (name) => `Link ${name}`,
      confirm: (name) => `Confirm with ${name}`,
    },
    joinWithProvider: (name) =>
      `You have signed in with ${name}. Choose a user id to join. Next time you only need ${name}.`,
    providerNothingDone: "Nothing has been changed.",
    tryAgain: "Try again",
    grants: "Connections to sign-in services",
    grantsEnd: "When you leave, the connection to the sign-in service is ended as well.",
    grantsByMember:
      "If you confirm with the service now, leaving ends the connection there as well. You can leave without it, and end the connection at the service yourself.",
    grantStatuses: {
      waiting: "being ended",
      ended: "ended",
      refused: "the service refused; please end it there",
      given_up: "could not be ended; please end it there",
      by_member: "please end it there",
    },
    retryAt: (ms) => `You can try again after ${instant(ms)}.`,
  },
  mail: mailEn,
};
