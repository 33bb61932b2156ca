import { linkSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { once } from "node:events";
import Database from "better-sqlite3";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import * as fromSource from "sessionfix-runtime";
import { createSessionFactory, getSession, initSessionFactory } from "sessionfix-runtime";
import { betterSqlite3 } from "sessionfix-runtime/better-sqlite3";
import { onCleanup, rejection, tempDatabase, tempFolder } from "./support/database.js";

const driver = betterSqlite3(Database);

/** The package built as it is published, once as ESM and once as CJS, each in one file an entry. */
async function buildCopies(folder: string): Promise<{ esm: string; cjs: string }> {
  const runtime = fileURLToPath(new URL("../../runtime/", import.meta.url));
  const entryPoints = [join(runtime, "index.ts"), join(runtime, "better-sqlite3.ts")];
  for (const [format, extension] of [["esm", ".mjs"], ["cjs", ".cjs"]] as const) {
    await build({ entryPoints, outdir: folder, bundle: true, platform: "node", format, outExtension: { ".js": extension }, logLevel: "error" });
  }
  return { esm: pathToFileURL(join(folder, "index.mjs")).href, cjs: join(folder, "index.cjs") };
}

describe("promise 1: one session a file", () => {
  test("promise 1: relative path, symlink, hard link and 50 reloaded factories give one handle", () => {
    const path = tempDatabase();
    const folder = dirname(path);
    symlinkSync(path, join(folder, "link.db"));
    linkSync(path, join(folder, "hard.db"));
    mkdirSync(join(folder, "sub"));
    const spellings = [
      path, relative(process.cwd(), path), join(folder, "link.db"), join(folder, "hard.db"), `${folder}/sub/../${basename(path)}`,
    ];

    let opened = 0;
    class Counted extends Database {
      constructor(file: string) {
        super(file);
        opened++;
      }
    }
    const sessions = new Set<object>();
    for (let reload = 0; reload < 50; reload++) {
      const factory = createSessionFactory({ driver: betterSqlite3(Counted) });
      for (const spelling of spellings) sessions.add(factory.getSession(spelling));
    }
    expect(sessions.size).toBe(1);
    expect(opened).toBe(1);
  });

  test("promise 1: the ESM and the CJS copy share the session, its queue and its errors", async () => {
    const path = tempDatabase();
    const { esm, cjs } = await buildCopies(tempFolder());
    const copies: (typeof fromSource)[] = [fromSource, (await import(esm)) as typeof fromSource, createRequire(import.meta.url)(cjs) as typeof fromSource];
    expect(new Set(copies.map((copy) => copy.transaction)).size).toBe(3);

    const handles = copies.map((copy) => copy.createSessionFactory({ driver, path }).getSession());
    expect(new Set(handles).size).toBe(1);
    const [db] = handles;

    // In one copy's transaction, the other copy's is a savepoint; outside it waits its turn.
    const [first, second, third] = copies;
    const order: string[] = [];
    const outer = first!.transaction(db!, async () => {
      order.push("outer begins");
      await second!.transaction(db!, async () => { order.push("inner"); });
      order.push("outer ends");
    });
    const later = third!.transaction(db!, () => { order.push("later"); });
    await Promise.all([outer, later]);
    expect(order).toEqual(["outer begins", "inner", "outer ends", "later"]);

    const error = await rejection(second!.transaction({} as Database.Database, () => {}));
    expect(error).toBeInstanceOf(first!.UnsupportedSessionError);
    expect(error).toBeInstanceOf(third!.SessionError);
    expect(error).not.toBeInstanceOf(first!.LockTimeoutError);
    class OwnError extends fromSource.UnsupportedSessionError {}
    expect(error).not.toBeInstanceOf(OwnError);
  });

  test("promise 1: a worker thread has a session of its own", async () => {
    const path = tempDatabase();
    const { esm } = await buildCopies(tempFolder());
    const program = `
      import { parentPort, workerData } from "node:worker_threads";
      import { createRequire } from "node:module";
      const { createSessionFactory, getSession, transactionSync } = await import(workerData.esm);
      const { betterSqlite3 } = await import(workerData.esm.replace("index", "better-sqlite3"));
      const Database = createRequire(workerData.here)("better-sqlite3");
      let inherited;
      try { inherited = String(getSession()); } catch (error) { inherited = error.code; }
      const db = createSessionFactory({ driver: betterSqlite3(Database), path: workerData.path }).getSession();
      transactionSync(db, (tx) => tx.exec("INSERT INTO item (name) VALUES ('worker')"));
      db.close();
      parentPort.postMessage({ inherited });
    `;
    initSessionFactory({ driver, path });
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`), { workerData: { esm, path, here: fileURLToPath(import.meta.url) } });
    onCleanup(() => worker.terminate());
    const [message] = (await once(worker, "message")) as [{ inherited: string }];
    expect(message.inherited).toBe("SESSIONFIX_NOT_INITIALIZED");
    const db = getSession<Database.Database>();
    expect(db.open).toBe(true);
    expect(db.prepare("SELECT name FROM item").pluck().all()).toEqual(["worker"]);
  });

  test("a file that does not exist yet is one session before and after it is created", () => {
    const folder = tempFolder();
    symlinkSync(folder, `${folder}-link`);
    onCleanup(() => renameSync(`${folder}-link`, join(folder, "link")));
    const { getSession: get } = createSessionFactory({ driver });
    const first = get(join(folder, "new.db"));
    expect(get(join(`${folder}-link`, "new.db"))).toBe(first);
    expect(get(relative(process.cwd(), join(folder, "new.db")))).toBe(first);
  });

  test("a library that creates the file late keeps its one session", () => {
    const path = join(tempFolder(), "late.db");
    const { getSession: get } = createSessionFactory({ open: (file) => ({ file }) });
    const first = get(path);
    expect(get(path)).toBe(first);
    writeFileSync(path, "");
    expect(get(path)).toBe(first);
    expect(get(join(dirname(path), ".", "late.db"))).toBe(first);
  });

  test("a file that was replaced gets a session of its own", () => {
    const path = tempDatabase();
    const { getSession: get } = createSessionFactory({ driver });
    const first = get(path);
    for (const suffix of ["", "-wal", "-shm"]) renameSync(`${path}${suffix}`, `${path}.old${suffix}`);
    const second = get(path);
    expect(second).not.toBe(first);
    expect(get(`${path}.old`)).toBe(first);
  });

  test("a handle that someone closed by hand is opened again", () => {
    const path = tempDatabase();
    const { getSession: get } = createSessionFactory({ driver });
    const first = get(path);
    first.close();
    const second = get(path);
    expect(second).not.toBe(first);
    expect(second.open).toBe(true);
    expect(get(path)).toBe(second);
  });

  test("sessions that are not exchangeable are kept apart: a reader, and what another function opens", () => {
    const path = tempDatabase();
    const writer = createSessionFactory({ driver, path }).getSession();
    const reader = createSessionFactory({ driver: betterSqlite3(Database, { readonly: true }), path }).getSession();
    const wrapped = createSessionFactory({ path, open: (file) => ({ wrapped: file }) }).getSession();
    expect(reader).not.toBe(writer);
    expect(reader.readonly).toBe(true);
    expect(wrapped).toEqual({ wrapped: path });
  });
});
