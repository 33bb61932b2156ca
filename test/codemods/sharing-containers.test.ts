import { describe, expect, it } from "vitest";
import { findingsOf, ruleNamed } from "../rules/lib/run.js";
import { runLocal } from "./helpers/local.js";
import { fixOnce } from "./helpers/rounds.js";

const ONCE = { safety: "review", reason: "made once, when the program starts, where each request had one of its own" } as const;

runLocal("no-session-per-call", "use-shared-session", [
  { name: "a service that is a client", before: `
    import { Injectable, OnModuleInit, Scope } from '@nestjs/common';
    import { PrismaClient } from '@prisma/client';

    // The shop's data.
    @Injectable({ scope: Scope.REQUEST })
    export class Shop extends PrismaClient implements OnModuleInit {
      async onModuleInit() {
        await this.$connect();
      }
    }
    `, after: `
    import { Injectable, OnModuleInit } from '@nestjs/common';
    import { PrismaClient } from '@prisma/client';

    // The shop's data.
    @Injectable()
    export class Shop extends PrismaClient implements OnModuleInit {
      async onModuleInit() {
        await this.$connect();
      }
    }
    `, ...ONCE },
  { name: "with a constructor, durable, over several lines; the container closes it", before: `
    import { Injectable, type OnModuleDestroy, Scope } from "@nestjs/common";
    import { PrismaClient } from "@prisma/client";

    @Injectable({
      scope: Scope.REQUEST,
      durable: true,
    })
    export class Shop extends PrismaClient implements OnModuleDestroy {
      constructor() {
        super({ log: ["error"] });
      }

      async onModuleDestroy() {
        await this.$disconnect();
      }
    }
    `, after: `
    import { Injectable, type OnModuleDestroy } from "@nestjs/common";
    import { PrismaClient } from "@prisma/client";

    @Injectable()
    export class Shop extends PrismaClient implements OnModuleDestroy {
      constructor() {
        super({ log: ["error"] });
      }

      async onModuleDestroy() {
        await this.$disconnect();
      }
    }
    `, ...ONCE },
  { name: "a controller with other options, its scope last", before: `
    import { Controller, Get, Scope } from "@nestjs/common";
    import { Pool } from "pg";

    @Controller({ path: "things", scope: Scope.REQUEST })
    export class Things {
      private readonly pool = new Pool();

      @Get()
      async all() {
        return (await this.pool.query("SELECT 1")).rows;
      }
    }
    `, after: `
    import { Controller, Get } from "@nestjs/common";
    import { Pool } from "pg";

    @Controller({ path: "things" })
    export class Things {
      private readonly pool = new Pool();

      @Get()
      async all() {
        return (await this.pool.query("SELECT 1")).rows;
      }
    }
    `, ...ONCE },
  { name: "a factory, its scope on a line of its own", before: `
    import { Module, Scope } from "@nestjs/common";
    import Database from "better-sqlite3";

    @Module({
      providers: [
        {
          provide: "DB",
          scope: Scope.REQUEST,
          useFactory: () => new Database("app.db"),
        },
      ],
    })
    export class DatabaseModule {}
    `, after: `
    import { Module } from "@nestjs/common";
    import Database from "better-sqlite3";

    @Module({
      providers: [
        {
          provide: "DB",
          useFactory: () => new Database("app.db"),
        },
      ],
    })
    export class DatabaseModule {}
    `, ...ONCE },
  { name: "a factory on one line, its scope first", before: `
    import { Scope, type Provider } from "@nestjs/common";
    import { Pool } from "pg";

    export const providers: Provider[] = [{ scope: Scope.REQUEST, provide: "POOL", useFactory: () => new Pool() }];
    `, after: `
    import { type Provider } from "@nestjs/common";
    import { Pool } from "pg";

    export const providers: Provider[] = [{ provide: "POOL", useFactory: () => new Pool() }];
    `, ...ONCE },
  { name: "the request is needed besides: the client alone is made once", before: `
    import { Inject, Injectable, Scope } from "@nestjs/common";
    import { REQUEST } from "@nestjs/core";
    import { PrismaClient } from "@prisma/client";

    @Injectable({ scope: Scope.REQUEST })
    export class Shop {
      readonly prisma: PrismaClient;

      constructor(@Inject(REQUEST) private readonly request: { tenant: string }) {
        this.prisma = new PrismaClient({ log: ["error"] });
      }
    }
    `, after: `
    import { Inject, Injectable, Scope } from "@nestjs/common";
    import { REQUEST } from "@nestjs/core";
    import { PrismaClient } from "@prisma/client";

    let sharedPrisma: PrismaClient | undefined;

    // One client for the whole process, made at first use: it has a pool of its own.
    function getPrisma(): PrismaClient {
      return (sharedPrisma ??= new PrismaClient({ log: ["error"] }));
    }

    @Injectable({ scope: Scope.REQUEST })
    export class Shop {
      readonly prisma: PrismaClient;

      constructor(@Inject(REQUEST) private readonly request: { tenant: string }) {
        this.prisma = getPrisma();
      }
    }
    `, safety: "review", reason: "`Shop` goes on being made for each request: `Shop` has `request` injected" },
  { name: "the same in a field's value", before: `
    import { Inject, Injectable } from "@nestjs/common";
    import { REQUEST } from "@nestjs/core";
    import { Pool } from "pg";

    @Injectable()
    export class Shop {
      private readonly pool = new Pool();
      @Inject(REQUEST) private readonly request: { tenant: string };

      all = () => this.pool.query("SELECT $1", [this.request.tenant]);
    }
    `, after: `
    import { Inject, Injectable } from "@nestjs/common";
    import { REQUEST } from "@nestjs/core";
    import { Pool } from "pg";

    let sharedPool: Pool | undefined;

    // One client for the whole process, made at first use: it has a pool of its own.
    function getPool(): Pool {
      return (sharedPool ??= new Pool());
    }

    @Injectable()
    export class Shop {
      private readonly pool = getPool();
      @Inject(REQUEST) private readonly request: { tenant: string };

      all = () => this.pool.query("SELECT $1", [this.request.tenant]);
    }
    `, safety: "review", reason: "goes on being made for each request" },
  { name: "a client of the request's own", before: `
    import { Inject, Injectable, Scope } from "@nestjs/common";
    import { REQUEST } from "@nestjs/core";
    import { PrismaClient } from "@prisma/client";

    @Injectable({ scope: Scope.REQUEST })
    export class Shop extends PrismaClient {
      constructor(@Inject(REQUEST) request: { url: string }) {
        super({ datasourceUrl: request.url });
      }
    }
    `, reason: "`Shop` has `request` injected, which exists for one request. Move the session into a provider of its own" },
  { name: "a comment that speaks of the scope", before: `
    import { Injectable, Scope } from "@nestjs/common";
    import { PrismaClient } from "@prisma/client";

    @Injectable({
      // one for each request, so that tenants do not mix
      scope: Scope.REQUEST,
    })
    export class Shop extends PrismaClient {}
    `, reason: "a comment stands in what would be replaced" },
]);

