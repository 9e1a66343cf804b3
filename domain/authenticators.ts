import models from "./authenticators.json" with { type: "json" };
import type { NewPasskey } from "./passkey.ts";

/**
 * Names of authenticators by AAGUID: password managers, platforms and common security keys. The list is an
 * excerpt of https://github.com/passkeydeveloper/passkey-authenticator-aaguids and of FIDO's metadata, and
 * only names passkeys. No decision depends on it, because an authenticator can claim any AAGUID. The first
 * 12 digits of an AAGUID tell them apart.
 */
const names = new Map(
  Object.entries(models).flatMap(([name, ids]) => ids.map((id) => [id, name] as const)),
);

/**
 * Names a passkey that the member gives no name, such as "iPhone · iCloud Keychain".
 * @param userAgent of the browser that added it
 */
export function passkeyName(
  { aaguid, onThisDevice }: Pick<NewPasskey, "aaguid" | "onThisDevice">,
  userAgent: string,
): string {
  const system = /iPhone|iPad|Android|Windows|Mac|CrOS|Linux/.exec(userAgent)?.[0];
  const authenticator = names.get(aaguid.slice(0, 13));
  const parts = [onThisDevice ? system : undefined, authenticator];
  return parts.filter((part) => part !== undefined).join(" · ") || "Passkey";
}
