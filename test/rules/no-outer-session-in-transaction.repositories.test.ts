import { runTable, type Expected } from "./lib/table.js";

/** A base class whose helper gives the function a repository that is bound to the transaction. */
const REPOSITORIES = {
  "src/base.ts": `
        import type { drizzle } from "drizzle-orm/node-postgres";
        import type { drizzle as inMemory } from "drizzle-orm/pglite";
        export type Connection = Awaited<ReturnType<typeof drizzle | typeof inMemory>>;
        export type Transaction = Parameters<Parameters<Connection["transaction"]>[0]>[0];
        export abstract class Base {
          protected readonly connection: Connection | Transaction;
          constructor(connection: Base | Connection | Transaction) {
            this.connection = connection instanceof Base ? connection.connection : connection;
          }
          async transaction<T>(operation: (bound: typeof this) => Promise<T>): Promise<T> {
            return this.connection.transaction(async (tx) => operation(this.withConnection(tx)));
          }
          withConnection(connection: Base | Connection | Transaction): typeof this {
            const Made = this.constructor as new (connection: Base | Connection | Transaction) => typeof this;
            return new Made(connection);
          }
        }`,
  "src/orders.ts": `
        import { Base } from "./base.js";
        import { orders } from "./tables.js";
        export class Orders extends Base {
          async add(name: string) { return this.connection.insert(orders).values({ name }); }
        }`,
  "src/keys.ts": `
        import { Base } from "./base.js";
        import { keys } from "./tables.js";
        export class Keys extends Base {
          async make() { return this.connection.select().from(keys); }
        }`,
  "src/main.ts": `
        import { drizzle } from "drizzle-orm/node-postgres";
        import { Keys } from "./keys.js";
        import { Orders } from "./orders.js";
        import { Service } from "./service.js";
        const connection = drizzle("postgres://localhost/app");
        export const service = new Service(new Orders(connection), new Keys(connection));`,
};

const service = (body: string) => ({
  ...REPOSITORIES,
  "src/service.ts": `
        import { Keys } from "./keys.js";
        import { Orders } from "./orders.js";
        const check = async (name: string, keys: Keys) => { if (!name) await keys.make(); };
        export class Service {
          constructor(private readonly orders: Orders, private readonly keys: Keys) {}
          save(name: string) {
            return this.orders.transaction(async (bound) => {
              ${body}
            });
          }
        }`,
});

const found = (helper: string, related: string[]): Expected => ({ line: 8, file: "src/service.ts", library: "drizzle-orm", message: `\`${helper}\` runs on the drizzle-orm session around this transaction`, related, fix: "manual", reason: "handle" });

runTable({
  rule: "no-outer-session-in-transaction",
  theme: "repositories that a helper binds to the transaction",
  valid: [
    { name: "the one that is given", code: service(`await bound.add(name);`) },
    { name: "another one, made of it", code: service(`const keys = new Keys(bound); await keys.make();`) },
    { name: "another one, made in place", code: service(`await new Keys(bound).make();`) },
    { name: "another one, bound to it", code: service(`await this.keys.withConnection(bound).make();`) },
    { name: "a function that is given one that is bound to it", code: service(`await check(name, this.keys.withConnection(bound));`) },
  ],
  invalid: [
    { name: "the one that began it", code: service(`await bound.add(name); await this.orders.add(name);`), findings: [found("this.orders.add", ["src/service.ts:7", "src/orders.ts:4"])] },
    { name: "another one of the service's own", code: service(`await bound.add(name); await this.keys.make();`), findings: [found("this.keys.make", ["src/service.ts:7", "src/keys.ts:4"])] },
    { name: "one that is made of what a query gave", code: service(`const rows = await bound.add(name); await this.orders.add(String(rows));`), findings: [found("this.orders.add", ["src/service.ts:7", "src/orders.ts:4"])] },
  ],
});

/** A base class whose static helper gives the function an object of the class that it was called on. */
const SERVICES = {
  "src/db.js": `
        import { PrismaClient } from "@prisma/client";
        export const client = new PrismaClient();`,
  "src/base.js": `
        import { client } from "./db.js";
        export class Base {
          constructor(session = client) { this.session = session; }
          static inTransaction(work) { return client.$transaction((tx) => { const service = new this(tx); return work(service); }); }
        }`,
  "src/rows.js": `
        import { client } from "./db.js";
        export const addOrder = (row, on = client) => on.order.create({ data: row });
        export const addLine = (row, on = client) => on.line.create({ data: row });`,
  "src/orders.js": `
        import { Base } from "./base.js";
        import { addOrder } from "./rows.js";
        export class Orders extends Base { async add(row) { const made = await addOrder(row, this.session); return made; } }`,
  "src/lines.js": `
        import { Base } from "./base.js";
        import { addLine } from "./rows.js";
        export class Lines extends Base { async add(row) { const made = await addLine(row); return made; } }`,
};

runTable({
  rule: "no-outer-session-in-transaction",
  theme: "services of one base class",
  valid: [
    { name: "one that hands it on, beside one that nobody calls so", code: { ...SERVICES, "src/app.js": `
        import { Orders } from "./orders.js";
        import { Lines } from "./lines.js";
        export const order = (row) => Orders.inTransaction(async (service) => { await service.add(row); });
        export const line = (row) => Lines.inTransaction(async () => row);` } },
  ],
  invalid: [
    { name: "the one that forgets the handle, and not its siblings", code: { ...SERVICES, "src/app.js": `
        import { Orders } from "./orders.js";
        import { Lines } from "./lines.js";
        export const order = (row) => Orders.inTransaction(async (service) => { await service.add(row); });
        export const line = (row) => Lines.inTransaction(async (service) => { await service.add(row); });` },
      findings: [{ file: "src/app.js", line: 4, library: "@prisma/client", message: "`service.add` runs on the @prisma/client session", fix: "manual", reason: "which function it runs cannot be told", related: ["src/app.js:4", "src/rows.js:3"] }] },
  ],
});
