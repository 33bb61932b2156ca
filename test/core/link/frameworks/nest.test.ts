import { describe, expect, it } from "vitest";
import { contexts, link, probedSessions } from "../link.js";

const WORK = `function work() {}\n`;

describe("NestJS's entry points", () => {
  it.each<[string, string]>([
    ["a controller's route", `import { Controller, Get } from "@nestjs/common"; @Controller("things") export class C { @Get(":id") find() { work(); } }`],
    ["a cron job", `import { Cron, CronExpression } from "@nestjs/schedule"; export class C { @Cron(CronExpression.EVERY_HOUR) tick() { work(); } }`],
    ["an event", `import { OnEvent } from "@nestjs/event-emitter"; export class C { @OnEvent("order.made") made() { work(); } }`],
    ["a message", `import { MessagePattern } from "@nestjs/microservices"; export class C { @MessagePattern({ cmd: "sum" }) sum() { work(); } }`],
    ["a job of Bull", `import { Process, Processor } from "@nestjs/bull"; @Processor("mail") export class C { @Process() send() { work(); } }`],
    ["a job of BullMQ", `import { Processor, WorkerHost } from "@nestjs/bullmq"; @Processor("mail") export class C extends WorkerHost { async process(job) { work(); } }`],
    ["a GraphQL query", `import { Query, Resolver } from "@nestjs/graphql"; @Resolver() export class C { @Query(() => String) things() { work(); } }`],
    ["a gateway's message", `import { SubscribeMessage, WebSocketGateway } from "@nestjs/websockets"; @WebSocketGateway() export class C { @SubscribeMessage("chat") chat() { work(); } }`],
    ["a guard", `import { CanActivate, Injectable } from "@nestjs/common"; @Injectable() export class C implements CanActivate { canActivate() { work(); return true; } }`],
    ["a middleware", `import { Injectable, type NestMiddleware } from "@nestjs/common"; @Injectable() export class C implements NestMiddleware { use(req, res, next) { work(); next(); } }`],
    ["an interceptor", `import * as nest from "@nestjs/common"; export class C implements nest.NestInterceptor { intercept() { work(); } }`],
    ["a decorator under another name", `import { Get as Read } from "@nestjs/common"; export class C { @Read() find() { work(); } }`],
  ])("%s runs per call", (_name, text) => {
    expect(contexts(link({ "a.ts": WORK + text }), "work")).toEqual(["per-call"]);
  });

  it.each<[string, string]>([
    ["a module's start", `import { Injectable } from "@nestjs/common"; @Injectable() export class C { async onModuleInit() { work(); } }`],
    ["a module's end", `import { Module, OnModuleDestroy } from "@nestjs/common"; @Module({}) export class C implements OnModuleDestroy { onModuleDestroy() { work(); } }`],
    ["a provider's factory", `import { Module } from "@nestjs/common"; @Module({ providers: [{ provide: "DB", useFactory: async () => work() }] }) export class C {}`],
    ["a provider in a list of its own", `import type { Provider } from "@nestjs/common"; export const providers: Provider[] = [{ provide: "DB", inject: [], useFactory: () => work() }];`],
    ["a module's asynchronous options", `import { TypeOrmModule } from "@nestjs/typeorm"; export const module = TypeOrmModule.forRootAsync({ useFactory: () => work() });`],
    ["a provider's constructor", `import { Injectable } from "@nestjs/common"; @Injectable() export class C { constructor() { work(); } }`],
  ])("%s runs once", (_name, text) => {
    expect(contexts(link({ "a.ts": WORK + text }), "work")).toEqual(["once"]);
  });

  it("a decorator of the same name from elsewhere is not Nest's", () => {
    expect(contexts(link({ "a.ts": `${WORK}import { Get } from "./mine"; export class C { @Get() find() { work(); } }`, "mine.ts": `export const Get = () => (target, key) => {};` }), "work")).toEqual(["unknown"]);
  });
});

describe("NestJS's providers", () => {
  it.each<[string, string]>([
    ["a session by its type", `import Database from "better-sqlite3"; import { Inject, Injectable } from "@nestjs/common"; @Injectable() class C { constructor(@Inject("DB") private readonly db: Database.Database) {} get() { probe(this.db); } }`],
    ["a project's service that has one", `import Database from "better-sqlite3"; class Store { readonly db: Database.Database; } class C { constructor(private store: Store) {} get() { probe(this.store.db); } }`],
    ["a field that is injected", `import type { Database } from "better-sqlite3"; import { Inject } from "@nestjs/common"; class C { @Inject("DB") private readonly db: Database; get() { probe(this.db); } }`],
  ])("%s", (_name, text) => {
    expect(probedSessions(link({ "a.ts": text }))).toEqual(["typed better-sqlite3"]);
  });
});

