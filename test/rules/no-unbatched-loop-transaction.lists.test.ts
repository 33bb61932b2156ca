import { runTable } from "./lib/table.js";

/** A list of Prisma's promises, which one transaction runs. */
const listed = (before: string, list: string) => `
        import { PrismaClient } from "@prisma/client";
        import express from "express";
        const prisma = new PrismaClient();
        const app = express();
        app.post("/things", async (req, res) => {
          ${before}
          await prisma.$transaction(${list});
          res.end();
        });`;

const THINGS = `req.body.things.map((thing) => prisma.thing.create({ data: thing }))`;
const SEEN = `prisma.owner.update({ where: { id: 1 }, data: { seen: true } })`;
const PARTS = "its list is put together from several parts";

const finding = { line: 7, library: "@prisma/client", fix: "manual" as const, why: [5] };
const proven = { ...finding, message: "loops over `things`: n statements", reason: "no codemod knows how to batch this kind of transaction", related: [7], statements: "n" };
const parts = { ...finding, message: `but ${PARTS}`, confidence: "likely" as const, reason: PARTS, related: [7], statements: "n" };

runTable({
  rule: "no-unbatched-loop-transaction",
  theme: "lists made of lists",
  valid: [
    { name: "statements that are written out", code: listed(`const one = ${SEEN};`, `[...[one], ${SEEN}]`) },
    { name: "a list within of a fixed length", code: listed("", `[...["a", "b"].map((name) => prisma.thing.create({ data: { name } })), ...[${SEEN}]]`) },
    { name: "a list of something else", code: listed(`const names = []; for (const thing of req.body.things) names.push(thing.name);`, `[...[${SEEN}], prisma.thing.createMany({ data: names })]`) },
    { name: "rows that replace others", code: listed("", `[prisma.thing.deleteMany({ where: { owner: 1 } }), ...${THINGS}]`) },
  ],
  invalid: [
    { name: "spread", code: listed("", `[...${THINGS}]`), findings: [proven] },
    { name: "two lists", code: listed("", `[...${THINGS}, ...req.body.names.map((name) => prisma.name.create({ data: { name } }))]`), findings: [{ ...parts, statements: "n + m" }] },
    { name: "a name of a list, spread", code: listed(`const made = ${THINGS};`, "[...made]"), findings: [{ ...proven, related: [6] }] },
    { name: "one that a loop fills, spread", code: listed(`const made = []; for (const thing of req.body.things) made.push(prisma.thing.create({ data: thing }));`, "[...made]"), findings: [{ ...proven, related: [6] }] },
    { name: "joined", code: listed(`const made = ${THINGS};`, `[].concat(made)`), findings: [{ ...proven, related: [6] }] },
    { name: "a map's values", code: listed(`const made = new Map(); for (const thing of req.body.things) made.set(thing.id, prisma.thing.create({ data: thing }));`, "Array.from(made.values())"), findings: [{ ...proven, related: [6] }] },
    { name: "a map's values, spread", code: listed(`const made = new Map(); for (const thing of req.body.things) made.set(thing.id, prisma.thing.create({ data: thing }));`, "[...made.values()]"), findings: [{ ...proven, related: [6] }] },
    { name: "one statement beside it", code: listed("", `[...${THINGS}, ${SEEN}]`), findings: [parts] },
    { name: "one statement before it", code: listed(`const all = [${SEEN}, ...${THINGS}];`, `all`), findings: [{ ...parts, related: [6] }] },
  ],
});
