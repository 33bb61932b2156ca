import { runTable } from "./lib/table.js";

/** An application with a session of its own and as many routes on it; it ends on line 21. */
const APP = `
import Database from "better-sqlite3";
import express from "express";
const db = new Database("app.db");
const app = express();
${Array.from({ length: 16 }, (_, index) => `app.get("/things/${index}", (request, response) => response.json(db.prepare("SELECT * FROM things WHERE kind = ?").all(${index})));`).join("\n")}
`;
const COUNT = `function countThings() {
  const own = new Database("app.db");
  try {
    return own.prepare("SELECT count(*) FROM things").get();
  } finally {
    own.close();
  }
}
`;
/** As many functions, each of which opens the application's file anew; the first stands on line 22. */
const each = (names: readonly string[], file = '"app.db"'): string => names.map((name) => `function ${name}() {
  const own = new Database(${file});
  try {
    return own.prepare("SELECT count(*) FROM ${name}").get();
  } finally {
    own.close();
  }
}
`).join("");
const FOUR = ["things", "parts", "orders", "people"];
const report = (names: readonly string[]): string => `function report() {
  return [${names.map((name) => `${name}()`).join(", ")}];
}
app.get("/report", (request, response) => response.json(report()));`;
/** Where each of the program's databases is; it ends on line 24. */
const PLACE = `function pathOf(id) {
  return process.env.DATA + "/" + id + ".db";
}
`;
const told = report(FOUR).replaceAll("()", "(request.query.id)").replace("report(request.query.id)", "report(request)").replace("report()", "report(request)");
const found = { message: "opens a new better-sqlite3 session", fix: "safe" } as const;

/** A server that keeps an index of its own, and one route of many that leads to another one; it is opened in line 4 of its file. */
const besides = (made: string): Record<string, string> => ({
  "src/index.ts": `
import { DatabaseSync } from "node:sqlite";
export class Index {
  constructor(file = "app.db") {
    this.db = new DatabaseSync(file);
  }
  count() {
    return this.db.prepare("SELECT count(*) FROM things").get();
  }
}`,
  "src/report.ts": `
import { Index } from "./index.js";
export function report() {
  return ${made}.count();
}`,
  "src/server.ts": `
import express from "express";
import { Index } from "./index.js";
import { report } from "./report.js";
function serve() {
  const app = express();
  const index = new Index();
${Array.from({ length: 16 }, (_, at) => `  app.get("/things/${at}", (request, response) => response.json(index.count()));`).join("\n")}
  app.get("/report", (request, response) => response.json(list()));
}
const list = () => [report()];
serve();`,
});
const beside = { file: "src/index.ts", line: 4, library: "node:sqlite", message: "opens a new node:sqlite session", fix: "safe" as const, related: ["src/report.ts:3"], sessions: "1", why: ["src/server.ts:23", "src/server.ts:23", "src/server.ts:25", "src/report.ts:3", "src/index.ts:4"] };

