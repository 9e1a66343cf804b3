/** The samples for nginx and Caddy, as real proxies in front of the service. */
import assert from "node:assert/strict";
import { freePort } from "../../cli/sqld.ts";
import { goodPassword } from "../support/harness.ts";
import { type ServiceProcess, startService } from "../support/process.ts";

const host = "members.example";
const metrics = "0123456789abcdef0123456789abcdef";

async function found(command: string, ...args: string[]): Promise<boolean> {
  try {
    await new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output();
    return true;
  } catch {
    return false;
  }
}

interface Places {
  folder: string;
  /** Where the proxy listens for TLS, and for plain HTTP. */
  port: number;
  plain: number;
  /** Where the service listens. */
  upstream: number;
}

interface Proxy {
  name: string;
  there: boolean;
  /** The command line, once its configuration is written. */
  configure(places: Places): Promise<string[]>;
  logs(places: Places): string[];
}

const nginx: Proxy = {
  name: "nginx",
  there: await found("nginx", "-v"),
  async configure({ folder, port, plain, upstream }) {
    const sample = (await Deno.readTextFile("examples/deploy/nginx.conf"))
      .replace(/^ *listen \[::\].*\n/gm, "")
      .replace("listen 80;", `listen 127.0.0.1:${plain};`)
      .replace("listen 443 ssl", `listen 127.0.0.1:${port} ssl`)
      .replace("127.0.0.1:8000;", `127.0.0.1:${upstream};`)
      .replace(/\/etc\/letsencrypt\/live\/members\.example|\/var\/log\/nginx/g, folder);
    const around = `daemon off; pid ${folder}/pid; error_log ${folder}/nginx.error.log crit;
      events {} http { client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
      fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
      ${sample} }`;
    await Deno.writeTextFile(`${folder}/nginx.conf`, around);
    return ["nginx", "-p", folder, "-c", `${folder}/nginx.conf`];
  },
  logs: ({ folder }) => [`${folder}/annyeong.log`, `${folder}/annyeong.error.log`],
};

const caddy: Proxy = {
  name: "caddy",
  there: await found("caddy", "version"),
  async configure({ folder, port, plain, upstream }) {
    const tls = `tls ${folder}/fullchain.pem ${folder}/privkey.pem`;
    const sample = (await Deno.readTextFile("examples/deploy/Caddyfile"))
      .replace("\n{\n", `\n{\n\tadmin off\n\thttp_port ${plain}\n\thttps_port ${port}\n`)
      .replace(`\n${host} {`, `\n${host} {\n\tbind 127.0.0.1\n\t${tls}\n`)
      .replace("127.0.0.1:8000 {", `127.0.0.1:${upstream} {`)
      .replace("/var/log/caddy", folder);
    await Deno.writeTextFile(`${folder}/Caddyfile`, sample);
    return ["caddy", "run", "--config", `${folder}/Caddyfile`, "--adapter", "caddyfile"];
  },
  logs: ({ folder }) => [`${folder}/annyeong.log`, `${folder}/said`],
};

interface Answer {
  status: number;
  head: string;
  body: string;
}

/** Asks through the proxy, as a client at an address of its own. */
async function ask(port: number, path: string, ...options: string[]): Promise<Answer> {
  const { stdout } = await new Deno.Command("curl", {
    args: [
      ...["--silent", "--insecure", "--include", "--http1.1", "--max-time", "20"],
      ...["--resolve", `${host}:${port}:127.0.0.1`, ...options, `https://${host}:${port}${path}`],
    ],
  }).output();
  const [head = "", body = ""] = new TextDecoder().decode(stdout).split("\r\n\r\n");
  return { status: Number(head.split(" ")[1]), head, body };
}

