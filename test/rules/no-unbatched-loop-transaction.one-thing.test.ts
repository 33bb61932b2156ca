import { runTable } from "./lib/table.js";

const DB = `
        import Database from "better-sqlite3";
        import express from "express";
        const db = new Database("app.db");
        const addLine = db.prepare("INSERT INTO lines (order_id, sku) VALUES (?, ?)");
        const app = express();`;

/** A handler whose transaction holds this; its first line is line 8, after \`before\`. */
const held = (body: string, before = "") => `${DB}
        app.post("/orders", (req, res) => {${before}
          db.transaction(() => {
            ${body}
          })();
          res.end();
        });`;

const whole = (loop: number, statements: string, line = 7) => [{ line, confidence: "likely" as const, message: "the same transaction writes more of the one thing that its rows belong to", fix: "manual" as const, reason: "the same transaction writes more of the one thing", related: [loop], why: [6], statements }];
const long = (loop: number, statements: string) => [{ line: 7, message: "loops over", fix: "review" as const, reason: "all-or-nothing is given up", related: [loop], why: [6], statements }];

runTable({
  rule: "no-unbatched-loop-transaction",
  theme: "the parts of one thing",
  valid: [
    { name: "a transaction in the body of another one is a savepoint of that one's: it is that one's loop", code: `${DB}
        app.post("/orders", (req, res) => {
          db.transaction(() => {
            db.prepare("UPDATE orders SET paid = 1 WHERE id = ?").run(req.body.id);
            db.transaction(() => { for (const table of ["lines", "notes"]) db.prepare("DELETE FROM " + table).run(); })();
          })();
          res.end();
        });` },
  ],
  invalid: [
    { name: "a savepoint's loop is the outer transaction's own", code: `
        import { Pool } from "pg";
        import { drizzle } from "drizzle-orm/node-postgres";
        import express from "express";
        import { counts, lines } from "./schema.js";
        const db = drizzle(new Pool());
        const app = express();
        app.post("/lines", async (req, res) => {
          await db.transaction(async (tx) => {
            await tx.insert(counts).values({ kind: "import" });
            await tx.transaction(async (inner) => { for (const line of req.body.lines) await inner.insert(lines).values({ sku: line.sku }); });
          });
          res.end();
        });`, findings: [{ line: 8, library: "drizzle-orm", message: "loops over `lines`", fix: "manual", reason: "not written in the transaction itself", related: [10], why: [7], statements: "n + 1" }] },
    { name: "an order that is changed, then its lines", code: held(`db.prepare("UPDATE orders SET total = ? WHERE id = ?").run(req.body.total, orderId);
            for (const line of req.body.lines) addLine.run(orderId, line.sku);`, " const orderId = req.body.order;"), findings: whole(9, "n + 1") },
    { name: "lines, then the order, whose values stand in lists", code: held(`for (const line of req.body.lines) addLine.run([orderId, line.sku]);
            const values = [req.body.total, orderId];
            db.prepare("UPDATE orders SET total = ? WHERE id = ?").run(values);`, " const orderId = req.body.order;"), findings: whole(8, "n + 1") },
    { name: "lines that were asked for by the order", code: held(`const lines = db.prepare("SELECT id FROM lines WHERE order_id = ?").all(orderId);
            for (const line of lines) db.prepare("DELETE FROM lines WHERE id = ?").run(line.id);
            db.prepare("UPDATE orders SET total = 0 WHERE id = ?").run(orderId);`, " const orderId = req.body.order;"), findings: whole(9, "n + 2") },
    { name: "lines that a function of the handler's own writes", code: held(`for (const line of req.body.lines) add(line);
            db.prepare("UPDATE orders SET total = 0 WHERE id = ?").run(orderId);`, " const orderId = req.body.order; const add = (line) => addLine.run(orderId, line.sku);"), findings: whole(8, "n + 1") },
    { name: "an order and its lines, by the order's own id", code: held(`db.prepare("UPDATE orders SET total = ? WHERE id = ?").run(req.body.total, order.id);
            for (const line of req.body.lines) addLine.run(order.id, line.sku);`, " const order = find(req.body);"), findings: whole(9, "n + 1") },
    { name: "rows of a user may be any number", code: held(`db.prepare("UPDATE users SET imported = 1 WHERE id = ?").run(userId);
            for (const line of req.body.lines) addLine.run(userId, line.sku);`, " const userId = req.body.user;"), findings: long(9, "n + 1") },
    { name: "rows of an import may be any number", code: held(`db.prepare("UPDATE imports SET state = 1 WHERE id = ?").run(importId);
            for (const line of req.body.lines) addLine.run(importId, line.sku);`, " const importId = req.body.import;"), findings: long(9, "n + 1") },
    { name: "what is written beside names something else", code: held(`db.prepare("UPDATE shifts SET closed = 1 WHERE id = ?").run(shiftId);
            for (const line of req.body.lines) addLine.run(orderId, line.sku);`, " const orderId = req.body.order; const shiftId = req.body.shift;"), findings: long(9, "n + 1") },
    { name: "what is only read beside", code: held(`if (!db.prepare("SELECT 1 FROM orders WHERE id = ?").get(orderId)) return;
            for (const line of req.body.lines) addLine.run(orderId, line.sku);`, " const orderId = req.body.order;"), findings: long(9, "n + 1") },
    { name: "the set is put right: what is missing comes, what is left over goes", code: held(`const kept = new Set(db.prepare("SELECT tag FROM tags WHERE thing = ?").all(req.body.thing).map((row) => row.tag));
            for (const tag of req.body.tags) if (!kept.has(tag)) db.prepare("INSERT INTO tags (thing, tag) VALUES (?, ?)").run(req.body.thing, tag);
            for (const tag of kept) db.prepare("DELETE FROM tags WHERE thing = ? AND tag = ?").run(req.body.thing, tag);`),
      findings: [{ line: 7, confidence: "likely", message: "the same transaction replaces rows, which is right only as a whole", fix: "manual", reason: "the same transaction replaces rows", related: [9], why: [6], statements: "n + m + 1" }] },
    { name: "a transaction for each thing, over its parts", code: `${DB}
        app.post("/orders", (req, res) => {
          for (const order of req.body.orders)
            db.transaction(() => { for (const line of order.lines) addLine.run(line.order, line.sku); })();
          res.end();
        });`,
      findings: [{ line: 8, confidence: "likely", message: "each turn of a loop around it has a transaction of its own", fix: "manual", reason: "each turn of a loop around it", related: [8], why: [6], statements: "n" }] },
    { name: "what is computed from a value that is carried", code: held(`let left = req.body.amount;
            for (const line of req.body.lines) {
              const paid = Math.min(left, line.due);
              left -= paid;
              addLine.run(line.order, paid);
            }`),
      findings: [{ line: 7, confidence: "likely", message: "`left` carries a value from one turn of the loop into the next", fix: "manual", reason: "`left` carries a value", related: [9], why: [6], statements: "n" }] },
  ],
});
