import { closeSession } from "../db/session/sessions.ts";
import type { Services } from "./services.ts";

/** Ends a session. No copy of its cookie works any more. @throws `unavailable` */
export async function signOut({ db }: Services, secret: string): Promise<void> {
  await closeSession(db, secret);
}
