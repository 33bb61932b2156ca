/** An Express application on better-sqlite3, with a statement that inserts; it ends on line 6. */
export const APP = `
        import Database from "better-sqlite3";
        import express from "express";
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
        const app = express();`;

/** A handler whose transaction holds a loop; what stands before it is line 7, the transaction line 8, the loop line 9. */
export const held = (before: string, loop: string): string => `${APP}
        app.post("/things", async (req, res) => {
          ${before}
          db.transaction(() => {
            ${loop}
          })();
          res.end();
        });`;
