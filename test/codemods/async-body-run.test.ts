import { describe, expect, it } from "vitest";
import { batch } from "./helpers/batched.js";

const DB = `import Database from "better-sqlite3";

export const db = new Database("app.db");
db.exec("DROP TABLE IF EXISTS stock; CREATE TABLE stock (name TEXT PRIMARY KEY, n INTEGER NOT NULL CHECK (n >= 0)); INSERT INTO stock VALUES ('nut', 5), ('bolt', 5)");
export const priceOf = async (name: string) => await Promise.resolve(name.length);
`;

const STOCK = `import { db, priceOf } from "./db.js";

const move = db.prepare("UPDATE stock SET n = n + ? WHERE name = ?");

/** From one shelf to the other. */
export const swap = db.transaction(async (from: string, to: string, n = 1): Promise<number> => {
  move.run(n, to);
  const price = await priceOf(from); // asked in between
  move.run(-n, from);
  return price * n;
});

export class Shelf {
  constructor(private readonly name: string) {}

  async empty(): Promise<void> {
    await db.transaction(async () => {
      move.run(1, "nut");
      await priceOf(this.name);
      db.prepare("UPDATE stock SET n = 0 WHERE name = ?").run(this.name);
    }).immediate();
  }
}
`;

const SHOP = `import { Shelf, swap } from "./stock.js";

const said = (error: Error) => (error.message.includes("CHECK") ? "too many" : error.constructor.name);

export async function trade(): Promise<unknown[]> {
  const paid = await swap("nut", "bolt", 2).catch(said);
  const refused = await swap.immediate("nut", "bolt", 50).catch(said);
  await new Shelf("bolt").empty().catch(() => undefined);
  return [paid, refused];
}
`;

const MAIN = `import { trade } from "./shop.js";
import { db } from "./db.js";

process.on("unhandledRejection", () => undefined);
const traded = await trade().catch((error: Error) => error.constructor.name);
console.log(JSON.stringify({ traded, stock: db.prepare("SELECT name, n FROM stock ORDER BY name").all(), open: db.inTransaction }));
`;

describe("a body that awaits", () => {
  it("is run by the runtime's transaction, which waits for it and undoes all of it", async () => {
    const { read, applied, manual, before, after } = await batch({ "src/db.ts": DB, "src/stock.ts": STOCK, "src/shop.ts": SHOP }, MAIN, "sync-transaction-body");
    expect([applied, manual]).toEqual([2, []]);
    expect(read("src/stock.ts")).toBe(
      `import { transaction } from "sessionfix-runtime";\n${STOCK}`
        .replace("db.transaction(async (from: string, to: string, n = 1): Promise<number> => {", "(from: string, to: string, n = 1): Promise<number> => transaction(db, async () => {")
        .replace("db.transaction(async () => {", "transaction(db, async () => {")
        .replace("}).immediate();", "});"),
    );
    expect(read("src/shop.ts")).toBe(SHOP.replace("swap.immediate(", "swap("));
    // The driver refuses a promise, and rolls back what came before the first await; what follows it is written all the same.
    expect(before).not.toMatchObject({ traded: [6, "too many"] });
    expect(after).toEqual({ traded: [6, "too many"], stock: [{ name: "bolt", n: 0 }, { name: "nut", n: 4 }], open: false });
  }, 120_000);
});
