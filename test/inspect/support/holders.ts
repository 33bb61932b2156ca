import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onCleanup } from "../../runtime/support/database.js";

/** A program that runs SQL line by line and answers each line by `ok` or the error: one a library or language. */
export interface Language {
  readonly name: string;
  /** `undefined` where it is not installed here. */
  command(path: string): [program: string, args: string[]] | undefined;
}

const { newerNode } = (await import(new URL("../../../scripts/lib/newer.mjs", import.meta.url).href)) as { newerNode: () => { program?: string } };

const has = (program: string, ...args: string[]): boolean => spawnSync(program, args, { stdio: "ignore" }).status === 0;

const NODE_LOOP = `
  require("readline").createInterface({ input: process.stdin }).on("line", (sql) => {
    try { run(sql); console.log("ok"); } catch (error) { console.log("error " + error.message); }
  });
  console.log("ok");`;

const PYTHON = `
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
print("ok", flush=True)
for line in sys.stdin:
    try:
        connection.execute(line).fetchall()
        print("ok", flush=True)
    except Exception as error:
        print("error", error, flush=True)`;

const from = fileURLToPath(new URL("../../../package.json", import.meta.url));

export const LANGUAGES: readonly Language[] = [
  {
    name: "better-sqlite3",
    command: (path) => [process.execPath, ["-e", `const Database = require("node:module").createRequire(${JSON.stringify(from)})("better-sqlite3"); const db = new Database(${JSON.stringify(path)}, { timeout: 60000 }); const run = (sql) => db.exec(sql); ${NODE_LOOP}`]],
  },
  {
    name: "node:sqlite",
    command: (path) => {
      const { program } = newerNode();
      return program === undefined ? undefined : [program, ["-e", `const { DatabaseSync } = require("node:sqlite"); const db = new DatabaseSync(${JSON.stringify(path)}, { timeout: 60000 }); const run = (sql) => db.exec(sql); ${NODE_LOOP}`]];
    },
  },
  {
    name: "the sqlite3 shell",
    command: (path) => (has("sqlite3", "--version") ? ["sqlite3", ["-batch", path]] : undefined),
  },
  {
    name: "Python's sqlite3",
    command: (path) => (has("python3", "-c", "import sqlite3") ? ["python3", ["-c", PYTHON, path]] : undefined),
  },
];

export class Holder {
  readonly #lines: string[] = [];
  #wake: () => void = () => {};

  constructor(readonly child: ChildProcess, private readonly isShell: boolean) {
    if (child.stdout !== null) createInterface({ input: child.stdout }).on("line", (line) => { this.#lines.push(line); this.#wake(); });
    onCleanup(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    });
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  async answer(): Promise<string> {
    while (this.#lines.length === 0) await new Promise<void>((resolve) => { this.#wake = resolve; });
    return this.#lines.shift() ?? "";
  }

  /** Sends SQL without waiting for it. The shell keeps its own output back when it writes to a pipe, but not a program's that it starts. */
  send(sql: string): void {
    this.child.stdin?.write(this.isShell ? `${sql};\n.system echo ok\n` : `${sql}\n`);
  }

  /** Resolves once the SQL has run over there. */
  async run(sql: string): Promise<void> {
    this.send(sql);
    for (;;) {
      const line = await this.answer();
      if (line === "ok") return;
      if (/^error/i.test(line)) throw new Error(`${sql}: ${line}`);
    }
  }
}

/** The program has the database open, and has read it once. `undefined` where the language is not installed. */
export async function startHolder(language: Language, path: string): Promise<Holder | undefined> {
  const command = language.command(path);
  if (command === undefined) return undefined;
  const [program, args] = command;
  const isShell = program === "sqlite3";
  const holder = new Holder(spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] }), isShell);
  if (isShell) await holder.run(".timeout 60000\nSELECT 1");
  else await holder.answer();
  await holder.run("SELECT count(*) FROM item");
  return holder;
}
