import { runTable } from "./lib/table.js";

const HEAD = `import { Controller, Get, Inject, Injectable, Module, Scope } from "@nestjs/common"; import { REQUEST } from "@nestjs/core"; import { PrismaClient } from "@prisma/client"; import { Pool } from "pg"; import Database from "better-sqlite3";`;
const PRISMA = { library: "@prisma/client", message: "is made anew for each request, and opens a new @prisma/client session each time" };

runTable({
  rule: "no-session-per-call",
  theme: "containers",
  valid: [
    { name: "a service that is a client, made once", code: `${HEAD}\n@Injectable() export class Store extends PrismaClient {}` },
    { name: "the usual scope by its name", code: `${HEAD}\n@Injectable({ scope: Scope.DEFAULT }) export class Store extends PrismaClient { constructor() { super({ log: ["error"] }); } }` },
    { name: "one for each class that has it injected", code: `${HEAD}\n@Injectable({ scope: Scope.TRANSIENT }) export class Store extends PrismaClient {}` },
    { name: "a client in a field of a service that is made once", code: `${HEAD}\n@Injectable() export class Store { private readonly client = new PrismaClient(); }` },
    { name: "a service for each request that has the client injected", code: `${HEAD}\n@Injectable() class Store extends PrismaClient {} @Injectable({ scope: Scope.REQUEST }) export class Orders { constructor(private readonly store: Store) {} }` },
    { name: "a service for each request that takes its client out of a cache of the process", code: `${HEAD}\nconst clients = new Map<string, PrismaClient>(); @Injectable({ scope: Scope.REQUEST }) export class Store { constructor(@Inject(REQUEST) request) { const tenant = request.tenant; let client = clients.get(tenant); if (!client) { client = new PrismaClient(); clients.set(tenant, client); } this.client = client; } }` },
    { name: "a factory that is called once", code: `${HEAD}\n@Module({ providers: [{ provide: "DB", useFactory: () => new Pool() }] }) export class M {}` },
    { name: "a class of the same shape that no container makes", code: `${HEAD}\nexport class Store extends PrismaClient {}` },
    { name: "an allowed class", code: `${HEAD}\n@Injectable({ scope: Scope.REQUEST }) export class Store extends PrismaClient {}`, options: { allowFunctions: ["Store"] } },
  ],
  invalid: [
    {
      name: "a service that is a client, for each request",
      code: `${HEAD}\n@Injectable({ scope: Scope.REQUEST })\nexport class Store extends PrismaClient {\n  async onModuleInit() { await this.$connect(); }\n}`,
      findings: [{ line: 2, ...PRISMA, fix: "review", reason: "`Store` is made once, when the program starts" }],
    },
    {
      name: "with a constructor",
      code: `${HEAD}\n@Injectable({ scope: Scope.REQUEST })\nexport class Store extends PrismaClient {\n  constructor() {\n    super({ log: ["error"] });\n  }\n}`,
      findings: [{ line: 5, ...PRISMA, fix: "review", reason: "made once", sessions: "1", why: [4, 5] }],
    },
    {
      name: "a pool in a field",
      code: `${HEAD}\n@Injectable({ scope: Scope.REQUEST })\nexport class Store {\n  readonly pool = new Pool();\n}`,
      findings: [{ line: 4, library: "pg", message: "`Store` is made anew for each request", fix: "review", reason: "made once", sessions: "1", why: [3, 4] }],
    },
    {
      name: "a session that each instance keeps",
      code: `${HEAD}\n@Injectable({ scope: Scope.REQUEST })\nexport class Store {\n  private kept?: Database.Database;\n  session() {\n    return (this.kept ??= new Database("app.db"));\n  }\n}`,
      findings: [{ line: 6, message: "opens a new better-sqlite3 session", fix: "safe" }],
    },
    {
      name: "a factory for each request",
      code: `${HEAD}\n@Module({ providers: [{\n  provide: "DB",\n  scope: Scope.REQUEST,\n  useFactory: () => new Pool(),\n}] }) export class M {}`,
      findings: [{ line: 5, library: "pg", message: "`DB` is made anew for each request", fix: "review", reason: "made once", sessions: "1", why: [5, 5] }],
    },
    {
      name: "a client whose settings come from the request",
      code: `${HEAD}\n@Injectable({ scope: Scope.REQUEST })\nexport class Store extends PrismaClient {\n  constructor(@Inject(REQUEST) request) {\n    super({ datasourceUrl: request.tenantUrl });\n  }\n}`,
      findings: [{ line: 5, ...PRISMA, fix: "manual", reason: "`Store` has `request` injected, which exists for one request", sessions: "1", why: [4, 5] }],
    },
    {
      name: "for each request because of what it has injected",
      code: `${HEAD}\n@Injectable({ scope: Scope.REQUEST }) class Tenant {}\n@Injectable()\nexport class Store extends PrismaClient {\n  constructor(private readonly tenant: Tenant) {\n    super();\n  }\n}`,
      findings: [{ line: 6, ...PRISMA, fix: "manual", reason: "`Store` has `tenant` injected", sessions: "1", why: [5, 6] }],
    },
    {
      name: "it keeps what belongs to one request",
      code: `${HEAD}\n@Injectable({ scope: Scope.REQUEST })\nexport class Store extends PrismaClient {\n  private tenant = "";\n  use(tenant: string) {\n    this.tenant = tenant;\n  }\n}`,
      findings: [{ line: 2, ...PRISMA, fix: "manual", reason: "`Store` keeps something that its methods change, and one instance would have it for all requests (`this.tenant`) (src/app.ts:6)" }],
    },
    {
      name: "who has it injected keeps something",
      code: `${HEAD}\n@Injectable({ scope: Scope.REQUEST })\nexport class Store extends PrismaClient {}\n@Injectable()\nexport class Counts {\n  private readonly seen: string[] = [];\n  private total = 0;\n  constructor(private readonly store: Store) {}\n  count() {\n    this.total++;\n  }\n}`,
      findings: [{ line: 2, ...PRISMA, fix: "manual", reason: "`Counts` keeps something that its methods change, and one instance would have it for all requests (`this.total`) (src/app.ts:10)" }],
    },
    {
      name: "who has it injected has settings, and is made once with it",
      code: `${HEAD}\n@Injectable({ scope: Scope.REQUEST })\nexport class Store extends PrismaClient {}\n@Controller("orders")\nexport class Orders {\n  private readonly limits = { small: 1, large: 10 };\n  constructor(private readonly store: Store) {}\n  @Get() all() { return this.store.order.findMany({ take: this.limits.large }); }\n}`,
      findings: [{ line: 2, ...PRISMA, fix: "review", reason: "because they have it injected (`Orders`)" }],
    },
    {
      name: "a client beside what the request is needed for",
      code: `${HEAD}\n@Injectable({ scope: Scope.REQUEST })\nexport class Store {\n  readonly client: PrismaClient;\n  constructor(@Inject(REQUEST) private readonly request) {\n    this.client = new PrismaClient();\n  }\n}`,
      findings: [{ line: 6, ...PRISMA, fix: "review", reason: "the client then lives as long as the process", sessions: "1", why: [5, 6] }],
    },
    {
      name: "who keeps something and stays what it is for another reason",
      code: `${HEAD}\n@Injectable({ scope: Scope.REQUEST })\nexport class Store extends PrismaClient {}\n@Injectable({ scope: Scope.REQUEST })\nexport class Counts {\n  private total = 0;\n  constructor(private readonly store: Store) {}\n  count() {\n    this.total++;\n  }\n}`,
      findings: [{ line: 2, ...PRISMA, fix: "review", reason: "made once" }],
    },
  ],
});