describe("what NestJS makes for each request", () => {
  const made = (text: string, more: Record<string, string> = {}): string[] => contexts(link({ "a.ts": `import { Controller, Inject, Injectable, Module, Scope, forwardRef } from "@nestjs/common"; import { REQUEST, ContextIdFactory } from "@nestjs/core"; ${WORK}${text}`, ...more }), "work");

  it.each<[string, string]>([
    ["a provider that says so", `@Injectable({ scope: Scope.REQUEST }) export class C { constructor() { work(); } }`],
    ["a field of one", `@Injectable({ scope: Scope.REQUEST }) export class C { it = work(); }`],
    ["a controller", `@Controller({ path: "things", scope: Scope.REQUEST }) export class C { constructor() { work(); } }`],
    ["options in a constant", `const OPTIONS = { scope: Scope.REQUEST }; @Injectable(OPTIONS) export class C { constructor() { work(); } }`],
    ["the request, injected", `@Injectable() export class C { constructor(@Inject(REQUEST) private readonly request) { work(); } }`],
    ["the request, in a field", `@Injectable() export class C { @Inject(REQUEST) private readonly request; constructor() { work(); } }`],
    ["what has such a provider injected", `@Injectable({ scope: Scope.REQUEST }) class Tenant {} @Injectable() export class C { constructor(private readonly tenant: Tenant) { work(); } }`],
    ["what has one injected by another's way", `@Injectable({ scope: Scope.REQUEST }) class Tenant {} @Injectable() class Users { constructor(private readonly tenant: Tenant) {} } @Injectable() export class C { constructor(@Inject(forwardRef(() => Users)) private readonly users: Users) { work(); } }`],
    ["what inherits such a constructor", `@Injectable({ scope: Scope.REQUEST }) class Tenant {} class Base { constructor(private readonly tenant: Tenant) {} } @Injectable() export class C extends Base { it = work(); }`],
    ["a factory", `@Module({ providers: [{ provide: "DB", scope: Scope.REQUEST, useFactory: () => work() }] }) export class C {}`],
    ["a factory that is given the request", `export const providers = [{ provide: "DB", inject: [REQUEST], useFactory: (request) => work() }];`],
    ["a class, by its provider", `class C { constructor() { work(); } } @Injectable() class D extends C {} @Module({ providers: [{ provide: "DB", useClass: E, scope: Scope.REQUEST }] }) export class M {} @Injectable() class E { constructor() { work(); } }`],
    ["what has such a factory's value injected", `export const DB = Symbol("db"); export const providers = [{ provide: DB, scope: Scope.REQUEST, useFactory: () => 1 }]; @Injectable() export class C { constructor(@Inject(DB) private readonly db) { work(); } }`],
    ["what a test makes by hand besides", `@Injectable({ scope: Scope.REQUEST }) export class C { constructor() { work(); } } export const mine = new C();`],
    ["what is called durable, where nothing keeps it", `@Injectable({ scope: Scope.REQUEST, durable: true }) export class C { constructor() { work(); } }`],
  ])("%s", (_name, text) => {
    expect(made(text)).toContain("per-call");
  });

  it.each<[string, string]>([
    ["one for each that has it injected", `@Injectable({ scope: Scope.TRANSIENT }) export class C { constructor() { work(); } }`],
    ["the usual scope, by its name", `@Injectable({ scope: Scope.DEFAULT }) export class C { constructor() { work(); } }`],
    ["durable, kept by a strategy", `ContextIdFactory.apply(strategy); @Injectable({ scope: Scope.REQUEST, durable: true }) export class C { constructor() { work(); } }`],
    ["what a provider for each request has injected", `@Injectable() class C { constructor() { work(); } } @Injectable({ scope: Scope.REQUEST }) export class Tenant { constructor(private readonly c: C) {} }`],
    ["a word of somebody else's", `const Mine = { REQUEST: 1 }; @Injectable({ scope: Mine.REQUEST }) export class C { constructor() { work(); } }`],
    ["a name that another provider has", `export const providers = [{ provide: "A", scope: Scope.REQUEST, useFactory: () => 1 }]; @Injectable() export class C { constructor(@Inject("B") private readonly b) { work(); } }`],
  ])("not: %s", (_name, text) => {
    expect(made(text)).not.toContain("per-call");
  });
});
