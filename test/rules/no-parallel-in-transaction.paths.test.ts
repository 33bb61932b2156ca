import { runTable, type Expected } from "./lib/table.js";

/** Handlers of one program, each with its own route; `make` writes on one transaction at once. */
const served = (routes: string) => `
        import express from "express";
        import { DataTypes, Sequelize } from "sequelize";
        const db = new Sequelize(process.env.DATABASE_URL, { dialect: "postgres" });
        const Thing = db.define("thing", { name: DataTypes.STRING });
        const wrap = (fn) => (req, res, next) => fn(req, res, next).catch(next);
        async function make(req, res) {
          await db.transaction(async (transaction) => { await Promise.all([Thing.create({ name: "a" }, { transaction }), Thing.create({ name: "b" }, { transaction })]); });
          res.end();
        }
        async function list(req, res) { res.json(await Thing.findAll({ limit: 10 })); }
        const app = express();
        ${routes}`;
const by = (line: number): Expected[] => [{ line: 7, library: "sequelize", message: "starts several statements", fix: "review", reason: "in order", related: [7], why: [line] }];

runTable({
  rule: "no-parallel-in-transaction",
  theme: "which route leads there",
  valid: [{ name: "one after the other", code: served('app.post("/things", wrap(make));').replace("await Promise.all([", "").replace("{ transaction }), ", "{ transaction }); await ").replace("{ transaction })]);", "{ transaction });") }],
  invalid: [
    { name: "the route to which the handler was given, not the first that the wrapper makes", code: served(`app.get("/things", wrap(list));
        app.post("/things", wrap(make));`), findings: by(13) },
    { name: "called by a name", code: served(`app.get("/things", wrap(list));
        const handler = wrap(make);
        app.post("/things", handler);`), findings: by(14) },
    { name: "a chain over many lines: where the route is named", code: served(`app.route("/things")
          .get(list)
          .post(make);`), findings: by(14) },
  ],
});
