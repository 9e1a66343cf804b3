/** The tables of ours that leaving needs. Beside another system's members, only they are made. */
export const exitTableNames: ReadonlySet<string> = new Set([
  ...["withdrawals", "erasures", "erasure_keys", "data_maps", "retained", "rejoin_blocks"],
  ...["erasure_ledger", "erasure_ledger_lines", "erasure_ledger_copies", "reasons"],
  ...["outbox", "delivery_tries", "failing_recipients", "deliveries", "failing_before"],
  ...["attempts", "audit", "clock", "migrations"],
]);
