import { closeSession } from "../db/session/sessions.ts";
import type { Services } from "./services.ts";

/** Ends the session behind a secret: every copy of its cookie is worthless from now on. */
export async function signOut({ db }: Services, secret: string): Promise<void> {
  await closeSession(db, secret);
}
