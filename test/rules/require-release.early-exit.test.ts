import { runTable, type Expected } from "./lib/table.js";

const found = (line: number, at: number, more: Partial<Expected> = {}): Expected => ({ line, library: "pg", message: "The function returns before this", fix: "manual", reason: "where it is given back depends", related: [at], ...more });

/** A client of pg, taken in line 4; `body` from line 5 on. */
const inPg = (body: string) => `
        import { Pool } from "pg";
        const pool = new Pool();
        export async function find(id: number | undefined, answer: (status: number) => void, abort: (client: unknown) => void) {
          const client = await pool.connect();
          ${body}
        }`;

/** The object of models that sequelize-cli writes, and a transaction in line 3 of `orders.js`; `body` from line 5 on. */
const inSequelize = (body: string) => ({
  "models/index.js": `
        const Sequelize = require("sequelize");
        const fs = require("fs");
        const path = require("path");
        const db = {};
        const sequelize = new Sequelize("postgres://localhost/app");
        fs.readdirSync(__dirname).forEach((file) => {
          const model = require(path.join(__dirname, file))(sequelize, Sequelize.DataTypes);
          db[model.name] = model;
        });
        db.sequelize = sequelize;
        module.exports = db;`,
  "orders.js": `
        const { sequelize, Order } = require("./models");
        module.exports.create = async (order, answer) => {
          const t = await sequelize.transaction();
          try {
            ${body}
            await Order.create(order, { transaction: t });
            await t.commit();
            return answer(201);
          } catch (error) {
            await t.rollback();
            return answer(500);
          }
        };`,
});

runTable({
  rule: "require-release",
  theme: "returns on the way",
  valid: [
    { name: "inside of the try whose finally gives it back", code: inPg(`
          try {
            if (!id) return answer(404);
            await client.query("SELECT 1");
          } finally {
            client.release();
          }`) },
    { name: "given back in the branch", code: inPg(`
          try {
            const { rows } = await client.query("SELECT 1");
            if (rows.length === 0) {
              client.release();
              return answer(404);
            }
            client.release();
            answer(200);
          } catch (error) {
            client.release();
            answer(500);
          }`) },
    { name: "given back in a branch of the branch", code: inPg(`
          try {
            const { rows } = await client.query("SELECT 1");
            if (rows.length === 0) {
              if (id) client.release(); else client.release(true);
              return answer(404);
            }
            client.release();
          } catch (error) {
            client.release();
          }`) },
    { name: "given back in what is returned", code: inPg(`
          try {
            if (!id) return client.release();
            await client.query("SELECT 1");
            client.release();
          } catch (error) {
            client.release();
          }`) },
    { name: "where there is none", code: inPg(`
          if (!client) return answer(500);
          try {
            await client.query("SELECT 1");
          } finally {
            client.release();
          }`) },
    { name: "handed to who may give it back", code: inPg(`
          try {
            if (!id) return abort(client);
            await client.query("SELECT 1");
            client.release();
          } catch (error) {
            client.release();
          }`) },
    { name: "of a function inside", code: inPg(`
          try {
            const { rows } = await client.query("SELECT 1");
            const kept = rows.filter((row) => { if (!row) return false; return true; });
            client.release();
            answer(kept.length);
          } catch (error) {
            client.release();
          }`) },
    { name: "a handler that goes on to where it is given back", code: inPg(`
          try {
            await client.query("SELECT 1");
          } catch (error) {
            answer(500);
          }
          client.release();`) },
    { name: "Sequelize: rolled back before it", code: inSequelize(`
            if (!order.lines) {
              await t.rollback();
              return answer(400);
            }`) },
  ],
  invalid: [
    { name: "before the try", code: inPg(`
          if (!id) return answer(404);
          try {
            await client.query("SELECT 1");
          } finally {
            client.release();
          }`), findings: [found(4, 6)] },
    { name: "behind a branch that gave it back and left", code: inPg(`
          try {
            const { rows } = await client.query("SELECT 1");
            if (rows.length === 0) {
              client.release();
              return answer(404);
            }
            if (rows.length > 1) return answer(409);
            client.release();
            answer(200);
          } catch (error) {
            client.release();
            answer(500);
          }`), findings: [found(4, 12)] },
    { name: "out of a handler, past where it is given back", code: inPg(`
          try {
            await client.query("SELECT 1");
          } catch (error) {
            return answer(500);
          }
          client.release();`), findings: [found(4, 7, { message: "When something fails before it is given back", fix: "safe", reason: undefined })] },
    { name: "Sequelize: neither committed nor rolled back", code: inSequelize(`
            if (!order.lines) return answer(400);`), findings: [found(3, 6, { file: "orders.js", library: "sequelize", related: ["orders.js:6"], message: "The function returns before this sequelize transaction is over" })] },
  ],
});
