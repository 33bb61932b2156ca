import { describe, expect, it } from "vitest";
import { contexts, link } from "../link.js";

const WORK = `function work() {}\n`;

function contextsOf(text: string, file = "src/app.ts"): string[] {
  return contexts(link({ [file]: text + "\n" + WORK }), "work");
}

describe("what runs per call", () => {
  it.each<[string, string]>([
    ["Hono's route", `import { Hono } from "hono"; const app = new Hono(); app.basePath("/api").get("/things/:id", (c) => work());`],
    ["Hono's middleware", `import { Hono } from "hono"; const app = new Hono(); app.use("*", async (c, next) => { work(); await next(); });`],
    ["Hono's OpenAPI route", `import { OpenAPIHono } from "@hono/zod-openapi"; const app = new OpenAPIHono(); app.openapi(route, (c) => work());`],
    ["Hono's middleware factory", `import { createMiddleware } from "hono/factory"; export const m = createMiddleware(async (c, next) => { work(); });`],
    ["Koa's middleware", `import Koa from "koa"; const app = new Koa(); app.use(async (ctx, next) => { work(); });`],
    ["Koa's route", `import Router from "@koa/router"; const router = new Router({ prefix: "/api" }); router.post("things", "/things", async (ctx) => { work(); });`],
    ["Koa through require", `const Koa = require("koa"); const app = new Koa(); app.use(async (ctx) => work());`],
    ["Elysia's route", `import { Elysia } from "elysia"; export const app = new Elysia().use(other).get("/", () => work()).listen(3000);`],
    ["Fastify's route in a long chain", `import Fastify from "fastify"; Fastify().withTypeProvider().register(a).register(b).register(c).register(d).register(e).get("/", () => work());`],
    ["BullMQ's worker", `import { Worker } from "bullmq"; new Worker("mail", async (job) => work(), { connection });`],
    ["Bull's queue", `import Queue from "bull"; const mail = new Queue("mail"); mail.process(5, async (job) => work());`],
    ["pg-boss's work", `import PgBoss from "pg-boss"; const boss = new PgBoss(url); await boss.work("mail", async ([job]) => work());`],
    ["Agenda's job", `import { Agenda } from "agenda"; const agenda = new Agenda(); agenda.define("mail", async (job) => work());`],
    ["Graphile Worker's tasks", `import { run } from "graphile-worker"; await run({ connectionString, taskList: { mail: async (payload) => work() } });`],
    ["Inngest's function", `import { Inngest } from "inngest"; const inngest = new Inngest({ id: "a" }); export const f = inngest.createFunction({ id: "f" }, { event: "x" }, async () => work());`],
    ["Trigger.dev's task", `import { task } from "@trigger.dev/sdk"; export const t = task({ id: "t", run: async () => work() });`],
    ["node-cron", `import cron from "node-cron"; cron.schedule("* * * * *", () => work());`],
    ["cron's job", `import { CronJob } from "cron"; new CronJob("* * * * *", () => work(), null, true);`],
    ["cron's job from options", `import { CronJob } from "cron"; CronJob.from({ cronTime: "* * * * *", onTick: () => work() });`],
    ["croner", `import { Cron } from "croner"; new Cron("* * * * *", { protect: true }, () => work());`],
    ["node-schedule", `import schedule from "node-schedule"; schedule.scheduleJob("0 * * * *", () => work());`],
    ["kafkajs", `import { Kafka } from "kafkajs"; const consumer = new Kafka({}).consumer({ groupId: "a" }); await consumer.run({ eachMessage: async ({ message }) => work() });`],
    ["amqplib", `import amqp from "amqplib"; const channel = await (await amqp.connect(url)).createChannel(); channel.consume("orders", (message) => work());`],
    ["socket.io", `import { Server } from "socket.io"; const io = new Server(); io.on("connection", (socket) => { work(); });`],
    ["ws", `import { WebSocketServer } from "ws"; const server = new WebSocketServer({ port: 1 }); server.on("connection", () => work());`],
    ["a worker's messages", `import { parentPort } from "node:worker_threads"; parentPort.on("message", () => work());`],
    ["Electron's handler", `import { ipcMain } from "electron"; ipcMain.handle("things:list", async (event) => work());`],
    ["Electron's handler, through the default export", `import electron from "electron"; electron.ipcMain.handle("things:list", () => work());`],
    ["Electron's messages", `const { ipcMain } = require("electron"); ipcMain.on("things:save", (event, thing) => { work(); });`],
    ["Electron's protocol", `import { protocol } from "electron/main"; protocol.handle("things", (request) => work());`],
    ["a second start of an Electron application", `import { app } from "electron"; app.on("second-instance", () => work());`],
    ["an MCP tool", `import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js"; const server = new McpServer({ name: "a" }); server.registerTool("add", { inputSchema }, async () => { work(); });`],
    ["an MCP request", `import { Server } from "@modelcontextprotocol/sdk/server/index.js"; const server = new Server({ name: "a" }); server.setRequestHandler(CallToolRequestSchema, async (request) => work());`],
    ["TypeGraphQL's query", `import { Query, Resolver } from "type-graphql"; @Resolver() export class R { @Query(() => String) a() { work(); } }`],
    ["Apollo's resolvers", `import { ApolloServer } from "@apollo/server"; const users = { Query: { user: async () => work() } }; new ApolloServer({ typeDefs, resolvers: { ...users } });`],
    ["the context of Apollo's server on Lambda, made by a function", `import { ApolloServer } from "apollo-server-lambda"; function contextFor(users) { return async ({ event }) => ({ user: work() }); } const context = contextFor(1); new ApolloServer({ typeDefs, context });`],
    ["Yoga's resolvers", `import { createSchema, createYoga } from "graphql-yoga"; createYoga({ schema: createSchema({ typeDefs, resolvers: [{ Query: { user: { resolve: () => work() } } }] }) });`],
    ["Yoga's context", `import { createYoga } from "graphql-yoga"; createYoga({ schema, context: async () => ({ a: work() }) });`],
    ["Pothos's field", `import SchemaBuilder from "@pothos/core"; const builder = new SchemaBuilder({}); builder.queryType({ fields: (t) => ({ a: t.field({ type: "String", resolve: () => work() }) }) });`],
    ["Lambda's handler", `import type { APIGatewayProxyHandler } from "aws-lambda"; export const handler: APIGatewayProxyHandler = async (event) => { work(); };`],
    ["Nitro's hook for each request", `export default defineNitroPlugin((nitroApp) => { nitroApp.hooks.hook("request", async (event) => { work(); }); });`],
    ["Nitro's hook after each answer", `export default defineNitroPlugin(({ hooks }) => { hooks.hook("afterResponse", () => work()); });`],
    ["Nitro's handler, without an import", `export default defineEventHandler(async (event) => { work(); });`],
    ["a Discord command", `const { SlashCommandBuilder } = require("discord.js"); module.exports = { data: new SlashCommandBuilder().setName("pay"), async execute(interaction) { work(); } };`],
    ["a Discord event", `const { Events } = require("discord.js"); module.exports = { name: Events.InteractionCreate, async execute(interaction) { work(); } };`],
    ["a Discord command of the older kind", `const { EmbedBuilder } = require("discord.js"); module.exports = { name: "pay", run: async (client, message) => { work(); } };`],
    ["a server action in a component", `export function Form() { async function save(data) { "use server"; work(); } return save; }`],
  ])("%s", (_name, text) => {
    expect(contextsOf(text)).toEqual(["per-call"]);
  });

  it.each<[string, string, string]>([
    ["a Discord command's file", "src/commands/pay.ts", `import { SlashCommandBuilder } from "discord.js"; export const data = new SlashCommandBuilder(); export async function execute(interaction) { work(); }`],
    ["a file of server actions", "src/actions.ts", `"use server"; export async function save() { work(); }`],
    ["a page", "src/app/things/[id]/page.tsx", `export default async function Page() { work(); return null; }`],
    ["a page's metadata", "app/page.tsx", `export async function generateMetadata() { work(); }`],
    ["a layout", "apps/web/app/layout.tsx", `const Layout = async () => { work(); }; export default Layout;`],
    ["an API route", "pages/api/things.ts", `export default async function handler(req, res) { work(); }`],
    ["getServerSideProps", "src/pages/things.tsx", `export const getServerSideProps = async () => { work(); return { props: {} }; };`],
    ["a Vercel function", "api/things.js", `export default async function handler(req, res) { work(); }`],
    ["a Vercel function of one application", "apps/web/api/things/[id].ts", `const handle = async (request, response) => { work(); }; export default handle;`],
    ["a Vercel function by its types", "services/mail/api/send.ts", `import type { VercelRequest, VercelResponse } from "@vercel/node"; export default (r: VercelRequest, s: VercelResponse) => { work(); };`],
    ["Next's middleware", "src/middleware.ts", `import { NextResponse } from "next/server"; export function middleware(request) { work(); }`],
    ["a loader", "app/routes/things.tsx", `export async function loader({ params }) { work(); }`],
    ["an action", "app/things/edit.tsx", `import type { ActionFunctionArgs } from "react-router"; export const action = async (args: ActionFunctionArgs) => { work(); };`],
    ["SvelteKit's endpoint", "src/routes/things/+server.ts", `export async function GET({ params }) { work(); }`],
    ["SvelteKit's load", "src/routes/+page.server.ts", `export const load = async () => { work(); };`],
    ["SvelteKit's action", "src/routes/+page.server.js", `export const actions = { create: async ({ request }) => { work(); } };`],
    ["SvelteKit's hook", "src/hooks.server.ts", `export async function handle({ event, resolve }) { work(); return resolve(event); }`],
    ["Astro's endpoint", "src/pages/api/things.ts", `import type { APIRoute } from "astro"; export const GET: APIRoute = () => { work(); };`],
    ["a stream that answers a request", "app/api/things/route.ts", `export async function GET() { return new Response(new ReadableStream({ async start(controller) { work(); controller.close(); } })); }`],
    ["a stream through which an answer passes", "app/api/things/route.ts", `export const POST = async (request) => new Response(request.body.pipeThrough(new TransformStream({ transform: (chunk) => work() })));`],
  ])("%s", (_name, file, text) => {
    expect(contextsOf(text, file)).toEqual(["per-call"]);
  });
});

