import { runTable, type Expected } from "./lib/table.js";

const route = (loop: string) => `
        import Database from "better-sqlite3";
        import express from "express";
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
        const app = express();
        app.post("/things", (req, res) => {
          ${loop}
          res.end();
        });`;

const fix = ({ confidence }: Partial<Expected>) =>
  confidence === "likely" ? { fix: "manual", reason: "turns that are committed stay" } as const : { fix: "review", reason: "the turns of its batch are rolled back with it" } as const;
const found = (more: Partial<Expected> = {}): Expected[] => [{ line: 7, related: [7], why: [6], message: "commits a better-sqlite3 write of its own", ...fix(more), ...more }];

runTable({
  rule: "no-autocommit-in-loop",
  theme: "conditions around the write",
  valid: [
    { name: "a constant list, asked for its values", code: route(`for (const name of ["a", ""]) if (name) insert.run(name);`) },
  ],
  invalid: [
    { name: "whether there is something to write", code: route(`for (const thing of req.body.things) if (thing.name) insert.run(thing.name);`), findings: found() },
    { name: "whether it is a text", code: route(`for (const name of req.body.names) { if (typeof name === "string") { insert.run(name); } }`), findings: found() },
    { name: "whether it is more than blanks", code: route(`for (const name of req.body.names) { if (name.trim()) insert.run(name); }`), findings: found() },
    { name: "whether it is there, and is not empty", code: route(`for (const thing of req.body.things) { if (thing.name != null && thing.name.trim()) insert.run(thing.name); }`), findings: found() },
    { name: "in a callback", code: route(`req.body.things.forEach((thing) => { if (thing.name) insert.run(thing.name); });`), findings: found({ why: [6, 7] }) },
    { name: "a part that stands in the loop's head", code: route(`for (const { name } of req.body.things) if (name) insert.run(name);`), findings: found() },
    { name: "what was looked for, and found for some of them: likely", code: route(`for (const thing of req.body.things) { const known = res.locals.known.find(({ id }) => id === thing.id); if (known) insert.run(known.name); }`), findings: found({ confidence: "likely" }) },
    { name: "something else of the thing picks some of them: likely", code: route(`for (const thing of req.body.things) { if (thing.isNew) insert.run(thing.name); }`), findings: found({ confidence: "likely" }) },
    { name: "so does a kind: likely", code: route(`for (const thing of req.body.things) { if (thing.name === "new") insert.run(thing.name); }`), findings: found({ confidence: "likely" }) },
    { name: "and the other branch: likely", code: route(`for (const name of req.body.names) { if (name) { res.write(name); } else { insert.run(name); } }`), findings: found({ confidence: "likely" }) },
    { name: "and one condition in another: likely", code: route(`for (const thing of req.body.things) { if (thing.isNew) { if (thing.name) insert.run(thing.name); } }`), findings: found({ confidence: "likely" }) },
  ],
});
