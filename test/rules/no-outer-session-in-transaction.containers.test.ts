import { runTable, type Expected } from "./lib/table.js";

const service = (constructor: string, body: string) => `
        import { Injectable } from "@nestjs/common";
        import { InjectDataSource, InjectRepository } from "@nestjs/typeorm";
        import { DataSource, Repository } from "typeorm";
        import { Invite, User } from "./tables.js";
        @Injectable()
        export class Users {
          constructor(${constructor}) {}
          async save(user: User) {
            ${body}
          }
        }`;

const USERS = "@InjectRepository(User) private readonly users: Repository<User>";
const INVITES = "@InjectRepository(Invite) private readonly invites: Repository<Invite>";

const found = (line: number, related: number, what: string, more: Partial<Expected> = {}): Expected => ({ line, library: "typeorm", message: `\`${what}\` is the typeorm session around this transaction`, related: [related], fix: "manual", reason: "use the transaction's handle here", ...more });

/** A unit of work and a repository that ask a container for their sessions under a name. */
const unitOfWork = (asked: string, find = "find(id: number) { return this.db.query.orders.findFirst({ where: { id } }); }") => ({
  "src/tokens.ts": `
        export const DATABASE = "DATABASE";
        export const ARCHIVE = Symbol("archive");`,
  "src/unit-of-work.ts": `
        import { Inject, Injectable } from "@nestjs/common";
        import type { NodePgDatabase } from "drizzle-orm/node-postgres";
        import { DATABASE } from "./tokens.js";
        @Injectable()
        export class UnitOfWork {
          constructor(@Inject(DATABASE) private readonly db: NodePgDatabase) {}
          async run<T>(work: (tx: NodePgDatabase) => Promise<T>): Promise<T> {
            return await this.db.transaction(work);
          }
        }`,
  "src/orders.ts": `
        import { Inject, Injectable } from "@nestjs/common";
        import type { NodePgDatabase } from "drizzle-orm/node-postgres";
        import { ARCHIVE, DATABASE } from "./tokens.js";
        import { UnitOfWork } from "./unit-of-work.js";
        @Injectable()
        export class OrdersRepository {
          constructor(@Inject(${asked}) private readonly db: NodePgDatabase) {}
          ${find}
          async close(id: number, tx?: NodePgDatabase) { await (tx ?? this.db).update(orders).set({ open: false }); }
        }
        @Injectable()
        export class OrdersService {
          constructor(private readonly uow: UnitOfWork, private readonly orders: OrdersRepository) {}
          close(id: number) {
            return this.uow.run(async (tx) => {
              if (!(await this.orders.find(id, tx))) throw new Error("none");
              await this.orders.close(id, tx);
            });
          }
        }`,
});

/** A helper that begins transactions on the data source, and a repository behind a base class. */
const base = (body: string, injected = "@InjectRepository(Rate) rates: Repository<Rate>", decorator = "@Injectable()") => `
        import { Injectable } from "@nestjs/common";
        import { InjectRepository } from "@nestjs/typeorm";
        import { DataSource, EntityManager, ObjectLiteral, Repository } from "typeorm";
        import { Rate } from "./tables.js";
        ${decorator}
        export class Transactions {
          constructor(private readonly dataSource: DataSource) {}
          run<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> { return this.dataSource.transaction(work); }
        }
        export abstract class BaseRepository<E extends ObjectLiteral> {
          constructor(protected readonly repository: Repository<E>) {}
          protected on(manager?: EntityManager): Repository<E> { return manager ? manager.getRepository(this.repository.target) : this.repository; }
          find(id: number, manager?: EntityManager) { return this.on(manager).findOne({ where: { id } as never }); }
        }
        @Injectable()
        export class RatesRepository extends BaseRepository<Rate> {
          constructor(${injected}) { super(rates); }
          today(day: string) { return this.repository.createQueryBuilder("rate").where("rate.day = :day", { day }).getMany(); }
        }
        @Injectable()
        export class RatesService {
          constructor(private readonly transactions: Transactions, private readonly rates: RatesRepository) {}
          save(rate: Rate) {
            return this.transactions.run(async (manager) => {
              await manager.save(rate);
              ${body}
            });
          }
        }`;

const UNIT_OF_WORK: Expected = { file: "src/orders.ts", line: 16, library: "drizzle-orm", message: "`this.orders.find` runs on the drizzle-orm session around this transaction", related: ["src/orders.ts:15", "src/orders.ts:8"], fix: "manual", reason: "give the helper a parameter for the handle" };

