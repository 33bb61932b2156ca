import { WITH_TRANSACTION } from "./lib/lender.js";
import { runTable } from "./lib/table.js";

/** `models/index.js` as sequelize-cli writes it: the session is opened one way or the other, and the folder's files define the models. */
const INDEX = `
        const fs = require("fs");
        const path = require("path");
        const Sequelize = require("sequelize");
        const config = require("../config.json")[process.env.NODE_ENV];
        const db = {};
        let sequelize;
        if (config.use_env_variable) {
          sequelize = new Sequelize(process.env[config.use_env_variable], config);
        } else {
          sequelize = new Sequelize(config.database, config.username, config.password, config);
        }
        for (const file of fs.readdirSync(__dirname).filter((name) => name !== "index.js")) {
          const model = require(path.join(__dirname, file))(sequelize, Sequelize.DataTypes);
          db[model.name] = model;
        }
        db.sequelize = sequelize;
        module.exports = db;`;

const COUNTER = `
        module.exports = (sequelize, DataTypes) => {
          const Counter = sequelize.define("Counter", { next: DataTypes.INTEGER });
          return Counter;
        };`;

const ORDER = `
        const { Model } = require("sequelize");
        module.exports = (sequelize, DataTypes) => {
          class Order extends Model {}
          Order.init({ number: DataTypes.INTEGER }, { sequelize, modelName: "Order" });
          return Order;
        };`;

/** A helper of its own file over the models of one session. */
const FLOWS = (params: string, options = "") => ({
  "src/db.js": `
        const { Sequelize } = require("sequelize");
        module.exports = new Sequelize("postgres://app");`,
  "src/order.model.js": `
        const sequelize = require("./db");
        module.exports = sequelize.define("order", {});`,
  "src/flow.model.js": `
        const sequelize = require("./db");
        module.exports = sequelize.define("flow", {});`,
  "src/flows.js": `
        const Flow = require("./flow.model");
        exports.start = async (${params}) => Flow.create({ order: id }${options});`,
});

const CLOSE = (start: string) => `
        const sequelize = require("./db");
        const Order = require("./order.model");
        const flows = require("./flows");
        exports.place = (row) => sequelize.transaction(async (t) => {
          const order = await Order.create(row, { transaction: t });
          await flows.start(${start});
          return order;
        });`;

const LENT = (start: string) => ({
  "src/with-transaction.js": WITH_TRANSACTION,
  "src/orders.js": `
        const withTransaction = require("./with-transaction");
        const Order = require("./order.model");
        const flows = require("./flows");
        exports.place = (row) => withTransaction(async (t) => {
          const order = await Order.create(row, { transaction: t });
          await flows.start(${start});
          return order;
        });`,
});

/** A repository's file that begins the transactions, and a service that ends them. */
const REPOSITORY = (begin = "Order.sequelize.transaction()") => ({
  "src/db.js": `
        const { Sequelize } = require("sequelize");
        module.exports = new Sequelize("postgres://app");`,
  "src/order.model.js": `
        const sequelize = require("./db");
        module.exports = sequelize.define("order", {});`,
  "src/repository.js": `
        const Order = require("./order.model");
        const start = async () => {
          const t = await ${begin};
          return t;
        };
        const find = (id, t) => Order.findByPk(id, { transaction: t });
        const findAny = (id) => Order.findByPk(id);
        const change = (id, row, t) => Order.update(row, { where: { id }, transaction: t });
        module.exports = { start, find, findAny, change };`,
});

const SERVICE = (read: string) => `
        const repository = require("./repository");
        exports.close = async (id) => {
          const t = await repository.start();
          try {
            const order = await ${read};
            await repository.change(order.id, { open: false }, t);
            await t.commit();
            return order;
          } catch (error) {
            await t.rollback();
            throw error;
          }
        };`;

const MODELS = { "src/models/index.js": INDEX, "src/models/counter.js": COUNTER, "src/models/order.js": ORDER };
const PASSED = "because \`transaction\` is not passed";
const BY_HAND = { library: "sequelize", fix: "manual", reason: "pass the transaction in its options" } as const;

