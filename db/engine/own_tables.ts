/** The tables that our migrations make, except `users`, because apps add columns to it. */
const ofUsers = [
  ...["sessions", "sign_ins", "withdrawals", "recoveries", "passwords", "passkeys", "identities"],
  ...["links", "confirmations", "consents"],
];
const withoutUsers = [
  ...["attempts", "erasures", "data_maps", "erasure_keys", "retained", "rejoin_blocks", "reasons"],
  ...["deliveries", "audit", "outbox", "erasure_ledger", "erasure_ledger_lines"],
  ...["erasure_ledger_copies", "clock", "delivery_tries", "failing_recipients"],
  ...["passkey_challenges", "provider_answers"],
];

/** `withoutUsers`: those that have no foreign key to `users`. */
export const ownTableNames = {
  all: new Set([...ofUsers, ...withoutUsers]) as ReadonlySet<string>,
  withoutUsers: new Set(withoutUsers) as ReadonlySet<string>,
};