describe("providers over several files", () => {
  it("what closed one at the end of its request goes, what the container closes stays", () => {
    const files = {
      "src/shop.ts": `import { Injectable, Scope } from "@nestjs/common";
import { PrismaClient } from "@prisma/client";

@Injectable({ scope: Scope.REQUEST })
export class Shop extends PrismaClient {
  async onModuleDestroy() {
    await this.$disconnect();
  }
}
`,
      "src/orders.ts": `import { Controller, Get } from "@nestjs/common";
import { Shop } from "./shop.js";

@Controller("orders")
export class Orders {
  constructor(private readonly shop: Shop) {}

  @Get()
  async all() {
    try {
      return await this.shop.order.findMany();
    } finally {
      await this.shop.$disconnect();
    }
  }
}
`,
    };
    const { files: fixed, groups, manual } = fixOnce(files, findingsOf(ruleNamed("no-session-per-call"), files));
    expect(manual).toEqual([]);
    expect(groups.map(({ safety }) => safety)).toEqual(["review"]);
    expect(groups[0]?.reason).toContain("because they have it injected (`Orders`)");
    expect(fixed["src/shop.ts"]).toBe(files["src/shop.ts"].replace("({ scope: Scope.REQUEST })", "()").replace(", Scope", ""));
    expect(fixed["src/orders.ts"]).toContain(`  async all() {
    return await this.shop.order.findMany();
  }
`);
    expect(findingsOf(ruleNamed("no-session-per-call"), fixed)).toEqual([]);
  });

  it("a scope that is said in a constant elsewhere stays, with the reason", () => {
    const files = {
      "src/scopes.ts": `import { Scope } from "@nestjs/common";\n\nexport const PER_REQUEST = { scope: Scope.REQUEST };\n`,
      "src/shop.ts": `import { Injectable } from "@nestjs/common";\nimport { PrismaClient } from "@prisma/client";\nimport { PER_REQUEST } from "./scopes.js";\n\n@Injectable(PER_REQUEST)\nexport class Shop extends PrismaClient {}\n`,
    };
    const { groups, manual } = fixOnce(files, findingsOf(ruleNamed("no-session-per-call"), files));
    expect(groups).toEqual([]);
    expect(manual.map(({ reason }) => reason)).toEqual([expect.stringContaining("is not written beside it")]);
  });
});
