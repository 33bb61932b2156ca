// Counts the sessions that a program opens, whatever library it opens them through: in the binary of better-sqlite3, to which most of them come; in
// node:sqlite, where this Node has it; and as connections to the server of DATABASE_URL.
const { createRequire, syncBuiltinESMExports } = require("node:module");
const { Socket } = require("node:net");
const { join } = require("node:path");

const load = createRequire(join(process.cwd(), "package.json"));
let opened = 0;
globalThis.sessionsOpened = () => opened;

function count(target) {
  return new Proxy(target, {
    construct(made, args, newTarget) {
      opened++;
      return Reflect.construct(made, args, newTarget);
    },
  });
}

try {
  new (load("better-sqlite3"))(":memory:").close();
  for (const [file, { exports }] of Object.entries(load.cache)) if (/better_sqlite3\.node$/.test(file)) exports.Database = count(exports.Database);
} catch (error) {
  // Its binary is for another Node: then the program is one of node:sqlite.
  if (error.code !== "ERR_DLOPEN_FAILED") throw error;
  const sqlite = require("node:sqlite");
  sqlite.DatabaseSync = count(sqlite.DatabaseSync);
  syncBuiltinESMExports();
}

const port = process.env.DATABASE_URL && Number(new URL(process.env.DATABASE_URL).port);
const connect = Socket.prototype.connect;
Socket.prototype.connect = function (...args) {
  const [first] = args.flat();
  if (port && Number(first?.port ?? first) === port) opened++;
  return connect.apply(this, args);
};
