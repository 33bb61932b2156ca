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
