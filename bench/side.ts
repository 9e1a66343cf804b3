/** One contender on one stack, running: its server, its database, and members to ask for. */
import { openSqld } from "../tests/stacks.ts";
import { Connection, cookiesOf, encode } from "./connection.ts";
import type { Contender, Member } from "./contenders/contender.ts";
import { cpuMs, memoryMiB, serve } from "./process.ts";

export type StackName = "embedded" | "sqld";

const atOnce = 8;

export class Side {
  private joined = 0;

  private constructor(
    readonly contender: Contender,
    private readonly serverPid: number,
    private readonly sqldPid: number | null,
    readonly connections: readonly Connection[],
    readonly close: () => Promise<void>,
  ) {}

  static async open(
    stack: StackName,
    contender: Contender,
    env: Record<string, string> = {},
  ): Promise<Side> {
    const folder = await Deno.makeTempDir({ prefix: "annyeong-bench-" });
    const sqld = stack === "sqld" ? await openSqld() : null;
    const server = await serve(contender, sqld?.url ?? `file:${folder}/bench.db`, env);
    const connections = await Promise.all(
      Array.from({ length: atOnce }, () => Connection.open(server.port)),
    );
    return new Side(contender, server.pid, sqld?.pid ?? null, connections, async () => {
      for (const connection of connections) connection.close();
      await server.stop();
      await sqld?.stop();
      await Deno.remove(folder, { recursive: true });
    });
  }

  /** So many who have just joined and signed in. */
  async newMembers(count: number): Promise<Member[]> {
    const members: Member[] = [];
    await Promise.all(this.connections.map(async (connection) => {
      while (count-- > 0) members.push(await this.newMember(connection, this.joined++));
    }));
    return members;
  }

  private async newMember(connection: Connection, n: number): Promise<Member> {
    const { join, signIn, name } = this.contender;
    const joined = await connection.ask(encode(join(n)));
    if (joined.status >= 300) throw new Error(`${name}: joining answered ${joined.body}`);
    if (!signIn) return { n, cookie: "" };
    const signedIn = await connection.ask(encode(signIn(n)));
    if (signedIn.status >= 300) throw new Error(`${name}: sign-in answered ${signedIn.body}`);
    return { n, cookie: cookiesOf(signedIn) };
  }

  cpuMs(): { server: number; sqld: number } {
    return { server: cpuMs(this.serverPid), sqld: this.sqldPid ? cpuMs(this.sqldPid) : 0 };
  }

  memoryMiB() {
    return memoryMiB(this.serverPid);
  }
}

/** All contenders on a stack, each with a server and a database of its own. */
export async function openSides(stack: StackName, contenders: readonly Contender[]) {
  const sides: Side[] = [];
  for (const contender of contenders) sides.push(await Side.open(stack, contender));
  return sides;
}
