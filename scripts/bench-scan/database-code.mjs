import { capital, plainCode } from "./code.mjs";

/** The session, opened once for the whole program, as most applications have it. */
export const SESSION = `import Database from "better-sqlite3";

let session: Database.Database | undefined;

export function getDb(): Database.Database {
  session ??= open(process.env["DATABASE_FILE"] ?? "data/app.db");
  return session;
}

function open(file: string): Database.Database {
  const db = new Database(file);
  db.pragma("journal_mode = WAL");
  db.pragma("foreign_keys = ON");
  return db;
}
`;

/** The mistake that is to be found among all the rest: a session each time it is called. */
export const FRESH_SESSION = `import Database from "better-sqlite3";

export function openReportsDb(): Database.Database {
  return new Database("data/reports.db");
}
`;

/** Reads and writes of one table. `mistake`: one of two, in a few places only. */
export function repository(random, name, table, lines, { session, utils, mistake }) {
  const { text } = plainCode(random, Math.max(0, lines - 60), name, utils.names);
  const fresh = mistake === "session" ? `\n  report(since: number) {\n    return openReportsDb().prepare("SELECT * FROM ${table} WHERE at > ?").all(since);\n  }\n` : "";
  const loop =
    mistake === "loop"
      ? `\n  importAll(rows: ${capital(name)}Input[]) {\n    const insert = this.db.prepare("INSERT INTO ${table} (id, name, amount) VALUES (?, ?, ?)");\n    this.db.transaction(() => {\n      for (const row of rows) insert.run(row.id, row.name, row.amount);\n    })();\n  }\n`
      : "";
  return `import type Database from "better-sqlite3";
import { getDb } from "${session}";
${mistake === "session" ? `import { openReportsDb } from "${session.replace("session", "reports")}";\n` : ""}${utils.imports}
export interface ${capital(name)}Input {
  id: string;
  name: string;
  amount: number;
}

export class ${capital(name)}Repository {
  constructor(private readonly db: Database.Database = getDb()) {}

  get(id: string) {
    return this.db.prepare("SELECT * FROM ${table} WHERE id = ?").get(id);
  }

  list(limit: number) {
    return this.db.prepare("SELECT * FROM ${table} ORDER BY name LIMIT ?").all(limit);
  }

  add(input: ${capital(name)}Input) {
    this.db.prepare("INSERT INTO ${table} (id, name, amount) VALUES (?, ?, ?)").run(input.id, input.name, input.amount);
  }

  rename(id: string, name: string) {
    const move = this.db.transaction(() => {
      this.db.prepare("UPDATE ${table} SET name = ? WHERE id = ?").run(name, id);
      this.db.prepare("UPDATE ${table}_history SET seen = 1 WHERE id = ?").run(id);
    });
    move();
  }
${fresh}${loop}}

${text}`;
}

/** What the application does with some tables. */
export function service(random, name, lines, { repositories, utils }) {
  const { text } = plainCode(random, Math.max(0, lines - 20 - repositories.length * 8), name, utils.names);
  const fields = repositories.map((each) => `  private readonly ${each} = new ${capital(each)}Repository();`).join("\n");
  const methods = repositories
    .map((each) => `  async ${each}ById(id: string, rename?: string) {\n    const found = this.${each}.get(id);\n    if (found === undefined) throw new Error(\`no ${each} \${id}\`);\n    if (rename !== undefined) this.${each}.rename(id, rename);\n    return { found, more: this.${each}.list(20) };\n  }`)
    .join("\n\n");
  return `${utils.imports}
export class ${capital(name)}Service {
${fields}

${methods}
}

export const ${name}Service = new ${capital(name)}Service();

${text}`;
}

/** HTTP routes over some services. */
export function routes(random, name, lines, { services, utils }) {
  const { text } = plainCode(random, Math.max(0, lines - 10 - services.length * 12), name, utils.names);
  const handlers = services
    .map(({ name: each, method }) => `router.get("/${name}/${each}/:id", async (request, response) => {\n  const result = await ${each}Service.${method}(request.params.id);\n  response.json(result);\n});\n\nrouter.post("/${name}/${each}/:id", async (request, response) => {\n  const result = await ${each}Service.${method}(request.params.id, String(request.body.name));\n  response.status(201).json(result);\n});\n`)
    .join("\n");
  return `import { Router } from "express";
${utils.imports}
export const router = Router();

${handlers}
${text}`;
}
