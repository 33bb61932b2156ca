// A worker thread with a connection of its own, open until it is told to end. Answers once it has written.
import { parentPort, workerData } from "node:worker_threads";
import Database from "better-sqlite3";

const db = new Database(workerData.path);
db.prepare("INSERT INTO item (name) VALUES (?)").run(workerData.name);
parentPort.on("message", () => {
  db.close();
  parentPort.close();
});
parentPort.postMessage("written");
