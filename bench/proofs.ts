/** Measures the CPU of workerd for one proof: a passkey of each algorithm, and a password. */
import { Buffer } from "node:buffer";
import { answering, freePort } from "../cli/sqld.ts";
import { createPasswords } from "../crypto/passwords.ts";
import { create, get } from "../tests/support/authenticator.ts";
import type { Given } from "./contenders/proof_worker.ts";
import { cpuMs } from "./process.ts";
import type { Report, Row } from "./table.ts";

const rounds = 5;

/** Returns the section of the report. */
export async function proofs(): Promise<Report> {
  const typed = "a fine day for hello";
  const hash = await createPasswords(14, 1).hash(typed);
  const contenders: [string, Given, number][] = [
    ["passkey, ES256", { passkey: passkeyOf("ES256") }, 2000],
    ["passkey, Ed25519", { passkey: passkeyOf("Ed25519") }, 2000],
    ["passkey, RS256", { passkey: passkeyOf("RS256") }, 2000],
    ["password, scrypt of cost 14", { password: { typed, hash } }, 10],
  ];
  const worker = await startWorker();
  const rows: Row[] = [];
  try {
    for (const [proof, given, times] of contenders) {
      await worker.verify(given, Math.ceil(times / 10));
      const each: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const before = worker.cpuMs();
        await worker.verify(given, times);
        each.push((worker.cpuMs() - before) / times);
      }
      each.sort((a, b) => a - b);
      const [least, median, most] = [each[0]!, each[rounds >> 1]!, each.at(-1)!];
      rows.push({
        proof,
        "CPU ms each": round(median),
        "least to most": `${round(least)} to ${round(most)}`,
      });
    }
  } finally {
    await worker.stop();
  }
  return { tables: [rows] };
}

function passkeyOf(algorithm: "ES256" | "Ed25519" | "RS256"): NonNullable<Given["passkey"]> {
  const origin = "https://members.example";
  const party = { id: "members.example", name: "Annyeong", origins: [origin] };
  const creation = { challenge: "Y2hhbGxlbmdl", user: { id: "aGFuZGxl" }, rp: { id: party.id } };
  const { passkey } = create(creation, origin, { algorithm });
  const challenge = "YW5vdGhlcg";
  const assertion = get(passkey, { challenge }, origin);
  const publicKey = Buffer.from(passkey.publicKey).toString("base64url");
  const stored = { credentialId: passkey.id, publicKey, userHandle: passkey.userHandle };
  return { assertion, challenge, party, stored };
}

/** `wrangler dev` with a Worker that only verifies. */
async function startWorker() {
  const port = freePort();
  const wrangler = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "npm:wrangler", "dev", "bench/contenders/proof_worker.ts"],
      ...["--port", `${port}`, "--ip", "127.0.0.1", "--inspector-port", `${freePort()}`],
    ],
    env: { WRANGLER_SEND_METRICS: "false", CI: "true" },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const verify = async (given: Given, times: number) => {
    const body = JSON.stringify(given);
    const answer = await fetch(`http://127.0.0.1:${port}/${times}`, { method: "POST", body });
    if (await answer.text() !== `${times}`) throw new Error("a right proof was refused");
  };
  await answering(`http://127.0.0.1:${port}/readyz`, 60_000);
  const pids = descendants(wrangler.pid).filter((pid) => nameOf(pid) === "workerd");
  return {
    verify,
    cpuMs: () => pids.reduce((sum, pid) => sum + cpuMs(pid), 0),
    async stop() {
      wrangler.kill("SIGTERM");
      await wrangler.status;
    },
  };
}

function descendants(pid: number): number[] {
  const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim();
  const own = children === "" ? [] : children.split(" ").map(Number);
  return own.flatMap((child) => [child, ...descendants(child)]);
}

function nameOf(pid: number): string {
  return Deno.readTextFileSync(`/proc/${pid}/comm`).trim();
}

function round(ms: number): number {
  return Number(ms.toPrecision(3));
}
