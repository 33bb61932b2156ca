import { describe, expect, it } from "vitest";
import { findingsOf, ruleNamed } from "../rules/lib/run.js";
import { sessionFinding } from "./helpers/findings.js";
import { fixOnce } from "./helpers/rounds.js";

const DB = {
  "src/db/open.ts": `import Database from "better-sqlite3";

export function openStore(dbPath: string): Database.Database {
  const db = new Database(dbPath);
  db.pragma("journal_mode = WAL");
  db.exec("CREATE TABLE IF NOT EXISTS t (x)");
  return db;
}
`,
  "src/repo.ts": `import { openStore } from "./db/open.js";

export class Repo {
  constructor(private readonly dbPath: string) {}
  count(): unknown {
    return openStore(this.dbPath).prepare("SELECT 1").get();
  }
}
`,
};

function start(files: Record<string, string>, startups: { file: string; marker: string; framework: string }[]): ReturnType<typeof fixOnce> {
  const all = { ...DB, ...files };
  return fixOnce(all, [
    sessionFinding(all, "src/db/open.ts", {
      open: "new Database(",
      key: "dbPath",
      factory: { marker: "export function openStore", name: "openStore", kind: "function", async: false, params: ["dbPath"], keyParam: 0, bare: false },
      uses: [{ file: "src/repo.ts", marker: "openStore(" }],
      startups,
    }),
  ]);
}

