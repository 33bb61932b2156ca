import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { batch } from "./helpers/batched.js";
import { readTree } from "./helpers/disk.js";

const CLIENT = Object.fromEntries(Object.entries(readTree(fileURLToPath(new URL("../fixtures/orm/prisma/client", import.meta.url)))).map(([file, text]) => [`src/generated/prisma/${file}`, text]));

const APP = `import { PrismaBetterSqlite3 } from "@prisma/adapter-better-sqlite3";
import { Prisma, PrismaClient } from "./generated/prisma/client.js";

export const prisma = new PrismaClient({ adapter: new PrismaBetterSqlite3({ url: "file:app.db" }) });

export async function importAll(names: readonly string[]): Promise<number> {
  const total = await prisma.$transaction(async (tx) => {
    const known = await tx.item.count();
    let done = 0;
    for (const name of names) {
      await tx.item.create({ data: { name: \`\${name} \${known}\` } });
      done += 1;
    }
    return done;
  });
  return total;
}

export class Store {
  constructor(private readonly prisma: PrismaClient) {}

  /** All of them, or those before the first that fails. */
  async renameAll(names: readonly string[], to: string) {
    return this.prisma.$transaction(
      async (tx: Prisma.TransactionClient) => {
        for (const name of names) {
          await tx.item.updateMany({ where: { name }, data: { name: to + name } });
        }
        return tx.item.findMany({ take: 2, orderBy: { id: "asc" } });
      },
      { isolationLevel: Prisma.TransactionIsolationLevel.Serializable, timeout: 60_000 },
    );
  }
}
`;

const MAIN = `import { importAll, prisma, Store } from "./app.js";

await prisma.$executeRawUnsafe("DROP TABLE IF EXISTS item");
await prisma.$executeRawUnsafe("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE)");
const names = Array.from({ length: 23 }, (_, n) => \`n\${n}\`);
const total = await importAll(names);
const renamed = await new Store(prisma).renameAll(names.map((name) => \`\${name} 0\`), "renamed ");
const whole = { total, renamed, items: await prisma.item.findMany() };
await prisma.item.deleteMany();
const error = await importAll([...names, "n1"]).then(() => "none", (reason: { code?: string }) => reason.code);
console.log(JSON.stringify({ whole, error, left: await prisma.item.count() }));
await prisma.$disconnect();
`;

describe("batches of Prisma", () => {
  it("are interactive transactions, with their settings", async () => {
    const { read, applied, manual, before, after } = await batch({ ...CLIENT, ".gitignore": "src/generated\n", "src/app.ts": APP }, MAIN);
    expect([applied, manual]).toEqual([2, []]);
    expect(read("src/app.ts")).toMatchInlineSnapshot(`
      "import { PrismaBetterSqlite3 } from "@prisma/adapter-better-sqlite3";
      import { batchedTransaction } from "sessionfix-runtime";
      import { Prisma, PrismaClient } from "./generated/prisma/client.js";

      export const prisma = new PrismaClient({ adapter: new PrismaBetterSqlite3({ url: "file:app.db" }) });

      export async function importAll(names: readonly string[]): Promise<number> {
        const known = await prisma.$transaction(async (tx) => await tx.item.count());
        let done = 0;
        await batchedTransaction(
          (work: Parameters<typeof prisma.$transaction>[0]) => prisma.$transaction(work),
          names,
          async (name, tx) => {
            await tx.item.create({ data: { name: \`\${name} \${known}\` } });
            done += 1;
          },
          { batchSize: 10, label: "importAll" },
        );
        const total = done;
        return total;
      }

      export class Store {
        constructor(private readonly prisma: PrismaClient) {}

        /** All of them, or those before the first that fails. */
        async renameAll(names: readonly string[], to: string) {
          await batchedTransaction(
            (work: (tx: Prisma.TransactionClient) => Promise<void>) => this.prisma.$transaction(work, { isolationLevel: Prisma.TransactionIsolationLevel.Serializable, timeout: 60_000 }),
            names,
            async (name, tx: Prisma.TransactionClient) => {
              await tx.item.updateMany({ where: { name }, data: { name: to + name } });
            },
            { batchSize: 10, label: "renameAll" },
          );
          return await this.prisma.$transaction(async (tx: Prisma.TransactionClient) => tx.item.findMany({ take: 2, orderBy: { id: "asc" } }), { isolationLevel: Prisma.TransactionIsolationLevel.Serializable, timeout: 60_000 });
        }
      }
      "
    `);
    expect(after).toEqual({ ...(before as object), left: 20 });
    expect(before).toMatchObject({ left: 0, error: "P2002", whole: { total: 23 } });
  });
});
