import type { AuditEntry } from "../db/operate/audit.ts";

/** Makes the audit entries of one command. `by`: who acts; `$USER` otherwise. */
export function auditBy(by: string | undefined, why: string) {
  const operator = by ?? Deno.env.get("USER") ?? "unknown";
  const host = Deno.hostname();
  return (act: string, memberId: string | null): AuditEntry => ({
    ...{ operator, host, act, memberId, why },
  });
}
