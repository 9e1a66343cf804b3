/** One contender on one stack, running: its server, its database, and members to ask for. */
import { freePort, startSqld } from "../cli/sqld.ts";
import { Connection, cookiesOf, encode } from "./connection.ts";
import type { Contender, Member } from "./contenders/contender.ts";
import { cpuMs, memoryMiB, onOneCore, serve } from "./process.ts";

export type StackName = "embedded" | "sqld";

/** Members join so many at once, which is no part of what is measured. */
const joinersAtOnce = 4;
const connectionsOfEach = 32;

/** Stands between a server and its sqld. */
export interface Between {
  url: string;
  close(): void;
}

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
    { env = {}, through }: {
      env?: Record<string, string>;
      through?: (sqldUrl: string) => Between;
    } = {},
  ): Promise<Side> {
    const folder = await Deno.makeTempDir({ prefix: "annyeong-bench-" });
    const sqld = stack === "sqld"
      ? await startSqld(`${folder}/sqld`, freePort(), { within: onOneCore })
      : null;
    const between = sqld && through?.(sqld.url);
    const url = between?.url ?? sqld?.url ?? `file:${folder}/bench.db`;
    const server = await serve(contender, url, env).catch(async (error) => {
      await sqld?.stop("SIGKILL");
      throw error;
    });
    const connections = await Promise.all(
      Array.from({ length: connectionsOfEach }, () => Connection.open(server.port)),
    );
    return new Side(contender, server.pid, sqld?.pid ?? null, connections, async () => {
      for (const connection of connections) connection.close();
      await server.stop();
      between?.close();
      await sqld?.stop("SIGKILL");
      await Deno.remove(folder, { recursive: true });
    });
  }

  /** So many who have just joined and signed in. */
  async newMembers(count: number): Promise<Member[]> {
    const members: Member[] = [];
    await Promise.all(
      this.connections.slice(0, joinersAtOnce).map(async (connection) => {
        while (count-- > 0) members.push(await this.newMember(connection));
      }),
    );
    return members;
  }

  async newMember(connection: Connection): Promise<Member> {
    return await this.signIn(connection, await this.newcomer(connection));
  }

  /** The number of somebody who has joined, and not signed in. */
  async newcomer(connection: Connection): Promise<number> {
    const n = this.joined++;
    await this.join(connection, n);
    return n;
  }

  async join(connection: Connection, n: number): Promise<void> {
    const { status, body } = await connection.ask(encode(this.contender.join(n)));
    if (status >= 300) throw new Error(`${this.contender.name}: joining answered ${body}`);
  }

  async signIn(connection: Connection, n: number): Promise<Member> {
    const { name, signIn } = this.contender;
    if (!signIn) return { n, cookie: "" };
    const answer = await connection.ask(encode(signIn(n)));
    if (answer.status >= 300) throw new Error(`${name}: sign-in answered ${answer.body}`);
    return { n, cookie: cookiesOf(answer) };
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
  try {
    for (const contender of contenders.filter(({ only = stack }) => only === stack)) {
      sides.push(await Side.open(stack, contender));
    }
  } catch (error) {
    for (const side of sides) await side.close();
    throw error;
  }
  return sides;
}
