/** The runbook of docs/operating.md, run block by block on a machine of its own. */
import assert from "node:assert/strict";

const wanted = ["git", "curl", "openssl", "sqlite3", "unshare", "ip", "runuser", "setpriv"];
const missing = [
  ...await absent(),
  ...(await succeeds("unshare", "--mount", "--net", "--pid", "--fork", "true") ? [] : ["root"]),
];

async function absent(): Promise<string[]> {
  const there = await Promise.all(wanted.map((name) => succeeds("which", name)));
  return wanted.filter((_, n) => !there[n]);
}

async function succeeds(command: string, ...args: string[]): Promise<boolean> {
  try {
    const { code } = await new Deno.Command(command, { args, stdout: "null", stderr: "null" })
      .output();
    return code === 0;
  } catch {
    return false;
  }
}

interface Block {
  heading: string;
  commands: string;
}

/** The fenced commands of the section "Runbook", by the heading that they stand under. */
async function blocksOf(file: string): Promise<Block[]> {
  const [, section = ""] = /^## Runbook\n(.*?)^## /ms.exec(await Deno.readTextFile(file)) ?? [];
  return section.split(/^### /m).slice(1).flatMap((part) => {
    const heading = part.split("\n")[0]!;
    const found = part.matchAll(/^```sh\n(.*?)^```/gms);
    return Array.from(found, ([, commands]) => ({ heading, commands: commands! }));
  });
}

/** A repository of the files as they are here, committed or not. */
async function repository(folder: string): Promise<void> {
  const script = `
    git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- --create |
      tar --extract --directory="$1"
    cd "$1" && git init --quiet --initial-branch=main && git add --all
    git -c user.name=test -c user.email=test@example.com commit --quiet --message=test`;
  const { code } = await new Deno.Command("bash", { args: ["-euc", script, "bash", folder] })
    .output();
  assert.equal(code, 0);
}

/** What members do while the runbook is worked through, by the heading after which they do it. */
const meanwhile: Record<string, string> = {
  "The service": `
    url=http://127.0.0.1:8000
    form() { curl --silent --output /dev/null --write-out '%{http_code}' "$@"; }
    sign_in() {
      form --cookie-jar "/run/$1" --data "user_id=$1&password=correct+horse+7" "$url/login"
    }
    for name in hong kim; do
      form --data "user_id=$name&email=$name@example.com&password=correct+horse+7" "$url/register"
      echo " $name joined"
    done
    token=$(sed -n 's/^METRICS_TOKEN=//p' /etc/annyeong/environment)
    curl --silent --header "Authorization: Bearer $token" "$url/metrics" | grep ^annyeong_members`,
  "A backup and the ledger": `
    sign_in hong >/dev/null
    cookie=$(sed -n 's/^#HttpOnly_.*annyeong\\t/__Host-annyeong=/p' /run/hong)
    receipt=$(curl --silent --request DELETE --header "Cookie: $cookie" "$url/withdrawal" |
      sed -n 's/.*"receipt_id":"\\([^"]*\\)".*/\\1/p')
    echo "receipt $receipt"
    annyeong ledger export /var/backups/annyeong/ledger.jsonl`,
  "A new version": `
    echo "version $(readlink /srv/annyeong), kim $(sign_in kim), hong $(sign_in hong)"
    systemctl stop annyeong
    echo "not a database" > /var/lib/annyeong/annyeong.db`,
  "The restored database": `
    echo
    echo "restored: kim $(sign_in kim), hong $(sign_in hong)"
    echo "restored: receipt $(form "$url/receipts/$receipt")"
    for file in /var/lib/annyeong/annyeong.db /etc/annyeong/environment /var/backups/annyeong/*; do
      stat --format='mode %a %U:%G %n' "$file"
    done
    systemctl stop annyeong
    ! grep -i 'fatal\\|"level":"error"' /var/log/annyeong.log | grep --invert-match TURSO_DATABASE_URL
    echo "the end"`,
};

Deno.test({
  name: missing.length === 0
    ? "every command of the runbook works, from an empty machine to a restored database"
    : `the runbook (skipped: it needs ${missing.join(", ")})`,
  ignore: missing.length > 0,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "annyeong-runbook-" });
    await Deno.mkdir(`${folder}/repository`);
    await repository(`${folder}/repository`);
    // Whatever Deno fetches it has fetched before: the machine of the runbook reaches nobody.
    const args = ["run", "--no-config", "-RW", "--allow-run=deno", "cli/install.ts"];
    const first = await new Deno.Command("deno", { args: [...args, `${folder}/first`] }).output();
    assert.equal(first.code, 0, new TextDecoder().decode(first.stderr));

    const blocks = await blocksOf("docs/operating.md");
    for (const heading of Object.keys(meanwhile)) {
      assert.ok(blocks.some((block) => block.heading === heading), `"${heading}" is a step`);
    }
    const script = blocks.map(({ heading, commands }) =>
      [`echo "== ${heading}"`, commands, meanwhile[heading] ?? ""].join("\n")
    ).join("\n");
    await Deno.writeTextFile(`${folder}/script`, script);
    const { code, stdout, stderr } = await new Deno.Command("tests/support/fresh_machine.sh", {
      args: [`${folder}/script`],
      env: { ANNYEONG: `${folder}/repository`, NO_COLOR: "1" },
    }).output();
    const said = new TextDecoder().decode(stdout);
    const all = `${said}\n${new TextDecoder().decode(stderr)}`;
    assert.equal(code, 0, all);
    assert.match(said, /the end\n$/, all);
    assert.match(said, /201 hong joined\n201 kim joined\nannyeong_members 2\n/);
    assert.match(said, /receipt [\w-]{22}\n1 erasures written/);
    assert.match(said, /version annyeong-2, kim 200, hong 401/);
    assert.match(said, /restored: kim 200, hong 401\nrestored: receipt 200\n/, all);
    const modes = Array.from(said.matchAll(/^mode (\S+ \S+) (\S+)$/gm), ([, mode, file]) => [
      file,
      mode,
    ]);
    assert.deepEqual(Object.fromEntries(modes), {
      "/var/lib/annyeong/annyeong.db": "600 annyeong:annyeong",
      "/etc/annyeong/environment": "640 root:annyeong",
      "/var/backups/annyeong/annyeong.db": "600 annyeong:annyeong",
      "/var/backups/annyeong/ledger.jsonl": "600 annyeong:annyeong",
    });
    await Deno.remove(folder, { recursive: true });
  },
});
