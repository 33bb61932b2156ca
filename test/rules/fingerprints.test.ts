import { expect, it } from "vitest";
import { findingsOf, ruleNamed } from "./lib/run.js";

it("two findings of one function that differ in their line breaks alone have fingerprints of their own", () => {
  const findings = findingsOf(ruleNamed("no-autocommit-in-loop"), {
    "src/app.ts": `
      import Database from "better-sqlite3";
      import express from "express";
      const db = new Database("app.db");
      const insert = db.prepare("INSERT INTO things (name, size) VALUES (?, ?)");
      const app = express();
      app.post("/things", (req, res) => {
        for (const row of req.body.first) {
          insert.run(row.name, row.size);
        }
        for (const row of req.body.second) {
          insert.run(row.name,
            row.size);
        }
        res.end();
      });
    `,
  });
  expect(findings.map(({ span }) => span.line)).toEqual([9, 12]);
  expect(new Set(findings.map(({ fingerprint }) => fingerprint)).size).toBe(2);
});
