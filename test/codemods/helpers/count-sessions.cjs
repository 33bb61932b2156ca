// Counts the sessions that a program opens, whatever library it opens them through: in the binary of better-sqlite3, to which all of them come.
const { createRequire } = require("node:module");
const { join } = require("node:path");

const load = createRequire(join(process.cwd(), "package.json"));
let opened = 0;
globalThis.sessionsOpened = () => opened;

function count(target) {
  return new Proxy(target, {
    construct(made, args) {
      opened++;
      return Reflect.construct(made, args);
    },
  });
}

new (load("better-sqlite3"))(":memory:").close();
for (const [file, { exports }] of Object.entries(load.cache)) if (/better_sqlite3\.node$/.test(file)) exports.Database = count(exports.Database);
