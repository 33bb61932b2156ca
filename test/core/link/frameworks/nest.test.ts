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
