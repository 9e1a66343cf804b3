import assert from "node:assert/strict";
import { Browser, signIn } from "../support/harness.ts";
import * as made from "./hashes.ts";
import { blocksOf, everything, onBoth, type Place, withPlace } from "./place.ts";

/** The tables that `manage.py migrate` of Django 5.2 makes for auth, contenttypes and sessions. */
const django = `
  CREATE TABLE django_migrations (id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    app varchar(255) NOT NULL, name varchar(255) NOT NULL, applied datetime NOT NULL);
  CREATE TABLE django_content_type (id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    app_label varchar(100) NOT NULL, model varchar(100) NOT NULL);
  CREATE TABLE auth_permission (id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    content_type_id integer NOT NULL REFERENCES django_content_type (id) DEFERRABLE INITIALLY DEFERRED,
    codename varchar(100) NOT NULL, name varchar(255) NOT NULL);
  CREATE TABLE auth_group (id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    name varchar(150) NOT NULL UNIQUE);
  CREATE TABLE auth_group_permissions (id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    group_id integer NOT NULL REFERENCES auth_group (id) DEFERRABLE INITIALLY DEFERRED,
    permission_id integer NOT NULL REFERENCES auth_permission (id) DEFERRABLE INITIALLY DEFERRED);
  CREATE TABLE auth_user (id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    password varchar(128) NOT NULL, last_login datetime NULL, is_superuser bool NOT NULL,
    username varchar(150) NOT NULL UNIQUE, last_name varchar(150) NOT NULL,
    email varchar(254) NOT NULL, is_staff bool NOT NULL, is_active bool NOT NULL,
    date_joined datetime NOT NULL, first_name varchar(150) NOT NULL);
  CREATE TABLE auth_user_groups (id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    user_id integer NOT NULL REFERENCES auth_user (id) DEFERRABLE INITIALLY DEFERRED,
    group_id integer NOT NULL REFERENCES auth_group (id) DEFERRABLE INITIALLY DEFERRED);
  CREATE TABLE auth_user_user_permissions (id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    user_id integer NOT NULL REFERENCES auth_user (id) DEFERRABLE INITIALLY DEFERRED,
    permission_id integer NOT NULL REFERENCES auth_permission (id) DEFERRABLE INITIALLY DEFERRED);
  CREATE TABLE django_session (session_key varchar(40) NOT NULL PRIMARY KEY,
    session_data text NOT NULL, expire_date datetime NOT NULL);
  INSERT INTO auth_group (id, name) VALUES (1, 'editors');
  INSERT INTO auth_user VALUES
    (1, '${made.smallPbkdf2Hash}', '2026-01-02 03:04:05.678901', 1, 'hong', '', '', 0, 1,
      '2024-02-03 04:05:06.789012', ''),
    (2, '!FyLKKZ7zogPDxpxCMPdFeL38JHKkWAedwyKO0Jys', NULL, 0, 'kim', '', 'kim@example.com', 0, 1,
      '2024-02-03 04:05:06', ''),
    (3, '${made.smallPbkdf2Hash}', NULL, 0, 'banned', '', 'banned@example.com', 0, 0,
      '2024-02-03 04:05:06', '');
  INSERT INTO auth_user_groups (user_id, group_id) VALUES (1, 1), (2, 1);
  INSERT INTO django_session VALUES ('k', 'd', '2026-01-01')
`;

