import { secretHash } from "../../crypto/tokens.ts";
import type { Proof } from "../../domain/proof.ts";
import type { Source } from "../engine/source.ts";
import { spendChallenge } from "./challenges.ts";
import { noteUse } from "./passkeys.ts";

/**
 * Makes the source of a proof: the member's row, if the credential that was verified is still stored.
 * A credential that was changed or removed in the meantime selects nothing.
 */
export function proofSource(proof: Proof): Source {
  switch (proof.by) {
    case "password":
      return {
        from: "passwords JOIN users ON users.id = passwords.user_id",
        where: "passwords.user_id = :proof_member AND passwords.hash = :proof_hash",
        values: { proof_member: proof.memberId, proof_hash: proof.hash },
      };
    case "passkey": {
      const { challenge, purpose, at } = proof.use;
      const { spend, spent } = spendChallenge(challenge, purpose, at);
      return {
        from: "passkeys JOIN users ON users.id = passkeys.user_id",
        where: `passkeys.credential_id = :proof_credential AND passkeys.public_key = :proof_key
          AND ${spent.sql}`,
        values: {
          proof_credential: proof.credentialId,
          proof_key: proof.publicKey,
          ...spent.values,
        },
        first: [spend, noteUse(proof, spent)],
      };
    }
    case "provider":
      return {
        from: "identities JOIN users ON users.id = identities.user_id",
        where: "identities.issuer = :proof_issuer AND identities.subject = :proof_subject",
        values: { proof_issuer: proof.issuer, proof_subject: proof.subject },
      };
    case "link":
      return {
        from: "links JOIN users ON users.id = links.user_id",
        where: `links.token_hash = :proof_token_hash AND links.purpose = :proof_purpose
          AND links.expires_at > :now AND links.used_by IS NULL`,
        values: { proof_token_hash: secretHash(proof.token), proof_purpose: proof.purpose },
      };
    case "operator":
      return {
        from: "users",
        where: "users.id = :proof_member",
        values: { proof_member: proof.memberId },
      };
  }
}