runTable({
  rule: "no-outer-session-in-transaction",
  theme: "what a container injects",
  valid: [
    { name: "a base class's repository, on the handle", code: base("return this.rates.find(1, manager);") },
    { name: "a base class that others give repositories to that nobody injects", code: base("return this.rates.today(rate.day);", "rates: Repository<Rate>") },
    { name: "a data source of a class that no container makes", code: base("return this.rates.today(rate.day);", undefined, "") },
    { name: "a session that is asked for under another name", code: unitOfWork("ARCHIVE") },
    { name: "a repository that takes the handle of the unit of work", code: unitOfWork("DATABASE", "find(id: number, tx?: NodePgDatabase) { return (tx ?? this.db).query.orders.findFirst({ where: { id } }); }") },
    { name: "a repository of another connection", code: service(`${USERS}, @InjectRepository(Invite, "other") private readonly invites: Repository<Invite>`, `
            await this.users.manager.transaction(async (manager) => {
              await manager.save(user);
              await this.invites.delete({ id: 1 });
            });`) },
    { name: "a data source by name", code: service(`${INVITES}, @InjectDataSource("other") private readonly dataSource: DataSource`, `
            await this.dataSource.transaction(async (manager) => {
              await manager.save(user);
              await this.invites.delete({ id: 1 });
            });`) },
    { name: "a repository on the handle", code: service(`${USERS}, ${INVITES}`, `
            await this.users.manager.transaction(async (manager) => {
              await manager.save(user);
              await manager.withRepository(this.invites).delete({ id: 1 });
            });`) },
    { name: "rows that a repository only makes", code: service(`${USERS}, ${INVITES}`, `
            await this.users.manager.transaction(async (manager) => {
              await manager.save(this.users.create(user));
              await manager.save(this.invites.create({}));
            });`) },
    { name: "a data source that nobody injects", code: `
        import { DataSource, Repository } from "typeorm";
        export class Users {
          constructor(private readonly users: Repository<object>, private readonly dataSource: DataSource) {}
          async save(user: object) {
            await this.dataSource.transaction(async (manager) => {
              await manager.save(user);
              await this.users.delete({ id: 1 });
            });
          }
        }` },
  ],
  invalid: [
    { name: "a base class's repository, by way of a helper that begins them", code: base("return this.rates.today(rate.day);"), findings: [{ line: 26, library: "typeorm", message: "`this.rates.today` runs on the typeorm session", related: [24, 18], fix: "manual", reason: "give the helper the handle as a parameter" }] },
    { name: "the same where the base class takes the handle, and gets none", code: base("return this.rates.find(1);"), findings: [{ line: 26, library: "typeorm", message: "`this.rates.find` runs on the typeorm session", related: [24, 13], fix: "manual", reason: "pass the handle to the helper" }] },
    { name: "a repository beside a unit of work, on the session of one name", code: unitOfWork("DATABASE"), findings: [UNIT_OF_WORK] },
    { name: "the same by the name as text", code: unitOfWork('"DATABASE"'), findings: [UNIT_OF_WORK] },
    { name: "another repository than the one whose manager begins it", code: service(`${USERS}, ${INVITES}`, `
            await this.users.manager.transaction(async (manager) => {
              await manager.save(user);
              await this.invites.delete({ id: 1 });
            });`), findings: [found(12, 10, "this.invites")] },
    { name: "the repository itself", code: service(USERS, `
            await this.users.manager.transaction(async (manager) => {
              await manager.save(user);
              await this.users.delete({ id: 1 });
            });`), findings: [found(12, 10, "this.users")] },
    { name: "a repository, in a transaction of the data source", code: service(`${INVITES}, @InjectDataSource() private readonly dataSource: DataSource`, `
            await this.dataSource.transaction(async (manager) => {
              await manager.save(user);
              await this.invites.delete({ id: 1 });
            });`), findings: [found(12, 10, "this.invites")] },
    { name: "a repository, in a transaction of the data source that is asked for by its type", code: service(`${INVITES}, private readonly dataSource: DataSource`, `
            await this.dataSource.transaction(async (manager) => {
              await manager.save(user);
              await this.invites.delete({ id: 1 });
            });`), findings: [found(12, 10, "this.invites")] },
    { name: "a function that a helper runs while its transaction keeps a row locked: perhaps on purpose", code: service(`${USERS}, ${INVITES}`, `
            await this.locked(async () => {
              await this.invites.delete({ id: 1 });
            });
          }
          async locked(work: () => Promise<void>) {
            await this.users.manager.transaction(async (manager) => {
              await manager.find(User, { lock: { mode: "pessimistic_write" } });
              await work();
            });`), findings: [found(10, 11, "", { confidence: "likely", message: "takes no handle", reason: "give the function the handle" })] },
  ],
});
