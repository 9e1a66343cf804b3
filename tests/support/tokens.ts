/** Keys for a real sqld (`--auth-jwt-key-file`), and the tokens that they verify. */

export interface Key {
  /** The public half, as sqld reads it. */
  pem: string;
  token(access?: "rw" | "ro"): Promise<string>;
}

const base64 = (bytes: Uint8Array | string) =>
  btoa(typeof bytes === "string" ? bytes : String.fromCharCode(...bytes));
const base64url = (bytes: Uint8Array | string) =>
  base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

export async function newKey(): Promise<Key> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  const { publicKey, privateKey } = pair as CryptoKeyPair;
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
  return {
    pem: `-----BEGIN PUBLIC KEY-----\n${base64(spki)}\n-----END PUBLIC KEY-----\n`,
    async token(access = "rw") {
      const head = base64url('{"alg":"EdDSA","typ":"JWT"}');
      const text = `${head}.${base64url(JSON.stringify({ a: access }))}`;
      const bytes = new TextEncoder().encode(text);
      const signature = await crypto.subtle.sign("Ed25519", privateKey, bytes);
      return `${text}.${base64url(new Uint8Array(signature))}`;
    },
  };
}
