import { runTable } from "./lib/table.js";

/** A factory, and two who get a session of it; nobody is seen to call either. */
const users = (first: string, second: string) => ({
  "src/open.js": `
    const Database = require("better-sqlite3");
    exports.openDb = () => new Database("app.db");`,
  "src/reader.js": `
    const { openDb } = require("./open");
    ${first}`,
  "src/writer.js": `
    const { openDb } = require("./open");
    ${second}`,
});

const found = { file: "src/open.js", line: 2, message: "2 places do so", fix: "safe" } as const;

runTable({
  rule: "no-session-per-call",
  theme: "sessions that callers of a factory keep in fields",
  valid: [
    { name: "two classes, of each of which the program makes one object", code: { ...users(`module.exports = class Reader { constructor() { this.db = openDb(); } };`, `module.exports = class Writer { constructor() { this.db = openDb(); } };`), "src/main.js": `
    const Reader = require("./reader");
    const Writer = require("./writer");
    const reader = new Reader();
    const writer = new Writer();` } },
  ],
  invalid: [
    { name: "two functions by habit", code: users(`exports.read = () => openDb().prepare("SELECT 1").get();`, `exports.write = (name) => openDb().prepare("INSERT INTO names VALUES (?)").run(name);`),
      findings: [{ ...found, related: ["src/reader.js:2", "src/writer.js:2"] }] },
    { name: "two classes whose objects nobody is seen to make: likely", code: users(`module.exports = class Reader { constructor() { this.db = openDb(); } };`, `module.exports = class Writer { constructor() { this.db = openDb(); } };`),
      findings: [{ ...found, confidence: "likely", related: ["src/reader.js:2", "src/writer.js:2"] }] },
    { name: "two that are functions: likely", code: users(`const Reader = function () { this.db = openDb(); };
    module.exports = Reader;`, `function Writer() { this.db = openDb(); }
    module.exports = Writer;`),
      findings: [{ ...found, confidence: "likely", related: ["src/reader.js:2", "src/writer.js:2"] }] },
  ],
});