describe("init-at-startup", () => {
  it("Fastify: where the server is made", () => {
    const { files, groups } = start(
      {
        "src/server.ts": `import fastify from "fastify";
import { routes } from "./routes.js";

export function build(options: { dbPath: string; log: boolean }) {
  const app = fastify({ logger: options.log });
  app.register(routes, { dbPath: options.dbPath });
  return app;
}
`,
        "src/main.ts": `import { build } from "./server.js";
const app = build({ dbPath: "a.db", log: true });
await app.listen({ port: 1 });
`,
      },
      [{ file: "src/main.ts", marker: "app.listen(", framework: "fastify" }],
    );
    expect(groups.map(({ transform, safety, requires }) => ({ transform, safety, requires }))).toEqual([
      { transform: "use-shared-session", safety: "safe", requires: undefined },
      { transform: "init-at-startup", safety: "review", requires: [groups[0]?.id] },
    ]);
    expect(files["src/server.ts"]).toBe(`import fastify from "fastify";
import { closeSessions, initSessionFactory } from "sessionfix-runtime";
import { routes } from "./routes.js";
import { sessions } from "./db/session.js";

export function build(options: { dbPath: string; log: boolean }) {
  initSessionFactory(sessions, options.dbPath);
  const app = fastify({ logger: options.log });
  app.addHook("onClose", async () => {
    await closeSessions();
  });
  app.register(routes, { dbPath: options.dbPath });
  return app;
}
`);
    expect(files["src/main.ts"]).not.toContain("sessionfix-runtime");
  });

  it("Fastify: at `listen`, when who made the server is not known", () => {
    const { files } = start(
      { "src/main.ts": `import { load } from "./config.js";\nimport { app } from "./app.js";\n\nconst config = load();\nawait app.listen({ port: 1, path: config.dbPath });\n` },
      [{ file: "src/main.ts", marker: "app.listen(", framework: "fastify" }],
    );
    expect(files["src/main.ts"]).toContain(`const config = load();
initSessionFactory(sessions, config.dbPath);
app.addHook("onClose", async () => {
  await closeSessions();
});
await app.listen({`);
  });

  it("Express: around `listen`, with signals", () => {
    const { files, manual } = start(
      {
        "src/main.ts": `import express from 'express'
import { Repo } from './repo.js'

const dbPath = process.env['DB'] ?? 'a.db'
const app = express()
app.get('/', (_req, res) => void res.json(new Repo(dbPath).count()))

app.listen(3000, () => {
  console.log('up')
})
`,
      },
      [{ file: "src/main.ts", marker: "app.listen(", framework: "express" }],
    );
    expect(manual).toEqual([]);
    expect(files["src/main.ts"]).toBe(`import express from 'express'
import { closeSessions, initSessionFactory } from 'sessionfix-runtime'
import { Repo } from './repo.js'
import { sessions } from './db/session.js'

const dbPath = process.env['DB'] ?? 'a.db'
const app = express()
app.get('/', (_req, res) => void res.json(new Repo(dbPath).count()))

initSessionFactory(sessions, dbPath)
const server = app.listen(3000, () => {
  console.log('up')
})
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close(() => void closeSessions().finally(() => process.exit(0)))
  })
}
`);
  });

  it("NestJS: opened before it listens, closed by the root module's hook", () => {
    const { files, manual } = start(
      {
        "src/main.ts": `import { NestFactory } from '@nestjs/core';
import { ShopModule } from './shop.module';

async function bootstrap() {
  const app = await NestFactory.create(ShopModule);
  const dbPath = process.env.SHOP_DB ?? 'shop.db';
  console.log(dbPath);
  await app.listen(3000);
}
void bootstrap();
`,
        "src/shop.module.ts": `import { Module } from '@nestjs/common';
import { Orders } from './orders';

@Module({ controllers: [Orders] })
export class ShopModule {}
`,
      },
      [{ file: "src/main.ts", marker: "app.listen(", framework: "NestJS" }],
    );
    expect(manual).toEqual([]);
    expect(files["src/main.ts"]).toBe(`import { NestFactory } from '@nestjs/core';
import { initSessionFactory } from 'sessionfix-runtime';
import { ShopModule } from './shop.module';
import { sessions } from './db/session';

async function bootstrap() {
  const app = await NestFactory.create(ShopModule);
  const dbPath = process.env.SHOP_DB ?? 'shop.db';
  console.log(dbPath);
  initSessionFactory(sessions, dbPath);
  app.enableShutdownHooks();
  await app.listen(3000);
}
void bootstrap();
`);
    expect(files["src/shop.module.ts"]).toBe(`import { Module, OnApplicationShutdown } from '@nestjs/common';
import { closeSessions } from 'sessionfix-runtime';
import { Orders } from './orders';

@Module({ controllers: [Orders] })
export class ShopModule implements OnApplicationShutdown {
  async onApplicationShutdown() {
    await closeSessions();
  }
}
`);
  });

  it("NestJS: a root module with members and hooks of its own, which is told of signals already", () => {
    const { files, manual } = start(
      {
        "src/main.ts": `import { NestFactory } from "@nestjs/core";
import { MiddlewareConsumer, Module, NestModule } from "@nestjs/common";

@Module({})
class ShopModule implements NestModule {
  configure(consumer: MiddlewareConsumer) {
    consumer.apply();
  }
}

const dbPath = "shop.db";
console.log(dbPath);
const app = await NestFactory.create(ShopModule);
app.enableShutdownHooks();
await app.listen(3000);
`,
      },
      [{ file: "src/main.ts", marker: "app.listen(", framework: "NestJS" }],
    );
    expect(manual).toEqual([]);
    expect(files["src/main.ts"]).toContain(`class ShopModule implements NestModule, OnApplicationShutdown {
  configure(consumer: MiddlewareConsumer) {
    consumer.apply();
  }

  async onApplicationShutdown() {
    await closeSessions();
  }
}
`);
    expect(files["src/main.ts"]).toContain(`app.enableShutdownHooks();
initSessionFactory(sessions, dbPath);
await app.listen(3000);
`);
  });

  it.each([`"shop.db"`, `process.env.SHOP_DB!`, `process.env["SHOP_DB"] ?? "shop.db"`])("NestJS: what a service opens in a method, by %s", (key) => {
    const shop = {
      "src/main.ts": `import { NestFactory } from "@nestjs/core";\nimport { ShopModule } from "./shop.js";\n\nconst app = await NestFactory.create(ShopModule);\nawait app.listen(3000);\n`,
      "src/shop.ts": `import { Controller, Get, Injectable, Module } from "@nestjs/common";
import Database from "better-sqlite3";

@Injectable()
export class Stock {
  count() {
    const db = new Database(${key});
    try {
      return db.prepare("SELECT COUNT(*) FROM stock").get();
    } finally {
      db.close();
    }
  }
}

@Controller("stock")
export class StockController {
  constructor(private readonly stock: Stock) {}

  @Get()
  count() {
    return this.stock.count();
  }
}

@Module({ controllers: [StockController], providers: [Stock] })
export class ShopModule {}
`,
    };
    const { files, manual } = fixOnce(shop, findingsOf(ruleNamed("no-session-per-call"), shop));
    expect(manual).toEqual([]);
    expect(files["src/shop.ts"]).toContain(`  count() {
    const db = getSession(${key});
    return db.prepare("SELECT COUNT(*) FROM stock").get();
  }
`);
    expect(files["src/shop.ts"]).toContain(`export class ShopModule implements OnApplicationShutdown {
  async onApplicationShutdown() {
    await closeSessions();
  }
}
`);
    expect(files["src/main.ts"]).toContain(`initSessionFactory(sessions, ${key});
app.enableShutdownHooks();
await app.listen(3000);
`);
  });

  it.each([
    ["the path is not known there", "const app = express();\napp.listen(3000);\n", "express", "the database's path cannot be told at src/main.ts:2"],
    ["two paths are in sight", "const dbPath = 'a';\nconst config = { dbPath };\napp.listen(config.dbPath, dbPath);\n", "express", "cannot be told"],
    ["the program handles signals itself", "const dbPath = 'a';\nprocess.on('SIGTERM', stop);\napp.listen(dbPath);\n", "express", "handles signals itself"],
    ["a framework that is not known", "const dbPath = 'a';\napp.listen(dbPath);\n", "other", "how other starts and stops is not known"],
    ["Nest's root module is not in sight", "const dbPath = 'a';\nconst app = await NestFactory.create(make());\nawait app.listen(dbPath);\n", "NestJS", "root module was not found"],
    ["Nest's root module has such a hook", "const dbPath = 'a';\nclass M { onApplicationShutdown() {} }\nconst app = await NestFactory.create(M);\nawait app.listen(dbPath);\n", "NestJS", "`M` does something at shutdown already"],
    ["the call is part of a larger expression", "const dbPath = 'a';\nrun(app.listen(dbPath));\n", "express", "not kept in a variable"],
  ])("is for a person when %s, with what to write", (_name, text, framework, reason) => {
    const { groups, manual } = start({ "src/main.ts": text }, [{ file: "src/main.ts", marker: "app.listen(", framework }]);
    expect(groups.map(({ transform }) => transform)).toEqual(["use-shared-session"]);
    expect(manual).toEqual([expect.objectContaining({ transform: "init-at-startup", reason: expect.stringContaining(reason) as unknown })]);
    expect(manual[0]?.reason).toContain("initSessionFactory(sessions, ");
  });

  it("is for a person when the program starts in several places", () => {
    const text = "const dbPath = 'a';\napp.listen(dbPath);\n";
    const { manual } = start({ "src/a.ts": text, "src/b.ts": text }, [
      { file: "src/a.ts", marker: "app.listen(", framework: "express" },
      { file: "src/b.ts", marker: "app.listen(", framework: "express" },
    ]);
    expect(manual[0]?.reason).toContain("starts in several places (src/a.ts:2, src/b.ts:2)");
  });

  it("opens a session once, however many findings it mends; a second one at the same place is for a person", () => {
    const work = (name: string, file: string) => `
export function ${name}() {
  const db = new Database("${file}");
  return db.prepare("SELECT 1").get();
}`;
    const files = (other: string) => ({
      "src/work.js": `import Database from "better-sqlite3";${work("one", "a.db")}${work("two", other)}\n`,
      "src/main.js": `import express from "express";
import { one, two } from "./work.js";
const app = express();
app.get("/1", (request, response) => response.json(one()));
app.get("/2", (request, response) => response.json(two()));
app.listen(3000);
`,
    });
    const same = fixOnce(files("a.db"), findingsOf(ruleNamed("no-session-per-call"), files("a.db")));
    expect(same.files["src/main.js"]?.match(/initSessionFactory\(|const server =/g)).toEqual(["initSessionFactory(", "const server ="]);
    expect(same.manual).toEqual([]);
    const several = fixOnce(files("b.db"), findingsOf(ruleNamed("no-session-per-call"), files("b.db")));
    expect(several.files["src/main.js"]?.match(/initSessionFactory\(.*|const server =/g)).toEqual(['initSessionFactory(sessions, "a.db");', "const server ="]);
    expect(several.manual).toEqual([expect.objectContaining({ transform: "init-at-startup", reason: expect.stringContaining('another session is opened at the same place: write `initSessionFactory(sessions, "b.db")`') as unknown })]);
  });
});
