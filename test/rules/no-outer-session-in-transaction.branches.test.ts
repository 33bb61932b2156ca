import { runTable } from "./lib/table.js";

const PRISMA = `
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();`;

/** Line 4 looks a file up; `attach` says how the ones between get there. */
const cover = (attach: string): string => `${PRISMA}
        const fileOf = (url) => prisma.file.findFirst({ where: { url } });
        ${attach}
        export const save = (url) => prisma.$transaction(async (tx) => {
          await tx.album.create({ data: {} });
          await decorate(url);
        });`;

const found = (line: number, confidence: "likely" | "proven", related: number[]) => ({ line, library: "@prisma/client", confidence, message: "`decorate`", fix: "review" as const, reason: "becomes part of the transaction", related });

runTable({
  rule: "no-outer-session-in-transaction",
  theme: "branches of helpers",
  valid: [
    { name: "the branch hands the handle on", code: `${PRISMA}
        const fileOf = (client, url) => client.file.findFirst({ where: { url } });
        const keep = (client, url) => (isOurs(url) ? fileOf(client, url) : undefined);
        const decorate = (client, url) => keep(client, url);
        export const save = (url) => prisma.$transaction(async (tx) => {
          await tx.album.create({ data: {} });
          await decorate(tx, url);
        });` },
  ],
  invalid: [
    { name: "every way takes a branch in a helper of a helper: whether this call gets there is not known", code: cover(`
        const keep = async (url) => { if (url.startsWith("app:")) return fileOf(url); };
        const place = (url) => keep(url);
        const decorate = (url) => place(url);`), findings: [found(10, "likely", [8, 3])] },
    { name: "as the statement itself", code: cover(`
        const place = async (url) => (url.startsWith("app:") ? prisma.file.findFirst({ where: { url } }) : undefined);
        const decorate = (url) => place(url);`), findings: [found(9, "likely", [7, 5])] },
    { name: "a branch in the helper itself", code: cover(`
        const place = (url) => fileOf(url);
        const decorate = async (url) => { if (url) return place(url); };`), findings: [found(9, "proven", [7, 3])] },
    { name: "another way has none", code: cover(`
        const keep = async (url) => { if (url.startsWith("app:")) return fileOf(url); };
        const note = (url) => prisma.event.create({ data: { url } });
        const place = async (url) => { await keep(url); await note(url); };
        const decorate = (url) => place(url);`), findings: [found(11, "proven", [9, 6, 3])] },
  ],
});

/** A log that is kept in a table, through the program's own client. */
const logged = (client: string, name: string) => `
        import { PrismaClient } from "@prisma/client";
        ${client}
        class Keeper {
          async warn(text) { await prisma.line.create({ data: { text } }); }
        }
        const ${name} = new Keeper();
        export const save = (items) => prisma.$transaction(async (tx) => {
          for (const item of items.slice(0, 50)) {
            try { await tx.item.create({ data: item }); } catch (error) { await ${name}.warn("left out: " + error); }
          }
        });`;
const CLIENT = "const prisma = new PrismaClient();";
const warned = (name: string, confidence: "likely" | "proven") => [{ line: 9, library: "@prisma/client", confidence, message: `\`${name}.warn\``, fix: "review" as const, reason: "becomes part of the transaction", related: [7, 4] }];

runTable({
  rule: "no-outer-session-in-transaction",
  theme: "logs",
  valid: [{ name: "a log that is no table", code: logged(CLIENT, "logger").replace("await prisma.line.create({ data: { text } })", "console.warn(text)") }],
  invalid: [
    { name: "a logger: its lines are to stay when all else is undone", code: logged(CLIENT, "logger"), findings: warned("logger", "likely") },
    { name: "by another name", code: logged(CLIENT, "events"), findings: warned("events", "proven") },
    { name: "on SQLite it waits for the very lock that is held here", code: logged('import { PrismaBetterSqlite3 } from "@prisma/adapter-better-sqlite3"; const prisma = new PrismaClient({ adapter: new PrismaBetterSqlite3({ url: "file:app.db" }) });', "logger"), findings: warned("logger", "proven") },
  ],
});

/** What a transaction does when the item has been taken, before it goes on. */
const refused = (taken: string, client = CLIENT) => `
        import { PrismaClient } from "@prisma/client";
        ${client}
        const record = (what) => prisma.event.create({ data: { what } });
        const count = (what) => prisma.event.count({ where: { what } });
        export const take = (id) => prisma.$transaction(async (tx) => {
          const item = await tx.item.findUnique({ where: { id } });
          if (item.taken) {
            ${taken}
          }
          await tx.item.update({ where: { id }, data: { taken: true } });
        });`;
const refusal = (line: number, name: "record" | "count", confidence: "likely" | "proven") =>
  [{ line, library: "@prisma/client", confidence, message: `\`${name}\` runs on`, fix: "review" as const, reason: "becomes part of the transaction", related: [5, name === "record" ? 3 : 4] }];

runTable({
  rule: "no-outer-session-in-transaction",
  theme: "what is written before a transaction is given up",
  valid: [{ name: "on the handle", code: refused('await tx.event.create({ data: { what: "refused" } }); throw new Error("taken");') }],
  invalid: [
    { name: "a record of the failure, which the transaction would undo at once", code: refused('await record("refused"); throw new Error("taken");'), findings: refusal(8, "record", "likely") },
    { name: "it goes on", code: refused('await record("again");'), findings: refusal(8, "record", "proven") },
    { name: "it goes on where nothing is counted", code: refused('await record("again"); if (id > 0) throw new Error("taken"); console.log(id);'), findings: refusal(8, "record", "proven") },
    { name: "a read", code: refused('await count("refused"); throw new Error("taken");'), findings: refusal(8, "count", "proven") },
    { name: "SQLite", code: refused('await record("refused"); throw new Error("taken");', 'import { PrismaBetterSqlite3 } from "@prisma/adapter-better-sqlite3"; const prisma = new PrismaClient({ adapter: new PrismaBetterSqlite3({ url: "file:app.db" }) });'), findings: refusal(8, "record", "proven") },
  ],
});

/** A helper that looks things up by the connection that it is given where `sum` is set, and by the pool otherwise. */
const summed = (options: string) => `
        import { createPool } from "mysql2/promise";
        const pool = createPool({});
        const list = async ({ from }) => (await pool.execute("SELECT * FROM costs WHERE day > ?", [from]))[0];
        const total = async ({ from, conn = pool }) => (await conn.execute("SELECT SUM(n) FROM costs WHERE day > ?", [from]))[0];
        const costs = async ({ sum, ...rest }) => {
          if (sum) return total(rest);
          return list(rest);
        };
        export async function close(from, given) {
          const conn = await pool.getConnection();
          try {
            await conn.beginTransaction();
            await conn.execute("UPDATE books SET closed = 1");
            ${options}
            const found = await costs(asked);
            await conn.commit();
            return found;
          } catch (error) {
            await conn.rollback();
            throw error;
          } finally {
            conn.release();
          }
        }`;
const byPool = { line: 15, library: "mysql2", message: "`costs` does not run on the connection", fix: "manual" as const, reason: "give the helper", related: [12, 3] };

runTable({
  rule: "no-outer-session-in-transaction",
  theme: "what an object that was written before says of a helper's ways",
  valid: [
    { name: "the way is not taken", code: summed("const asked = { ...given, from, sum: true, conn };") },
  ],
  invalid: [
    { name: "the way is taken", code: summed("const asked = { from, sum: false };"), findings: [byPool] },
  ],
});
