import type { MailMessages } from "./ko.ts";

const notYou = "If this was not you, set a new password now.";
const newPassword = "Set a new password";
const ignore = "If you did not ask for this, ignore this mail. Nothing changes.";

export const mailEn: MailMessages = {
  greeting: (name) => name === "" ? "Hello," : `Hello ${name},`,
  copyLink: "If the button does not work, paste this address into your browser:",
  closing: (service) => `From ${service}`,
  footer: "This mail was sent automatically. Nobody reads replies.",
  letters: {
    verification: ({ service }) => ({
      subject: `[${service}] Verify your e-mail address`,
      lines: [
        `Please confirm that this is the e-mail address that you gave to ${service}.`,
        "The link works once, for 24 hours.",
      ],
      button: "Verify this address",
      aside: "If you did not join, ignore this mail.",
    }),
    recovery: ({ service }) => ({
      subject: `[${service}] Recover your account`,
      lines: [
        "You asked to recover your account. With the link below you can set a new password, or leave without signing in.",
        "It works once, for 30 minutes.",
      ],
      button: "Recover the account",
      aside: ignore,
    }),
    leave: ({ service }) => ({
      subject: `[${service}] Delete your account`,
      lines: [
        "You asked to delete your account. The link below opens a page that shows what is erased, and where you can leave without signing in.",
        "It works once, for 30 minutes. Opening the page does not delete anything.",
      ],
      button: "Open the page",
      aside: ignore,
    }),
    already_member: ({ service }) => ({
      subject: `[${service}] You are already a member`,
      lines: [
        `Somebody tried to use this e-mail address for another account of ${service}. It belongs to your account, so no other account can use it.`,
        "Sign in to your account. If you have forgotten the password, the sign-in page lets you recover the account.",
      ],
      button: "Sign in",
      aside: "If this was not you, ignore this mail.",
    }),
    password_changed: ({ service, at }) => ({
      subject: `[${service}] Your password was changed`,
      lines: [
        `Your password was changed on ${at}. Every other device was signed out.`,
        notYou,
      ],
      button: newPassword,
    }),
    new_sign_in: ({ service, at, device }) => ({
      subject: `[${service}] New sign-in to your account`,
      lines: [
        `Your account was signed in to on ${at}, on a device that was not used before.`,
        ...(device === "" ? [] : [`Device: ${device}`]),
        notYou,
      ],
      button: newPassword,
    }),
    email_change: ({ service }) => ({
      subject: `[${service}] Confirm your new e-mail address`,
      lines: [
        "You asked to change your e-mail address to this one. It changes when you open the link below and confirm.",
        "The link works once, for 24 hours.",
      ],
      button: "Change to this address",
      aside: ignore,
    }),
    email_changed: ({ service, at }) => ({
      subject: `[${service}] Your e-mail address was changed`,
      lines: [
        `The e-mail address of your account was changed to another one on ${at}.`,
        "If this was not you, undo it with the link below. It works once, for 7 days.",
      ],
      button: "Undo the change",
      aside: "If this was you, there is nothing to do.",
    }),
    passkey_added: ({ service, at }) => ({
      subject: `[${service}] A passkey was added`,
      lines: [`A passkey was added to your account on ${at}.`, notYou],
      button: newPassword,
    }),
    passkey_removed: ({ service, at }) => ({
      subject: `[${service}] A passkey was removed`,
      lines: [`A passkey was removed from your account on ${at}.`, notYou],
      button: newPassword,
    }),
    passkey_counter: ({ service, at }) => ({
      subject: `[${service}] Please check your passkey`,
      lines: [
        `A passkey was used for your account on ${at}, and its counter did not go up. Somebody may have copied the security key. If it is a key that you can replace, remove the passkey and add a new one.`,
        notYou,
      ],
      button: newPassword,
    }),
    provider_linked: ({ service, at, provider }) => ({
      subject: `[${service}] A sign-in service was linked`,
      lines: [
        `Your account was linked to ${provider} on ${at}. You can now sign in with it.`,
        notYou,
      ],
      button: newPassword,
    }),
    provider_unlinked: ({ service, at, provider }) => ({
      subject: `[${service}] A sign-in service was unlinked`,
      lines: [`The link between your account and ${provider} was removed on ${at}.`, notYou],
      button: newPassword,
    }),
    withdrawal_scheduled: ({ service, at, eraseAt, receiptId }) => ({
      subject: `[${service}] Your account will be deleted`,
      lines: [
        `Your request to leave was received on ${at}. You can sign in and take it back until ${eraseAt}; after that your personal data will be erased.`,
        `Receipt number: ${receiptId}`,
      ],
      button: "Sign in to keep the account",
      aside: "If you want to leave, there is nothing to do.",
    }),
    restored: ({ service, at }) => ({
      subject: `[${service}] Your account will not be deleted`,
      lines: [
        `The request to delete your account was taken back on ${at}. Your account and your data are as they were.`,
        notYou,
      ],
      button: newPassword,
    }),
    erased: ({ service, at, receiptId }) => ({
      subject: `[${service}] Your account has been deleted`,
      lines: [
        `Your account was deleted and your personal data was erased on ${at}. Thank you for the time with us.`,
        `Receipt number: ${receiptId}`,
        "Under this number you can check at any time what was erased. We delete your e-mail address once this mail is sent, so please keep the number.",
      ],
      button: "Show the receipt",
    }),
  },
};
