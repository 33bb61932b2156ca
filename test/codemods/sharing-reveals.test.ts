import { describe, expect, it } from "vitest";
import { codemods } from "../../codemods/index.js";
import { fixProject } from "../../src/project/fix.js";
import { scanProject } from "../../src/project/scan.js";
import { tree } from "../project/tree.js";

const SERVER = `import express from "express";
import { one, two } from "./work.js";
const app = express();
app.post("/one", async (request, response) => response.json(await one(request.body)));
app.post("/two", async (request, response) => response.json(await two(request.body)));
app.listen(3000);
`;
const DB = `import { PrismaClient } from "@prisma/client";

export const shared = new PrismaClient();
`;

/** `log` writes on the shared client; `one` calls it in a transaction of a client of its own, or does not. */
const work = (inside: string): string => `import { PrismaClient } from "@prisma/client";
import { shared } from "./db.js";

async function log(text) {
  await shared.entry.create({ data: { text } });
}

export async function one(item) {
  const db = new PrismaClient();
  await db.$transaction(async (tx) => {
    await tx.thing.create({ data: { name: item } });
    ${inside}
  });
  return db.thing.findMany({ take: 5 });
}

export async function two(item) {
  await log("two");
  const db = new PrismaClient();
  return db.other.create({ data: { name: item } });
}
`;

async function fix(inside: string): Promise<{ applied: string[]; refused: string[]; text: string }> {
  const root = tree({ "src/server.js": SERVER, "src/db.js": DB, "src/work.js": work(inside) });
  const scan = await scanProject({ root, tests: true, cache: false });
  const outcome = await fixProject({ root, findings: scan.findings, redetect: (overlay) => scan.redetect(overlay), codemods, options: { review: true, dryRun: true, allowDirty: true } });
  return {
    applied: outcome.applied.map(({ transform, line }) => `${transform} ${line}`),
    refused: outcome.refused.map(({ refusal }) => refusal),
    text: outcome.changes.find(({ file }) => file === "src/work.js")?.after ?? "",
  };
}

describe("a session that becomes the one that is used beside its own transaction", () => {
  it("is shared where nothing is used beside it", async () => {
    const { applied, refused, text } = await fix("await tx.entry.create({ data: { text: item } });");
    expect(refused).toEqual([]);
    expect(applied).toHaveLength(2);
    expect(text).not.toContain("new PrismaClient()");
  });

  it("stays, with what is to be mended first; it is no defect", async () => {
    const { applied, refused, text } = await fix("await log(item);");
    expect(refused).toEqual(["no-outer-session-in-transaction would be reported in src/work.js after the fix, which shows what was hidden before: mend that first"]);
    // The other function's client is shared all the same.
    expect(applied).toHaveLength(1);
    expect(text).toContain("const db = new PrismaClient();\n  await db.$transaction");
    expect(text.match(/new PrismaClient\(\)/g)).toHaveLength(1);
  });
});