onBoth("members of Django sign in as before, and inactive ones are left out", async (place) => {
  await place.batch(django);
  const [select = "", drop = ""] = blocksOf("Django", "sql");
  const options = ["--replaces", "auth_user", "--without-passwords"];
  const before = await everything(place);
  const bans =
    /problem: members who are banned.*"auth_user"\."is_active" \(1 rows\): rows 3; exclude/;
  const refused = await place.import(select.replace(" WHERE is_active", ""), ...options, "--yes");
  assert.equal(refused.code, 1);
  assert.match(refused.text, bans);
  const dry = await place.import(select, ...options);
  assert.equal(dry.code, 0, dry.text);
  assert.equal(await everything(place), before, "neither has changed anything");
  assert.match(dry.out, /not taken over: sessions and tokens: "django_session" \(1 rows\)/);
  assert.match(
    dry.out,
    /groups and permissions: "auth_user_groups" \(2 rows\), "auth_user"\."is_superuser" \(1 rows\)/,
  );
  assert.match(dry.out, /sign-in history: "auth_user"\."last_login" \(1 rows\)/);
  assert.match(dry.out, /^disabled password: rows 2 need a recovery link$/m);

  const done = await place.import(select, ...options, "--yes");
  assert.equal(done.code, 0, done.text);
  await place.batch(drop);
  const app = await place.open();
  assert.equal((await app.fetch(new Request(`${app.origin}/readyz/withdrawal`))).status, 200);
  const hong = await signIn(app, "hong", made.password);
  const { json } = await hong.get("/userinfo");
  assert.equal(json.rank, "admin");
  assert.equal(json.joined_at, "2024-02-03T04:05:06.789Z");
  assert.equal(json.email, "1@none.invalid");
  const banned = await new Browser(app).send("POST", "/login", {
    user_id: "banned",
    password: made.password,
  });
  assert.equal(banned.status, 401);
  await app.close();
});