runTable({
  rule: "no-outer-session-in-transaction",
  theme: "models",
  valid: [
    { name: "every statement has the transaction in its options", code: { ...MODELS, "src/orders.js": `
        const { sequelize, Counter, Order } = require("./models");
        exports.place = async (id) => {
          const transaction = await sequelize.transaction();
          try {
            const counter = await Counter.findOne({ where: { id }, transaction });
            const order = await Order.create({ number: counter.next }, { transaction });
            await order.save({ transaction });
            await transaction.commit();
          } catch (error) {
            await transaction.rollback();
            throw error;
          }
        };` } },
    { name: "a helper that takes the handle and passes it", code: { ...FLOWS("{ id }, t", ", { transaction: t }"), "src/orders.js": CLOSE("{ id: order.id }, t") } },
    { name: "the same where a helper of the program lends the handle", code: { ...FLOWS("{ id }, t", ", { transaction: t }"), ...LENT("{ id: order.id }, t") } },
    { name: "a transaction that a repository begins, and all is given", code: { ...REPOSITORY(), "src/service.js": SERVICE("repository.find(id, t)") } },
    { name: "a helper that takes whatever it is given", code: { ...FLOWS("{ id }, ...more", ", ...more"), "src/orders.js": CLOSE("{ id: order.id }, { transaction: t }") } },
    { name: "a helper that takes its options as they come", code: { ...FLOWS("{ id, transaction }", ", { transaction }"), "src/orders.js": CLOSE("{ id: order.id, transaction: t }") } },
    { name: "two sessions that are both there, one of them for reports", code: `
        import { DataTypes, Sequelize } from "sequelize";
        const sequelize = new Sequelize("postgres://app");
        let reports = null;
        if (process.env.REPORTS) reports = new Sequelize(process.env.REPORTS);
        else reports = new Sequelize("postgres://reports");
        const Order = sequelize.define("order", { state: DataTypes.STRING });
        const Report = reports.define("report", { state: DataTypes.STRING });
        export const close = (id: number) => sequelize.transaction(async (transaction) => {
          await Order.update({ state: "closed" }, { where: { id }, transaction });
          await Report.create({ state: "closed" });
        });` },
    { name: "a session that is opened anew in a function", code: `
        import { DataTypes, Sequelize } from "sequelize";
        let sequelize = new Sequelize("postgres://app");
        export function use(url: string) {
          sequelize = new Sequelize(url);
          return sequelize.define("order", { state: DataTypes.STRING });
        }
        const Order = sequelize.define("order", { state: DataTypes.STRING });
        export const close = (id: number) => sequelize.transaction(async (transaction) => {
          await Order.update({ state: "closed" }, { where: { id } });
          return transaction;
        });` },
  ],
  invalid: [
    { name: "a helper that has no parameter for the handle that it is given", code: { ...FLOWS("{ id }"), "src/orders.js": CLOSE("{ id: order.id }, t") }, findings: [
      { file: "src/orders.js", line: 6, message: "`flows.start` runs on the sequelize session around this transaction", library: "sequelize", fix: "manual", reason: "which is passed to it already", related: ["src/orders.js:4", "src/flows.js:2"] },
    ] },
    { name: "the same where a helper of the program lends the handle", code: { ...FLOWS("{ id }"), ...LENT("{ id: order.id }, t") }, findings: [
      { file: "src/orders.js", line: 6, message: "`flows.start` runs on the sequelize session around this transaction", library: "sequelize", fix: "manual", reason: "which is passed to it already", related: ["src/orders.js:4", "src/flows.js:2"] },
    ] },
    { name: "a transaction that a repository begins, and a helper that takes none", code: { ...REPOSITORY(), "src/service.js": SERVICE("repository.findAny(id)") }, findings: [
      { file: "src/service.js", line: 5, message: "`repository.findAny` runs on the sequelize session around this transaction", library: "sequelize", fix: "manual", reason: "give the helper the transaction", related: ["src/service.js:3", "src/repository.js:7"] },
    ] },
    { name: "the same where the helper's handle is left out", code: { ...REPOSITORY(), "src/service.js": SERVICE("repository.find(id)") }, findings: [
      { file: "src/service.js", line: 5, message: "`repository.find` runs on the sequelize session around this transaction", library: "sequelize", fix: "manual", reason: "give the helper the transaction", related: ["src/service.js:3", "src/repository.js:6"] },
    ] },
    { name: "a helper of a helper that leaves it out on one way alone", code: { ...REPOSITORY(), "src/service.js": `
        const repository = require("./repository");
        const byId = async (id, t) => {
          const order = await repository.find(id, t);
          if (!order) throw new Error("none");
          return order;
        };
        const run = async (work) => {
          const t = await repository.start();
          try {
            await work(t);
            await t.commit();
          } catch (error) {
            await t.rollback();
            throw error;
          }
        };
        exports.open = (id) => run(async (t) => {
          const order = await byId(id, t);
          await repository.change(order.id, { open: true }, t);
        });
        exports.close = (id) => run(async (t) => {
          const order = await byId(id);
          await repository.change(order.id, { open: false }, t);
        });` }, findings: [
      { file: "src/service.js", line: 22, message: "`byId` runs on the sequelize session around this transaction", library: "sequelize", fix: "manual", reason: "give the helper the transaction", related: ["src/service.js:21", "src/repository.js:6"] },
    ] },
    { name: "models of a session that is opened in one branch or the other", code: { ...MODELS, "src/orders.js": `
        const { sequelize, Counter, Order } = require("./models");
        exports.place = async (id) => {
          const transaction = await sequelize.transaction();
          try {
            const counter = await Counter.findOne({ where: { id } });
            const order = await Order.create({ number: counter.next }, { transaction });
            order.number += 1;
            await order.save();
            await transaction.commit();
          } catch (error) {
            await transaction.rollback();
            throw error;
          }
        };` }, findings: [
      { file: "src/orders.js", line: 5, message: PASSED, ...BY_HAND, related: ["src/orders.js:3"] },
      { file: "src/orders.js", line: 8, message: PASSED, ...BY_HAND, related: ["src/orders.js:3"] },
    ] },
    { name: "the same by a condition in one expression", code: `
        import { DataTypes, Sequelize } from "sequelize";
        const url = process.env.DATABASE_URL;
        const sequelize = url ? new Sequelize(url, { dialect: "postgres" }) : new Sequelize("app", "user", "secret", { dialect: "postgres" });
        const Order = sequelize.define("order", { state: DataTypes.STRING });
        const Line = sequelize.define("line", { state: DataTypes.STRING });
        export async function close(id: number) {
          const transaction = await sequelize.transaction();
          await Order.update({ state: "closed" }, { where: { id }, transaction });
          await Line.update({ state: "closed" }, { where: { id } });
          await transaction.commit();
        }`, findings: [{ line: 9, message: PASSED, ...BY_HAND, related: [7] }] },
  ],
});