runTable({
  rule: "no-session-per-call",
  theme: "one rare task among many",
  valid: [
    { name: "four functions that each open what they are told", code: `${APP}${FOUR.map((name) => each([name], "place").replace("()", "(place)")).join("")}${report(FOUR).replaceAll("()", "(request.query.place)").replace("report(request.query.place)", "report(request)")}` },
    { name: "a rare task on the application's own session", code: `${APP}function report() {
  return { things: db.prepare("SELECT count(*) FROM things").get() };
}
app.get("/report", (request, response) => response.json(report()));` },
  ],
  invalid: [
    { name: "one way from far away to one open: likely", code: `${APP}${COUNT}function report() {
  return { things: countThings() };
}
app.get("/report", (request, response) => response.json(report()));`,
      findings: [{ line: 22, ...found, confidence: "likely", sessions: "1", why: [32, 32, 30, 22] }] },
    { name: "what the class of one such task opens", code: `${APP}class Report {
  constructor() {
    this.own = new Database("app.db");
  }
}
function report() {
  return new Report().own.prepare("SELECT count(*) FROM things").get();
}
app.get("/report", (request, response) => response.json(report()));`,
      findings: [{ line: 23, ...found, confidence: "likely", related: [27], sessions: "1", why: [29, 29, 27, 23] }] },
    { name: "three functions that each open: as likely three such tasks", code: `${APP}${each(FOUR.slice(0, 3))}${report(FOUR.slice(0, 3))}`,
      findings: [22, 30, 38].map((line) => ({ line, ...found, confidence: "likely" as const, sessions: "1", why: [48, 48, 46, line] })) },
    { name: "four functions that each open the same: as one factory with four callers", code: `${APP}${each(FOUR)}${report(FOUR)}`,
      findings: [22, 30, 38, 46].map((line) => ({ line, ...found, sessions: "1", why: [56, 56, 54, line] })) },
    { name: "four functions that each open the same, whose path each has put together", code: `${APP}${FOUR.map((name) => each([name], "place").replace("{\n", '{\n  const place = __dirname + "/store/app.db";\n')).join("")}${report(FOUR)}`,
      findings: [23, 32, 41, 50].map((line) => ({ line, ...found, sessions: "1", why: [60, 60, 58, line] })) },
    { name: "four functions that each open a file of the program's own, whose place one function says", code: `${APP}${PLACE}${FOUR.map((name) => each([name], "place").replace("()", "(id)").replace("{\n", "{\n  const place = pathOf(id);\n")).join("")}${told}`,
      findings: [26, 35, 44, 53].map((line) => ({ line, ...found, sessions: "1", why: [63, 63, 61, line] })) },
    { name: "one of the four makes the tables there, as what makes a new file does: three are left", code: `${APP}${PLACE}${FOUR.map((name, i) => each([name], "place").replace("()", "(id)").replace("{\n", `{\n  const place = pathOf(id);\n`).replace("  try {", i === 0 ? '  own.exec("CREATE TABLE things (name)");\n  try {' : "  try {")).join("")}${told}`,
      findings: [26, 36, 45, 54].map((line) => ({ line, ...found, confidence: "likely" as const, sessions: "1", why: [64, 64, 62, line] })) },
    { name: "four functions that each open another file", code: `${APP}${FOUR.map((name) => each([name], `"${name}.db"`)).join("")}${report(FOUR)}`,
      findings: [22, 30, 38, 46].map((line) => ({ line, ...found, confidence: "likely" as const, sessions: "1", why: [56, 56, 54, line] })) },
    { name: "the handler itself opens", code: `${APP}app.get("/report", (request, response) => {
  const own = new Database("app.db");
  response.json(own.prepare("SELECT count(*) FROM things").get());
});`,
      findings: [{ line: 22, ...found, sessions: "1", why: [21, 22] }] },
    { name: "a handler with a name opens", code: `${APP}function report(request, response) {
  const own = new Database("app.db");
  response.json(own.prepare("SELECT count(*) FROM things").get());
}
app.get("/report", report);`,
      findings: [{ line: 22, ...found, sessions: "1", why: [25, 22] }] },
    { name: "a handler in a wrapper of the program's own opens", code: `${APP}const safely = (handler) => (request, response, next) => Promise.resolve(handler(request, response)).catch(next);
app.get("/report", safely(async (request, response) => {
  const own = new Database("app.db");
  response.json(own.prepare("SELECT count(*) FROM things").get());
}));`,
      findings: [{ line: 23, ...found, sessions: "1", why: [22, 23] }] },
    { name: "two functions get one each", code: `${APP}function openDb() {
  return new Database("app.db");
}
function countThings() {
  return openDb().prepare("SELECT count(*) FROM things").get();
}
function listThings() {
  return openDb().prepare("SELECT * FROM things").all();
}
app.get("/report", (request, response) => response.json({ count: countThings(), things: listThings() }));`,
      findings: [{ line: 22, ...found, sessions: "2", why: [30, 30, 25, 22], related: [25, 28] }] },
    { name: "what the program keeps one of where it serves, made once more from far away", code: besides("new Index()"), findings: [beside] },
    { name: "what the program keeps one of where it serves, made for another file from far away: likely", code: besides("new Index(process.env.ARCHIVE)"), findings: [{ ...beside, confidence: "likely" }] },
    { name: "four functions call the one that opens, uses and closes", code: `${APP}function query(sql) {
  const own = new Database("app.db");
  try {
    return own.prepare(sql).all();
  } finally {
    own.close();
  }
}
const list = () => query("SELECT * FROM things");
const kinds = () => query("SELECT DISTINCT kind FROM things");
const first = () => query("SELECT * FROM things LIMIT 1");
const oldest = () => query("SELECT * FROM things ORDER BY made LIMIT 1");
app.get("/report", (request, response) => response.json([list(), kinds(), first(), oldest()]));`,
      findings: [{ line: 22, ...found, sessions: "4", why: [33, 33, 29, 22] }] },
    { name: "what every request passes", code: `${APP}${COUNT}function report() {
  return { things: countThings() };
}
app.use((request, response, next) => {
  response.locals.report = report();
  next();
});`,
      findings: [{ line: 22, ...found, sessions: "1", why: [32, 33, 30, 22] }] },
    { name: "many routes lead there", code: `${APP}${COUNT}function report() {
  return { things: countThings() };
}
${Array.from({ length: 8 }, (_, index) => `app.get("/report/${index}", (request, response) => response.json(report(${index})));`).join("\n")}`,
      findings: [{ line: 22, ...found, sessions: "1", why: [32, 32, 30, 22] }] },
  ],
});
