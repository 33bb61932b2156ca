// Another process on the same database file. Does one statement for each message and answers when it is done.
import Database from "better-sqlite3";

const db = new Database(process.argv[2], { timeout: 0 });

process.on("message", ({ sql }) => {
  try {
    const rows = sql.trimStart().toUpperCase().startsWith("SELECT") ? db.prepare(sql).all() : void db.exec(sql);
    process.send({ rows });
  } catch (error) {
    process.send({ error: error.code ?? String(error) });
  }
});
process.on("disconnect", () => process.exit(0));
process.send({ ready: true });
