// Counts the sessions that a program opens, whatever it opens them through: in the drivers' binaries, which all of them come to.
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
    apply(called, self, args) {
      opened++;
      return Reflect.apply(called, self, args);
    },
  });
}

new (load("better-sqlite3"))(":memory:").close();
for (const [file, { exports }] of Object.entries(load.cache)) if (/better_sqlite3\.node$/.test(file)) exports.Database = count(exports.Database);

// libsql takes its binary's functions apart when it is loaded.
const binary = createRequire(load.resolve("libsql"))(`@libsql/${process.platform}-${process.arch}${process.platform === "linux" ? "-gnu" : process.platform === "win32" ? "-msvc" : ""}`);
binary.databaseOpen = count(binary.databaseOpen);
