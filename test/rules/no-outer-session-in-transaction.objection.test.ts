import { runTable } from "./lib/table.js";

const MODELS = `
        const { Model } = require("objection");
        class Order extends Model { static get tableName() { return "orders"; } }
        class Line extends Model { static get tableName() { return "lines"; } }
        module.exports = { Order, Line };`;

const CONNECTION = `
        const Knex = require("knex");
        const { Model } = require("objection");
        const knex = Knex({ client: "pg", connection: process.env.DATABASE_URL });
        Model.knex(knex);
        module.exports = knex;`;

const PROGRAM = { "src/models.js": MODELS, "src/connection.js": CONNECTION };
const SESSION = "is the objection session around this transaction, not its handle";
const DIRECT = { library: "objection", fix: "manual", reason: "use the transaction" } as const;

/** A service whose method begins a transaction by hand. */
const service = (body: string, more = "") => `
        const { Order, Line } = require("./models");
        const service = {
          ${more}
          close: async (id, given) => {
            let trx;
            try {
              trx = await Order.startTransaction();
              ${body}
              await trx.commit();
            } catch (error) {
              if (trx) await trx.rollback();
              throw error;
            }
          },
        };
        module.exports = service;`;

runTable({
  rule: "no-outer-session-in-transaction",
  theme: "objection",
  valid: [
    { name: "every query is given the transaction", code: { ...PROGRAM, "src/orders.js": service(`
              const order = await Order.query(trx).findById(id).throwIfNotFound();
              await order.$relatedQuery("lines", trx).delete();
              await Line.query(trx).patch({ open: false }).where({ order: id });`) } },
    { name: "a helper that is given the transaction", code: { ...PROGRAM, "src/orders.js": service("await service.read(id, trx);", "read: (id, trx) => Order.query(trx).findById(id),") } },
    { name: "a query that is given what may be the transaction", code: { ...PROGRAM, "src/orders.js": service(`
              await Order.query(given.trx).findById(id);
              await service.read(id, given);`, "read: (id, { session }) => Order.query(session).findById(id),") } },
    { name: "a query that is a part of another one", code: { ...PROGRAM, "src/orders.js": service('await Order.query(trx).patch({ open: false }).whereIn("id", Line.query().select("order").where({ id }));') } },
    { name: "a transaction that was begun before, or begins here", code: { ...PROGRAM, "src/orders.js": `
        const { Order } = require("./models");
        exports.close = async (id, given) => {
          let trx;
          try {
            trx = given || (await Order.startTransaction());
            await Order.query(trx).patch({ open: false }).where({ id });
            if (!given) await trx.commit();
          } catch (error) {
            if (!given && trx) await trx.rollback();
            throw error;
          }
        };` } },
    { name: "another table's class, where the program has two sessions", code: { ...PROGRAM, "src/reports.js": `
        const Knex = require("knex");
        module.exports = Knex({ client: "pg", connection: process.env.REPORTS_URL });`, "src/orders.js": service("await Line.query().patch({ open: false }).where({ order: id });") } },
    { name: "after the commit", code: { ...PROGRAM, "src/orders.js": `
        const { Order } = require("./models");
        exports.close = async (id) => {
          const trx = await Order.startTransaction();
          await Order.query(trx).patch({ open: false }).where({ id });
          await trx.commit();
          return Order.query().findById(id);
        };` } },
  ],
  invalid: [
    { name: "a query of the same table's class without the transaction", code: { ...PROGRAM, "src/orders.js": service(`const order = await Order.query().findById(id).first();
              await Order.query(trx).patch({ open: !order.open }).where({ id });`) }, findings: [{ file: "src/orders.js", line: 8, message: SESSION, ...DIRECT, related: ["src/orders.js:7"] }] },
    { name: "a query of another table's class, where the program has one session", code: { ...PROGRAM, "src/orders.js": service("await Line.query().patch({ open: false }).where({ order: id });") }, findings: [
      { file: "src/orders.js", line: 8, message: SESSION, ...DIRECT, related: ["src/orders.js:7"] },
    ] },
    { name: "a method of the service that is given nothing", code: { ...PROGRAM, "src/orders.js": service(`const order = await service.read(id);
              await Order.query(trx).patch({ open: !order.open }).where({ id });`, "read: (id) => Order.query().findById(id),") }, findings: [
      { file: "src/orders.js", line: 8, message: "`service.read` runs on the objection session around this transaction", library: "objection", fix: "manual", reason: "give the helper the transaction", related: ["src/orders.js:7", "src/orders.js:3"] },
    ] },
    { name: "in a callback", code: { ...PROGRAM, "src/orders.js": `
        const { Order, Line } = require("./models");
        exports.close = (id) => Order.transaction(async (trx) => {
          await Order.query(trx).patch({ open: false }).where({ id });
          await Line.query().delete().where({ order: id });
        });` }, findings: [{ file: "src/orders.js", line: 4, message: SESSION, library: "objection", fix: "manual", reason: "use the transaction's handle here", related: ["src/orders.js:2"] }] },
  ],
});
