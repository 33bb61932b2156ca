import { describe, expect, it } from "vitest";
import { batch } from "./helpers/batched.js";

const APP = `import postgres from "postgres";

export const sql = postgres("postgres://localhost/app");

export async function importAll(names: readonly string[]): Promise<number> {
  const total = await sql.begin(async (sql) => {
    await sql\`INSERT INTO log (what) VALUES ('begin')\`;
    const [first] = await sql\`SELECT id FROM items\`;
    let done = 0;
    for (const name of names) {
      await sql\`INSERT INTO items (name, first) VALUES (\${name}, \${first?.["id"] ?? 0})\`;
      done += 1;
    }
    await sql\`INSERT INTO log (what) VALUES (\${\`end \${done}\`})\`;
    return done;
  });
  return total;
}

export class Store {
  constructor(private readonly sql: postgres.Sql) {}

  async saveAll(names: readonly string[]): Promise<void> {
    await this.sql.begin("isolation level serializable", async (tx) => {
      for (const name of names) await tx\`INSERT INTO items (name) VALUES (\${name})\`;
    });
  }
}
`;

describe("batches of postgres", () => {
  it("are transactions that it begins, with their options", async () => {
    const { read, applied, manual } = await batch({ "src/app.ts": APP });
    expect([applied, manual]).toEqual([2, []]);
    expect(read("src/app.ts")).toMatchInlineSnapshot(`
      "import postgres from "postgres";
      import { batchedTransaction } from "sessionfix-runtime";
      import type { TransactionSql } from "postgres";

      export const sql = postgres("postgres://localhost/app");

      export async function importAll(names: readonly string[]): Promise<number> {
        await sql.begin(async (sql) => {
          await sql\`INSERT INTO log (what) VALUES ('begin')\`;
        });
        const [first] = await sql.begin(async (sql) => await sql\`SELECT id FROM items\`);
        let done = 0;
        await batchedTransaction(
          (work: (sql: TransactionSql) => Promise<void>) => sql.begin(work),
          names,
          async (name, sql) => {
            await sql\`INSERT INTO items (name, first) VALUES (\${name}, \${first?.["id"] ?? 0})\`;
            done += 1;
          },
          { batchSize: 10, label: "importAll" },
        );
        await sql.begin(async (sql) => {
          await sql\`INSERT INTO log (what) VALUES (\${\`end \${done}\`})\`;
        });
        const total = done;
        return total;
      }

      export class Store {
        constructor(private readonly sql: postgres.Sql) {}

        async saveAll(names: readonly string[]): Promise<void> {
          await batchedTransaction(
            (work: (tx: TransactionSql) => Promise<void>) => this.sql.begin("isolation level serializable", work),
            names,
            async (name, tx) => {
              await tx\`INSERT INTO items (name) VALUES (\${name})\`;
            },
            { batchSize: 10, label: "saveAll" },
          );
        }
      }
      "
    `);
  });
});