describe("what runs once", () => {
  it.each<[string, string, string]>([
    ["a static page's data", "pages/index.tsx", `export async function getStaticProps() { work(); return { props: {} }; }`],
    ["a page's static parameters", "app/things/[id]/page.tsx", `export async function generateStaticParams() { work(); }`],
    ["Next's instrumentation", "src/instrumentation.ts", `export async function register() { work(); }`],
    ["SvelteKit's start", "src/hooks.server.ts", `export const init = async () => { work(); };`],
    ["Nitro's hook at the end", "server/plugins/db.ts", `export default defineNitroPlugin((nitroApp) => { nitroApp.hooks.hook("close", () => work()); });`],
    ["Nitro's plugin", "server/plugins/db.ts", `export default defineNitroPlugin(() => { work(); });`],
    ["commander's action", "src/main.ts", `import { Command } from "commander"; const program = new Command(); program.name("a").command("b").option("-c").action(async () => { work(); });`],
    ["commander's own program", "src/main.ts", `import { program } from "commander"; program.command("b").action(() => work());`],
    ["yargs's command", "src/main.ts", `import yargs from "yargs"; yargs(process.argv).command("a", "does a", (y) => y, async (argv) => { work(); }).parse();`],
    ["cac's command", "src/main.ts", `import { cac } from "cac"; const cli = cac("a"); cli.command("b", "does b").option("--c", "c").action(() => work());`],
    ["oclif's command", "src/main.ts", `import { Command } from "@oclif/core"; export default class A extends Command { async run() { work(); } }`],
    ["a worker's top level", "src/worker.ts", `import { parentPort } from "node:worker_threads"; work(); parentPort.postMessage(1);`],
    ["a stream made at start-up", "src/main.ts", `export const lines = new ReadableStream({ start() { work(); } });`],
    ["Electron's start", "src/main.ts", `import { app } from "electron"; app.whenReady().then(() => work()); app.on("ready", () => work()); app.on("before-quit", () => work());`],
  ])("%s", (_name, file, text) => {
    expect(contextsOf(text, file)).toEqual(["once"]);
  });
});