for (const proxy of [nginx, caddy]) {
  Deno.test({
    name: proxy.there
      ? `${proxy.name} as in examples/deploy: clients are told apart, and no token is in a log`
      : `${proxy.name} (skipped: Debian's package ${proxy.name} is not installed)`,
    ignore: !proxy.there,
    async fn() {
      const folder = await Deno.makeTempDir({ prefix: "annyeong-proxy-" });
      await Deno.chmod(folder, 0o755); // nginx writes as a user of its own
      const places = { folder, port: freePort(), plain: freePort(), upstream: freePort() };
      const made = await new Deno.Command("openssl", {
        args: [
          ...[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            `/CN=${host}`,
          ],
          ...["-addext", `subjectAltName=DNS:${host}`, "-keyout", `${folder}/privkey.pem`],
          ...["-out", `${folder}/fullchain.pem`],
        ],
        stderr: "null",
      }).output();
      assert.equal(made.code, 0);
      const service = await startService(await Deno.makeTempDir({ dir: folder }), {
        port: places.upstream,
        env: {
          TRUSTED_PROXY_HEADER: "X-Forwarded-For",
          PUBLIC_ORIGIN: `https://${host}:${places.port}`,
          METRICS_TOKEN: metrics,
          THROTTLE_SCALE: "1",
        },
      });
      const [command, ...args] = await proxy.configure(places);
      const process = new Deno.Command(command!, {
        args,
        env: { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const said = Promise.all([process.stdout, process.stderr].map((s) => new Response(s).text()));
      try {
        for (let n = 0; n < 100 && !(await ask(places.port, "/healthz")).status; n++) {
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        await check(places, service);
      } finally {
        process.kill("SIGTERM");
        await process.status;
        await Deno.writeTextFile(`${folder}/said`, (await said).join("\n"));
        await service.close();
      }
      const logs = await Promise.all(
        proxy.logs(places).map((file) => Deno.readTextFile(file).catch(() => "")),
      );
      const log = logs.join("\n");
      assert.match(log, /\/recovery\/\*/);
      assert.match(log, /\/recovery\/\*\/withdrawal/);
      assert.match(log, /\/verification\/\*/);
      assert.match(log, /\/receipts\/\*/);
      assert.match(log, /\/login/);
      assert.doesNotMatch(log, /canary|127\.0\.0\.[23]/, "no token, no query, no address");
      await Deno.remove(folder, { recursive: true });
    },
  });
}

async function check({ port, plain }: Places, service: ServiceProcess): Promise<void> {
  const moved = await new Deno.Command("curl", {
    args: ["-s", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", "-H", `Host: ${host}`]
      .concat(`http://127.0.0.1:${plain}/recovery/canary`),
  }).output();
  assert.match(new TextDecoder().decode(moved.stdout), /^30[18] https:\/\/members\.example/);

  const { status, head } = await ask(port, "/");
  assert.equal(status, 200);
  assert.match(head, /^strict-transport-security: /im);
  assert.match(head, /^content-security-policy: /im);
  assert.match(head, /^x-request-id: [\w-]{36}\r?$/im);
  assert.doesNotMatch(head, /^server: nginx\/\d/im, "no version");
  assert.equal((await ask(port, "/metrics", "-H", `Authorization: Bearer ${metrics}`)).status, 404);

  const form = `user_id=hong&email=h@b.co&password=${goodPassword.replaceAll(" ", "+")}`;
  assert.equal((await ask(port, "/register", "-d", form)).status, 201);
  const large = await ask(port, "/register", "-d", `user_id=${"x".repeat(20_000)}`);
  assert.equal(large.status, 413);
  assert.match(large.body, /"code":"too_large"/, "in Annyeong's own words");

  // Ten tries from one address; what a client says of itself counts for nothing.
  const wrong = "user_id=hong&password=wrong+horse+1";
  const guess = (address: string, n: number) =>
    ask(port, "/login", "-d", wrong, "--interface", address, "-H", `X-Forwarded-For: 10.1.1.${n}`);
  const statuses: number[] = [];
  for (let n = 0; n < 11; n++) statuses.push((await guess("127.0.0.2", n)).status);
  assert.deepEqual(statuses, [...Array(10).fill(401), 429]);
  assert.equal((await guess("127.0.0.3", 0)).status, 401, "another client is another network");

  const token = "canary".repeat(8).slice(0, 43);
  const secrets = [
    `/recovery/${token}?lang=canary`,
    `/recovery/${token}/withdrawal`,
    `/verification/${token}`,
    `/receipts/${token}`,
    "/login?next=canary",
  ];
  const asking = () =>
    Promise.all(secrets.map((path) => ask(port, path, "-H", "Referer: https://x.example/canary")));
  await asking();
  await service.kill(); // a proxy has most to say when nobody answers it
  for (const { status } of await asking()) assert.equal(status, 502);
}
