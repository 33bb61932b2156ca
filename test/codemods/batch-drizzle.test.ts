import { describe, expect, it } from "vitest";
import { batch } from "./helpers/batched.js";

const SYNC = `import Database from "better-sqlite3";
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/better-sqlite3";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const items = sqliteTable("items", { id: integer("id").primaryKey(), name: text("name").notNull() });
export const log = sqliteTable("log", { what: text("what").notNull() });
export const db = drizzle(new Database("app.db"));

export async function importAll(names: readonly string[]): Promise<void> {
  db.transaction((tx) => {
    // one row each
    for (const name of names) {
      if (name === "") continue;
      tx.insert(items).values({ name }).run();
    }
  });
}

export function importCounted(names: readonly string[]): number {
  return db.transaction(
    (tx) => {
      tx.insert(log).values({ what: "begin" }).run();
      const first = tx.select().from(items).get();
      let done = first?.id ?? 0;
      for (const name of names) {
        tx.insert(items).values({ name: name + done }).run();
        tx.update(items).set({ name }).where(eq(items.id, 1)).run();
        done += 1;
      }
      tx.insert(log).values({ what: "end" }).run();
      return tx.select().from(items).all().length;
    },
    { behavior: "immediate" },
  );
}
`;

describe("batches of Drizzle", () => {
  it("on better-sqlite3", async () => {
    const { read, applied, manual, before, after } = await batch({ "src/app.ts": SYNC });
    console.log(read("src/app.ts"), applied, manual, before, after);
    expect(applied).toBe(2);
  });
});
