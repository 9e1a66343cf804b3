import assert from "node:assert/strict";
import { newMember } from "../support/harness.ts";
import { shopMap, shopTables } from "../support/shop.ts";
import { embedded, onSqld, testOnWith } from "../support/stacks.ts";

for (const stack of [embedded, onSqld]) {
  testOnWith(
    stack,
    { map: shopMap, tables: shopTables },
    "a retained row whose date is invalid is retained from now on, and no row is lost",
    async (service) => {
      const hong = await newMember(service, "hong");
      const [user] = await service.sql("SELECT id FROM users");
      const now = service.origin.startsWith("https")
        ? Date.parse("2026-11-22T12:00:00Z")
        : Date.now();
      const dates = [
        ...["1795358366199.0", "1795358366.5", "1795358366", "1795358366199", "1795358366199000"],
        ...[
          "9e999",
          "-9e999",
          "-1",
          "0",
          "NULL",
          "x'00'",
          "''",
          "'soon'",
          "'9999-06-01'",
          "'-4000-01-01'",
        ],
        ...["'2026-02-29'", "'2024-02-29'", "'2026-11-22 12:00:00'", "'2017-01-01'"],
      ];
      for (const [n, date] of dates.entries()) {
        await service.sql(`INSERT INTO orders VALUES (?, ?, 1, ${date}, NULL)`, [
          `o${n}`,
          user!.id!,
        ]);
      }
      const left = await hong.send("DELETE", "/withdrawal");
      assert.equal(left.status, 200, left.text);
      const receipt = (await hong.get(`/receipts/${left.json.receipt_id}`)).json;
      const kept = receipt.kept[0].count;
      const destroyed = receipt.destroyed.find(({ what }: { what: string }) =>
        what === "주문"
      ).count;
      assert.equal(kept + destroyed, dates.length);
      const rows = await service.sql("SELECT row, starts_at, expires_at FROM retained");
      assert.equal(rows.length, kept);
      for (const { starts_at, expires_at } of rows) {
        assert.ok(Number.isInteger(starts_at) && Number.isInteger(expires_at));
        assert.ok(Number(expires_at) > now);
      }
      const startOf = (id: string) =>
        Number(rows.find(({ row }) => JSON.parse(String(row)).id === id)?.starts_at);
      assert.equal(startOf("o0"), 1795358366199, "milliseconds in a REAL column");
      assert.equal(startOf("o4"), now, "microseconds are no date");
    },
  );
}