describe("what is left open", () => {
  it.each<[string, string]>([
    ["Cloudflare's handlers", `export default { async fetch(request, env) { work(); }, async scheduled() { work(); } };`],
    ["a function called handler in a file that imports nothing of Lambda's", `export const handler = async (event) => { work(); };`],
    ["a schedule of something else", `import { schedule } from "./mine"; export const later = () => schedule("x", () => work());`],
    ["a Discord bot's being ready", `const { Events } = require("discord.js"); module.exports = { name: Events.ClientReady, once: true, execute(client) { work(); } };`],
    ["a command of something else than Discord", `module.exports = { data: schema, async execute(interaction) { work(); } };`],
  ])("%s", (_name, text) => {
    expect(contextsOf(text)).toEqual(["unknown"]);
  });

  it.each<[string, string, string]>([
    ["a function of the client's folder api", "src/api/things.js", `export default async function load(req, res) { work(); }`],
    ["what another package's object does with a start of its own", "app/api/things/route.ts", `import { Feed } from "feeds"; export async function GET() { return new Feed({ start() { work(); } }); }`],
    ["an export of another kind in Vercel's folder", "api/client.js", `export default async function connect(url) { work(); }`],
    ["a helper in a file beside Vercel's functions", "api/_lib.js", `export async function helper(req, res) { work(); }`],
  ])("%s", (_name, file, text) => {
    expect(contextsOf(text, file)).toEqual(["unknown"]);
  });

  it("a page of the client", () => {
    expect(contextsOf(`"use client"; export default function Page() { work(); }`, "app/page.tsx")).toEqual(["unknown"]);
  });
});
