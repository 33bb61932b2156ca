import { runTable, type Expected } from "./lib/table.js";

const service = (constructor: string, body: string) => `
        import { Injectable } from "@nestjs/common";
        import { InjectDataSource, InjectRepository } from "@nestjs/typeorm";
        import { DataSource, EntityManager, Repository } from "typeorm";
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
    { name: "a repository, in a transaction of the manager that is asked for by its type", code: service(`${INVITES}, private readonly manager: EntityManager`, `
            await this.manager.transaction(async (manager) => {
              await manager.save(user);
              await this.invites.delete({ id: 1 });
            });`), findings: [found(12, 10, "this.invites")] },
    { name: "a repository, in a transaction of a query runner of the manager's", code: service(`${INVITES}, private readonly manager: EntityManager`, `
            const runner = this.manager.connection.createQueryRunner();
            await runner.startTransaction();
            await runner.manager.save(user);
            await this.invites.delete({ id: 1 });
            await runner.commitTransaction();
            await runner.release();`), findings: [found(13, 11, "", { message: "`this.invites` is not the connection that this typeorm transaction was begun on", reason: "use the transaction, or the connection that it was begun on" })] },
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

/** Sequelize's models and its connection, as NestJS injects them; `body` stands in a transaction that is begun in line 14. */
const inSequelize = (constructor: string, body: string) => ({
  "src/models.ts": `
        import { Column, Model, Table } from "sequelize-typescript";
        @Table export class Category extends Model<Category> { @Column title: string; }`,
  "src/categories.ts": `
        import { Injectable } from "@nestjs/common";
        import { InjectConnection, InjectModel } from "@nestjs/sequelize";
        import { Sequelize } from "sequelize-typescript";
        import { Category } from "./models.js";
        @Injectable()
        export class Categories {
          constructor(${constructor}) {}
          async rename(uuid: string, title: string) {
            const transaction = await this.sequelize.transaction();
            try {
              const found = await this.categories.findOne({ where: { uuid }, transaction });
              ${body}
              await transaction.commit();
            } catch (error) {
              await transaction.rollback();
              throw error;
            }
          }
        }`,
});
const CATEGORIES = "@InjectModel(Category) private readonly categories: typeof Category";
const leftOut = (related: number): Expected => ({ line: 12, file: "src/categories.ts", library: "sequelize", message: "because `transaction` is not passed", related: [`src/categories.ts:${related}`], fix: "manual", reason: "pass the transaction in its options" });

runTable({
  rule: "no-outer-session-in-transaction",
  theme: "models that NestJS injects",
  valid: [
    { name: "with the transaction", code: inSequelize(`private readonly sequelize: Sequelize, ${CATEGORIES}`, `await this.categories.update({ title }, { where: { uuid }, transaction });`) },
    { name: "a model of another connection", code: inSequelize(`private readonly sequelize: Sequelize, @InjectModel(Category, "archive") private readonly categories: typeof Category`, `await this.categories.destroy({ where: { uuid } });`) },
    { name: "another connection", code: inSequelize(`@InjectConnection("archive") private readonly sequelize: Sequelize, ${CATEGORIES}`, `await this.categories.destroy({ where: { uuid } });`) },
  ],
  invalid: [
    { name: "a statement of the model", code: inSequelize(`private readonly sequelize: Sequelize, ${CATEGORIES}`, `await this.categories.destroy({ where: { uuid } });`), findings: [leftOut(9)] },
    { name: "a row that it gave", code: inSequelize(`private readonly sequelize: Sequelize, ${CATEGORIES}`, `await found.update({ title });`), findings: [leftOut(9)] },
    { name: "the connection by its decorator", code: inSequelize(`@InjectConnection() private readonly sequelize: Sequelize, ${CATEGORIES}`, `await this.categories.update({ title }, { where: { uuid } });`), findings: [leftOut(9)] },
  ],
});

/** A service that keeps the runner of its transaction in a field with a type. */
const keptRunner = (statement: string) => ({
  "src/transactions.ts": `
        import { Injectable } from "@nestjs/common";
        import { DataSource, QueryRunner } from "typeorm";
        @Injectable()
        export class Transactions {
          runner: QueryRunner;
          constructor(private readonly dataSource: DataSource) {}
          async begin(): Promise<QueryRunner> {
            this.runner = this.dataSource.createQueryRunner();
            await this.runner.connect();
            await this.runner.startTransaction();
            return this.runner;
          }
          async commit() { await this.runner.commitTransaction(); await this.runner.release(); }
          async rollBack() { await this.runner.rollbackTransaction(); await this.runner.release(); }
        }`,
  "src/users.ts": `
        import { Injectable } from "@nestjs/common";
        import { InjectRepository } from "@nestjs/typeorm";
        import { DataSource, Repository } from "typeorm";
        import { Transactions } from "./transactions.js";
        import { User } from "./tables.js";
        @Injectable()
        export class Users {
          constructor(@InjectRepository(User) private readonly users: Repository<User>, private readonly dataSource: DataSource, private readonly transactions: Transactions) {}
          async save(user: User) {
            const runner = await this.transactions.begin();
            try {
              const users = runner.manager.getRepository(User);
              ${statement}
              await users.save(user);
              await this.transactions.commit();
            } catch (error) {
              await this.transactions.rollBack();
              throw error;
            }
          }
        }`,
});
const besideRunner: Expected = { line: 13, file: "src/users.ts", library: "typeorm", message: "is not the connection that this typeorm transaction was begun on", related: ["src/users.ts:10"], fix: "manual", reason: "use the transaction, or the connection" };

runTable({
  rule: "no-outer-session-in-transaction",
  theme: "transactions that a service begins and ends",
  valid: [{ name: "on the runner", code: keptRunner("const found = await users.findOneBy({ name: user.name });") }],
  invalid: [
    { name: "on an injected repository", code: keptRunner("const found = await this.users.findOneBy({ name: user.name });"), findings: [besideRunner] },
    { name: "on the data source's tree", code: keptRunner("const found = await this.dataSource.manager.getTreeRepository(User).createDescendantsQueryBuilder('u', 'c', user).getMany();"), findings: [besideRunner] },
  ],
});
