import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";

const algorithm = "aes-256-gcm";
const nonceBytes = 12; // NIST SP 800-38D 5.2.1.1
const tagBytes = 16;

function keyOf(secret: string): Uint8Array {
  return createHmac("sha256", secret).update("sealed text").digest();
}

/**
 * Encrypts and authenticates a text with AES-256-GCM.
 * @param secrets `SESSION_SECRET`; the first seals
 * @param owner what the text belongs to, such as the id of a row; `openText` must name the same
 * @returns base64url of nonce, ciphertext and tag
 */
export function sealText(secrets: readonly string[], owner: string, text: string): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, keyOf(secrets[0]!), nonce);
  cipher.setAAD(new TextEncoder().encode(owner));
  const sealed = [nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat(sealed).toString("base64url");
}

/** Decrypts a text of `sealText` with each secret in turn. `null`: it was changed, or no secret opens it. */
export function openText(
  secrets: readonly string[],
  owner: string,
  sealed: string,
): string | null {
  const bytes = Buffer.from(sealed, "base64url");
  const end = bytes.length - tagBytes;
  if (end < nonceBytes) return null;
  for (const secret of secrets) {
    const decipher = createDecipheriv(algorithm, keyOf(secret), bytes.subarray(0, nonceBytes));
    decipher.setAAD(new TextEncoder().encode(owner));
    decipher.setAuthTag(bytes.subarray(end));
    try {
      const text = decipher.update(bytes.subarray(nonceBytes, end));
      return Buffer.concat([text, decipher.final()]).toString("utf8");
    } catch {
      continue; // another secret sealed it
    }
  }
  return null;
}
