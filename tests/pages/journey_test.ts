import assert from "node:assert/strict";
import {
  Browser,
  goodPassword,
  join,
  newMember,
  type Service,
  signIn,
} from "../support/harness.ts";
import { embedded, onSqld, onWorkers, testOn } from "../support/stacks.ts";

for (const stack of [embedded, onSqld, onWorkers]) {
  testOn(stack, "somebody joins, signs in, sees their record and leaves for good", journey);
  testOn(stack, "of 50 withdrawals at once with one cookie one succeeds", oneWinner);
  testOn(stack, "of 50 registrations of one name at once one succeeds", oneName);
}

async function journey(service: Service) {
  const joined = await join(service, "hong");
  assert.equal(joined.status, 201);
  assert.deepEqual(joined.json, { message: "회원가입 성공" });

  const phone = new Browser(service);
  const signedIn = await phone.send("POST", "/login/", { user_id: "hong", password: goodPassword });
  assert.equal(signedIn.status, 200);
  assert.deepEqual(signedIn.json, { message: "로그인 성공", member: { user_id: "hong" } });
  const laptop = await signIn(service, "hong");

  const record = await phone.get("/userinfo/");
  assert.equal(record.status, 200);
  assert.deepEqual(Object.keys(record.json), [
    "user_id",
    "email",
    "rank",
    "joined_at",
    "email_verified",
  ]);
  assert.equal(record.json.email, "hong@example.com");
  assert.equal(record.json.joined_at, new Date(record.json.joined_at).toISOString());

  const copied = phone.copy();
  const left = await phone.send("DELETE", "/withdrawal/");
  assert.equal(left.status, 200);
  assert.equal(left.json.message, "회원탈퇴 성공");
  assert.deepEqual(Object.keys(left.json), ["message", "receipt_id", "receipt", "erased_at"]);
  assert.equal(left.headers.get("Clear-Site-Data"), '"cache", "storage"');
  assert.equal(phone.cookies.size, 0, "the cookie is expired");
  assert.deepEqual(await service.sql("SELECT id FROM users WHERE name = 'hong'"), []);
  assert.deepEqual(await service.sql("SELECT id FROM sessions"), []);

  await everythingIsClosedTo(copied);
  await everythingIsClosedTo(laptop.copy());
  assert.equal((await join(service, "hong")).status, 201);
  await everythingIsClosedTo(copied);
  await everythingIsClosedTo(laptop);
  assert.equal((await service.sql("SELECT id FROM users WHERE name = 'hong'")).length, 1);
}

async function everythingIsClosedTo(device: Browser) {
  const requests = [
    ["GET", "/userinfo"],
    ["GET", "/userinfo/export"],
    ["GET", "/userinfo/sessions"],
    ["GET", "/withdrawal"],
    ["DELETE", "/withdrawal"],
    ["POST", "/withdrawal"],
    ["POST", "/restoration"],
  ] as const;
  for (const [method, path] of requests) {
    const answer = await device.copy().send(method, path);
    assert.equal(answer.status, 401, `${method} ${path}`);
    assert.deepEqual(answer.json, { error: "로그인이 필요합니다.", code: "unauthenticated" });
  }
}

async function oneWinner(service: Service) {
  const device = await newMember(service, "kim");
  const other = await signIn(service, "kim");
  const racers = Array.from({ length: 50 }, () => device.copy().send("DELETE", "/withdrawal"));
  const statuses = (await Promise.all(racers)).map(({ status }) => status);
  assert.deepEqual(statuses.toSorted(), [200, ...Array(49).fill(401)]);
  assert.equal((await other.get("/userinfo")).status, 401);
  assert.equal((await service.sql("SELECT id FROM erasures")).length, 1);
}

async function oneName(service: Service) {
  const racers = Array.from({ length: 50 }, () => join(service, "lee"));
  const statuses = (await Promise.all(racers)).map(({ status }) => status);
  assert.deepEqual(statuses.toSorted(), [201, ...Array(49).fill(409)]);
  assert.equal((await service.sql("SELECT id FROM users")).length, 1);
}
