/** A program's own class around node:sqlite: what it runs in a transaction becomes a savepoint inside of another one. */
export const WRAPPER = `
        import { DatabaseSync, type StatementSync } from "node:sqlite";
        export class Database {
          private readonly handle: DatabaseSync;
          private depth = 0;
          constructor(file: string) {
            this.handle = new DatabaseSync(file);
          }
          prepare(sql: string): StatementSync {
            return this.handle.prepare(sql);
          }
          transaction<Args extends unknown[], T>(work: (...args: Args) => T): (...args: Args) => T {
            return (...args: Args): T => {
              const depth = this.depth++;
              const nested = depth > 0;
              const savepoint = \`part_\${depth}\`;
              this.handle.exec(nested ? \`SAVEPOINT \${savepoint}\` : "BEGIN IMMEDIATE");
              try {
                const result = work(...args);
                this.handle.exec(nested ? \`RELEASE \${savepoint}\` : "COMMIT");
                return result;
              } catch (error) {
                this.handle.exec(nested ? \`ROLLBACK TO \${savepoint}; RELEASE \${savepoint}\` : "ROLLBACK");
                throw error;
              } finally {
                this.depth--;
              }
            };
          }
        }`;

/** A program that writes a request's list in a transaction of `WRAPPER`'s. */
export const IN_WRAPPER = `
        import express from "express";
        import { Database } from "./database.js";
        const db = new Database("app.db");
        const app = express();
        app.post("/things", (req, res) => {
          const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
          const addAll = db.transaction((names: string[]) => {
            for (const name of names) insert.run(name);
          });
          addAll(req.body.names);
          res.end();
        });`;