Deno.test("members of Laravel sign in as before, and deleted ones are left out", async () => {
  await withPlace(false, async (place) => {
    await place.batch(`
      CREATE TABLE migrations (id integer PRIMARY KEY AUTOINCREMENT NOT NULL,
        migration varchar NOT NULL, batch integer NOT NULL);
      CREATE TABLE users (id integer PRIMARY KEY AUTOINCREMENT NOT NULL, name varchar NOT NULL,
        email varchar NOT NULL, email_verified_at datetime, password varchar NOT NULL,
        remember_token varchar, created_at datetime, updated_at datetime,
        two_factor_secret text, two_factor_recovery_codes text, google_id varchar,
        deleted_at datetime);
      CREATE TABLE password_reset_tokens (email varchar NOT NULL PRIMARY KEY, token varchar NOT NULL,
        created_at datetime);
      CREATE TABLE sessions (id varchar NOT NULL PRIMARY KEY, user_id integer, payload text NOT NULL,
        last_activity integer NOT NULL);
      INSERT INTO users VALUES
        (1, 'Hong', 'hong@example.com', '2024-01-01', '${made.laravelHash}', 'token', '2024-02-03 04:05:06',
          NULL, 'secret', 'codes', NULL, NULL),
        (2, 'Kim', 'kim@example.com', NULL, '', NULL, '2024-02-03 04:05:06', NULL, NULL, NULL,
          'g-1', NULL),
        (3, 'Lee', 'lee@example.com', NULL, '${made.laravelHash}', NULL, '2024-02-03 04:05:06', NULL,
          NULL, NULL, NULL, '2025-01-01 00:00:00');
    `);
    const [first = "", select = ""] = blocksOf("Laravel", "sql");
    const early = await place.import(select);
    assert.match(early.text, /the table "migrations" is in the way.*\n.*"sessions" is in the way/);
    await place.batch(first);
    const deleted = await place.import(select, "--without-passwords", "--yes");
    assert.equal(deleted.code, 1);
    assert.match(
      deleted.text,
      /banned, locked or deleted.*"users"\."deleted_at" \(1 rows\): rows 3;/,
    );
    const live = select.replace(";", " WHERE deleted_at IS NULL;");
    const done = await place.import(live, "--without-passwords", "--yes");
    assert.equal(done.code, 0, done.text);
    assert.match(
      done.out,
      /second factors: "users"\."two_factor_secret" \(1 rows\), "users"\."two_factor_recovery_codes"/,
    );
    assert.match(done.out, /sessions and tokens: "users"\."remember_token" \(1 rows\)/);
    assert.match(done.out, /verified addresses: "users"\."email_verified_at" \(1 rows\)/);
    assert.match(done.out, /social sign-ins: "users"\."google_id" \(1 rows\)/);
    assert.match(done.out, /members whose only way in is a social sign-in: 1 rows/);
    assert.doesNotMatch(done.text, /Hong|example\.com|secret'|g-1/);
    const app = await place.open();
    await signIn(app, "hong@example.com", made.password);
    await app.close();
  });
});

Deno.test("members of Devise and of has_secure_password sign in as before", async () => {
  const [devise = ""] = blocksOf("Rails", "sql");
  const secure = devise.replace("encrypted_password AS", "password_digest AS")
    .replace(" WHERE locked_at IS NULL", "").replace(
      "\nFROM users WHERE locked_at IS NULL",
      "\nFROM users",
    );
  for (const [column, select] of [["encrypted_password", devise], ["password_digest", secure]]) {
    await withPlace(false, async (place) => {
      const more = column === "password_digest" ? "" : `,
        reset_password_token varchar, remember_created_at datetime, sign_in_count integer DEFAULT 0,
        confirmed_at datetime, failed_attempts integer DEFAULT 0 NOT NULL, unlock_token varchar,
        locked_at datetime, otp_secret varchar, otp_required_for_login boolean, provider varchar,
        uid varchar`;
      await place.batch(`
        CREATE TABLE schema_migrations (version varchar NOT NULL PRIMARY KEY);
        CREATE TABLE users (id integer PRIMARY KEY AUTOINCREMENT NOT NULL,
          email varchar DEFAULT '' NOT NULL, ${column} varchar DEFAULT '' NOT NULL,
          created_at datetime(6) NOT NULL, updated_at datetime(6) NOT NULL${more});
        INSERT INTO users (id, email, ${column}, created_at, updated_at) VALUES
          (1, 'hong@example.com', '${made.bcryptHash}', '2024-02-03 04:05:06.789012', '')
      `);
      if (more) {
        await place.batch(`
          INSERT INTO users (id, email, encrypted_password, created_at, updated_at, locked_at, provider,
            otp_required_for_login)
          VALUES (2, 'kim@example.com', '${made.bcryptHash}', '2024-02-03', '', '2025-01-01', NULL, 1),
            (3, 'lee@example.com', '', '2024-02-03', '', NULL, 'google_oauth2', 0)
        `);
        const all = select!.replace(" WHERE locked_at IS NULL", "");
        const locked = await place.import(all, "--without-passwords", "--yes");
        assert.equal(locked.code, 1);
        assert.match(locked.text, /"users"\."locked_at" \(1 rows\): rows 2;/);
        assert.match(locked.out, /second factors: "users"\."otp_required_for_login" \(1 rows\)/);
        assert.match(locked.out, /only way in is a social sign-in: 1 rows/);
      }
      const done = await place.import(select!, "--without-passwords", "--yes");
      assert.equal(done.code, 0, done.text);
      assert.doesNotMatch(done.out, /second factors/, "the row that has one is left out");
      const app = await place.open();
      const hong = await signIn(app, "hong@example.com", made.password);
      assert.equal((await hong.get("/userinfo")).json.joined_at, "2024-02-03T04:05:06.789Z");
      await app.close();
    });
  }
});

onBoth("members of Lucia sign in as before; who has only a provider is counted", async (place) => {
  await place.batch(`
    CREATE TABLE user (id VARCHAR(15) NOT NULL PRIMARY KEY, username TEXT, email TEXT);
    CREATE TABLE user_key (id VARCHAR(255) NOT NULL PRIMARY KEY, user_id VARCHAR(15) NOT NULL,
      hashed_password VARCHAR(255), FOREIGN KEY (user_id) REFERENCES user (id));
    CREATE TABLE user_session (id VARCHAR(127) NOT NULL PRIMARY KEY, user_id VARCHAR(15) NOT NULL,
      active_expires BIGINT NOT NULL, idle_expires BIGINT NOT NULL,
      FOREIGN KEY (user_id) REFERENCES user (id));
    INSERT INTO user VALUES ('aaaaaaaaaaaaaaa', 'hong', 'hong@example.com'),
      ('bbbbbbbbbbbbbbb', 'kim', 'kim@example.com');
    INSERT INTO user_key VALUES ('username:hong', 'aaaaaaaaaaaaaaa', '${made.luciaHash}'),
      ('google:1', 'aaaaaaaaaaaaaaa', NULL), ('google:2', 'bbbbbbbbbbbbbbb', NULL);
    INSERT INTO user_session VALUES ('s', 'aaaaaaaaaaaaaaa', 1, 2)
  `);
  const [select = "", drop = ""] = blocksOf("Lucia", "sql");
  const done = await place.import(select, "--replaces", "user", "--without-passwords", "--yes");
  assert.equal(done.code, 0, done.text);
  assert.match(done.out, /social sign-ins: "user_key" \(2 rows\)/);
  assert.match(done.out, /members whose only way in is a social sign-in: 1 rows/);
  assert.match(done.out, /sessions and tokens: "user_session" \(1 rows\)/);
  assert.match(done.out, /^empty: rows bbbbbbbbbbbbbbb need a recovery link$/m);
  await place.batch(drop);
  const app = await place.open();
  await signIn(app, "hong", made.password);
  assert.equal((await app.fetch(new Request(`${app.origin}/readyz/withdrawal`))).status, 200);
  await app.close();
});

async function betterAuthWithPlugins(place: Place) {
  await place.batch(`
    CREATE TABLE user (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE,
      emailVerified INTEGER NOT NULL, createdAt DATE NOT NULL, twoFactorEnabled INTEGER, role TEXT,
      banned INTEGER, banReason TEXT, banExpires DATE);
    CREATE TABLE account (id TEXT NOT NULL PRIMARY KEY, providerId TEXT NOT NULL,
      userId TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE, password TEXT);
    CREATE TABLE twoFactor (id TEXT NOT NULL PRIMARY KEY, secret TEXT NOT NULL,
      backupCodes TEXT NOT NULL, userId TEXT NOT NULL REFERENCES user (id));
    CREATE TABLE passkey (id TEXT NOT NULL PRIMARY KEY, publicKey TEXT NOT NULL,
      userId TEXT NOT NULL REFERENCES user (id));
    INSERT INTO user VALUES
      ('aaBB1', 'Hong', 'hong@example.com', 1, '2024-02-03T04:05:06.789Z', 1, 'user', 0, NULL, NULL),
      ('ccDD2', 'Kim', 'kim@example.com', 0, '2024-02-03T04:05:06.789Z', 0, 'user', 1, 'spam', NULL);
    INSERT INTO account VALUES ('1', 'credential', 'aaBB1', '${made.betterAuthHash}'),
      ('2', 'credential', 'ccDD2', '${made.betterAuthHash}'), ('3', 'google', 'ccDD2', NULL);
    INSERT INTO twoFactor VALUES ('t', 'secret', 'codes', 'aaBB1');
    INSERT INTO passkey VALUES ('p', 'key', 'aaBB1')
  `);
}

onBoth("a ban stops an import until the operator excludes it or drops it", async (place) => {
  await betterAuthWithPlugins(place);
  const [select = ""] = blocksOf("better-auth", "sql");
  const before = await everything(place);
  for (const yes of [[], ["--yes"]]) {
    const refused = await place.import(select, "--replaces", "user", ...yes);
    assert.equal(refused.code, 1);
    assert.match(
      refused.text,
      /banned, locked or deleted.*"user"\."banned" \(1 rows\): rows ccDD2; exclude/,
    );
    assert.match(
      refused.out,
      /second factors: "twoFactor" \(1 rows\), "user"\."twoFactorEnabled" \(1 rows\)/,
    );
    assert.match(refused.out, /passkeys: "passkey" \(1 rows\)/);
    assert.match(refused.out, /social sign-ins: "account" \(1 rows\)/);
    assert.match(refused.out, /verified addresses: "user"\."emailVerified" \(1 rows\)/);
    assert.doesNotMatch(refused.text, /only way in|spam|Hong|example\.com/);
  }
  const without = select.replace(";", " WHERE NOT coalesce(user.banned, 0);");
  const dry = await place.import(without, "--replaces", "user");
  assert.equal(dry.code, 0, dry.text);
  assert.match(dry.out, /the SELECT finds 1 rows/);
  assert.doesNotMatch(dry.out, /bans/);
  assert.equal(await everything(place), before, "none of these has changed anything");

  const done = await place.import(select, "--replaces", "user", "--drop-bans", "--yes");
  assert.equal(done.code, 0, done.text);
  assert.match(
    done.out,
    /not taken over: bans, locks and deletions: "user"\."banned" \(1 rows\): rows ccDD2/,
  );
});

Deno.test("a ban is found in every form: columns, words, dates, views and other tables", async () => {
  const cases: [table: string, values: string, more: string, place: RegExp][] = [
    ["is_banned INTEGER", "0", "1", /"old"\."is_banned"/],
    ["active TEXT", "'true'", "'false'", /"old"\."active"/],
    ["status TEXT", "'active'", "'Suspended'", /"old"\."status"/],
    ["suspended_until TEXT", "NULL", "'2030-01-01'", /"old"\."suspended_until"/],
    ["deletedAt INTEGER", "NULL", "1700000000", /"old"\."deletedAt"/],
  ];
  await withPlace(false, async (place) => {
    const select =
      "SELECT id, login AS name, login || '@example.com' AS email, pw AS password FROM ";
    for (const [column, fine, barred, where] of cases) {
      await place.batch(`
        DROP TABLE IF EXISTS old;
        CREATE TABLE old (id INTEGER PRIMARY KEY, login TEXT, pw TEXT, ${column});
        INSERT INTO old VALUES (1, 'aa', 'typed by hand', ${fine}), (2, 'bb', 'also typed', ${barred})
      `);
      const refused = await place.import(`${select}old`, "--plain-passwords");
      assert.equal(refused.code, 1, column);
      assert.match(refused.text, new RegExp(`${where.source} \\(1 rows\\): rows 2;`), column);
      const rest = await place.import(`${select}old WHERE id = 1`, "--plain-passwords");
      assert.equal(rest.code, 0, rest.text);
    }
    await place.batch(`
      DROP TABLE old;
      CREATE TABLE people (n INTEGER PRIMARY KEY, login TEXT, pw TEXT, blocked INTEGER);
      INSERT INTO people VALUES (1, 'aa', 'typed by hand', 0), (2, 'bb', 'also typed', 1);
      CREATE VIEW old AS SELECT n AS id, login, pw, blocked FROM people;
      CREATE TABLE user_bans (user_id INTEGER, why TEXT);
      INSERT INTO user_bans VALUES (1, 'spam')
    `);
    const view = await place.import(`${select}old`, "--plain-passwords");
    assert.match(view.text, /"old"\."blocked" \(1 rows\), "user_bans" \(1 rows\): rows 2, 1;/);
    const other = await place.import(
      `${select.replace("SELECT id", "SELECT 'm' || n AS id")}people WHERE n = 1`,
      "--plain-passwords",
    );
    assert.equal(
      other.code,
      1,
      "ids that are not those of the table: it cannot know who is left out",
    );
    assert.match(other.text, /"people"\."blocked" \(1 rows\)/);
  });
});
