// A thread that holds the write lock until it is told to commit.
import { parentPort, workerData } from "node:worker_threads";
import Database from "better-sqlite3";

const db = new Database(workerData.path);
db.exec("BEGIN IMMEDIATE; INSERT INTO item (name) VALUES ('thread')");
parentPort.on("message", () => {
  db.exec("COMMIT");
  db.close();
  parentPort.close();
});
parentPort.postMessage("holding");
