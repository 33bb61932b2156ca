// One process, one file, two SQLite libraries, without this package: what promise 2 is about.
// Prints what each write was told and what is in the file in the end.
import Database from "better-sqlite3";
import Libsql from "libsql";

const path = process.argv[2];
const ours = new Database(path, { timeout: 0 });
const other = new Libsql(path);
other.exec("PRAGMA busy_timeout = 0");
ours.exec("BEGIN IMMEDIATE");
other.exec("BEGIN IMMEDIATE"); // succeeds: the lock belongs to the process
ours.exec("ROLLBACK");
other.exec("ROLLBACK");
other.exec("INSERT INTO item (name) VALUES ('theirs')");
other.close();
const { changes } = ours.prepare("INSERT INTO item (name) VALUES ('acknowledged')").run();
process.stdout.write(JSON.stringify({ changes }));
// A crash, before closing by the book could repair anything.
process.kill(process.pid, "SIGKILL");
