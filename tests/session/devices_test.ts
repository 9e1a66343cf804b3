import assert from "node:assert/strict";
import { deviceOf } from "../../domain/device.ts";
import { minute, newMember, signIn, withApp } from "../support/harness.ts";

const html = { Accept: "text/html" };
const iPhone =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
const android = "Mozilla/5.0 (Linux; Android 15; SM-S928N) AppleWebKit/537.36 (KHTML, like Gecko)";
const windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)";

Deno.test("browsers and devices are named as people know them", () => {
  const names: [string, string][] = [
    [`${iPhone} Mobile/22F76 KAKAOTALK/25.4.1 (INAPP)`, "KakaoTalk · iPhone"],
    [`${iPhone} CriOS/138.0.7204.119 Mobile/15E148 Safari/604.1`, "Chrome · iPhone"],
    [`${iPhone} Version/18.5 Mobile/15E148 Safari/604.1`, "Safari · iPhone"],
    [`${iPhone} FxiOS/140.0 Mobile/15E148 Safari/605.1.15`, "Firefox · iPhone"],
    [`${iPhone} EdgiOS/138.0 Version/18.0 Mobile/15E148 Safari/604.1`, "Edge · iPhone"],
    [
      `${android} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`,
      "Samsung Internet · Android",
    ],
    [`${android} Chrome/138.0.0.0 Mobile Safari/537.36`, "Chrome · Android"],
    [`${windows} Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0`, "Edge · Windows"],
    [`${windows} Chrome/138.0.0.0 Whale/4.32.315.22 Safari/537.36`, "Whale · Windows"],
    [
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
      "Safari · Mac",
    ],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Linux"],
    [
      "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 NAVER(inapp; search; 2000; 12.12.1)",
      "NAVER · iPad",
    ],
    ["curl/8.14.1", ""],
    ["Version/1 Mobile ".repeat(4000), ""],
  ];
  for (const [agent, name] of names) assert.equal(deviceOf(agent), name);
});

Deno.test("all other devices are signed out at once, and this one stays", async () => {
  await withApp({}, async (app) => {
    const laptop = await newMember(app, "hong");
    const phone = await signIn(app, "hong");
    const tablet = await signIn(app, "hong");
    const other = await newMember(app, "kim");
    const ended = await laptop.send("DELETE", "/userinfo/sessions");
    assert.equal(ended.status, 200);
    for (const gone of [phone, tablet]) assert.equal((await gone.get("/userinfo")).status, 401);
    for (const stays of [laptop, other]) assert.equal((await stays.get("/userinfo")).status, 200);

    await signIn(app, "hong");
    const form = { ...html, "Content-Type": "application/x-www-form-urlencoded" };
    const answer = await laptop.send("POST", "/userinfo/sessions", "", form);
    assert.equal(answer.headers.get("Location"), "/userinfo/sessions?done=othersEnded");
    const { text } = await laptop.get("/userinfo/sessions?done=othersEnded", html);
    assert.match(text, /다른 기기에서 모두 로그아웃되었습니다/);
    assert.match(text, /다른 기기에는 로그인되어 있지 않습니다/);
  });
});

Deno.test("the list of devices says to the hour when each was used last", async () => {
  await withApp({}, async (app) => {
    const hong = await newMember(app, "hong");
    const start = new Date(app.clock.now()).toISOString();
    const usedAt = async () =>
      (await hong.get("/userinfo/sessions")).json.sessions[0].last_used_at as string;
    assert.equal(await usedAt(), start);
    app.clock.pass(20 * minute);
    assert.equal(await usedAt(), start, "within the hour nothing is written");
    for (let n = 0; n < 3; n++) {
      app.clock.pass(20 * minute);
      await hong.get("/userinfo");
      await app.sql("SELECT 1"); // waits for the note, which no answer waits for
    }
    assert.equal(await usedAt(), new Date(Date.parse(start) + 60 * minute).toISOString());
  });
});
