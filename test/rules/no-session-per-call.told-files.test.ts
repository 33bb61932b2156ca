import { runTable } from "./lib/table.js";

runTable({
  rule: "no-session-per-call",
  theme: "files that are data of the call",
  valid: [
    { name: "a file that a window names, by the factory that opens the application's own as well", code: `
        import { app, ipcMain } from "electron";
        import Database from "better-sqlite3";
        import { z } from "zod";
        function openProject(file: string) {
          const db = new Database(file);
          db.pragma("foreign_keys = ON");
          return { db, name: file };
        }
        const schema = z.object({ file: z.string() });
        const nameOf = (folder, index) => folder.names[index];
        const own = openProject(app.getPath("userData") + "/own.db");
        function join({ file, name }: { file: string; name: string }) {
          const { db } = openProject(file);
          db.prepare("INSERT INTO members (name) VALUES (?)").run(name);
          db.close();
          return { success: true, file };
        }
        ipcMain.handle("project:own", () => own.db.prepare("SELECT * FROM members").all());
        ipcMain.handle("project:join", (_event, folder) => {
          const { file } = schema.parse(folder);
          const name = nameOf(folder, 1);
          join({ file, name });
          const { db } = openProject(file);
          const members = db.prepare("SELECT * FROM members").all();
          db.close();
          return members;
        });` },
    { name: "the file that a window names, emptied and closed again", code: `
        import { ipcMain } from "electron";
        import Database from "better-sqlite3";
        ipcMain.handle("project:clear", async (_event, file: string) => {
          try {
            const project = new Database(file);
            project.pragma("foreign_keys = ON");
            project.exec("DELETE FROM shapes");
            project.close();
            return { success: true };
          } catch (error) {
            return { success: false, error };
          }
        });` },
  ],
  invalid: [
    { name: "a file whose place the program works out of what a window says", code: `
        import { ipcMain } from "electron";
        import Database from "better-sqlite3";
        const placeOf = (book: string) => "books/" + book + ".db";
        function openBook(file: string) {
          return new Database(file);
        }
        ipcMain.handle("notes:all", (_event, book: string) => {
          const db = openBook(placeOf(book));
          const notes = db.prepare("SELECT * FROM notes").all();
          db.close();
          return notes;
        });
        ipcMain.handle("notes:add", (_event, book: string, text: string) => {
          const db = openBook(placeOf(book));
          db.prepare("INSERT INTO notes (text) VALUES (?)").run(text);
          db.close();
        });`, findings: [{ line: 5, message: "`openBook` opens a new better-sqlite3 session each time it is called", sessions: "1", fix: "safe", reason: "", related: [8, 14], why: [13, 14, 5] }] },
    { name: "files that windows name, some of which stay open for the window: likely", code: `
        import { ipcMain } from "electron";
        import Database from "better-sqlite3";
        const windows = new Map();
        function openProject(file: string) {
          const db = new Database(file);
          db.pragma("foreign_keys = ON");
          return { db, name: file };
        }
        function join(folder: { file: string; name: string }) {
          const { db } = openProject(folder.file);
          db.prepare("INSERT INTO members (name) VALUES (?)").run(folder.name);
          db.close();
          return folder.file;
        }
        ipcMain.handle("project:open", (event, file: string) => {
          const { db } = openProject(file);
          windows.set(event.sender.id, db);
        });
        ipcMain.handle("project:join", (_event, folder) => {
          join(folder);
          const { db } = openProject(folder.file);
          const members = db.prepare("SELECT * FROM members").all();
          db.close();
          return members;
        });`, findings: [{ line: 5, message: "`openProject` opens a new better-sqlite3 session each time it is called", confidence: "likely", sessions: "1", fix: "manual", reason: "each call is told its own database", related: [16], why: [15, 16, 5] }] },
    { name: "the file that a window names, left open", code: `
        import { ipcMain } from "electron";
        import Database from "better-sqlite3";
        ipcMain.handle("project:clear", async (_event, file: string) => {
          const project = new Database(file);
          project.exec("DELETE FROM shapes");
        });`, findings: [{ line: 4, message: "opens a new better-sqlite3 session each time it runs", sessions: "1", fix: "safe", reason: "", why: [3, 4] }] },
    { name: "a file for each of a few things, named after them", code: `
        import { ipcMain } from "electron";
        import Database from "better-sqlite3";
        ipcMain.handle("notes:all", async (_event, book: string) => {
          const db = new Database("books/" + book + ".db");
          const notes = db.prepare("SELECT * FROM notes").all();
          db.close();
          return notes;
        });`, findings: [{ line: 4, message: "opens a new better-sqlite3 session each time it runs", sessions: "1", fix: "safe", reason: "", why: [3, 4] }] },
  ],
});
