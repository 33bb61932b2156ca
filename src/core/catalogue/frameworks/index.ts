import type { Framework } from "../framework.js";
import { astro } from "./astro.js";
import { commandLine } from "./command-line.js";
import { cron } from "./cron.js";
import { discord } from "./discord.js";
import { electron } from "./electron.js";
import { elysia } from "./elysia.js";
import { express } from "./express.js";
import { fastify } from "./fastify.js";
import { graphql } from "./graphql.js";
import { hono } from "./hono.js";
import { koa } from "./koa.js";
import { mcp } from "./mcp.js";
import { messaging } from "./messaging.js";
import { nest } from "./nest.js";
import { nestjsCls } from "./nestjs-cls.js";
import { next } from "./next.js";
import { nitro } from "./nitro.js";
import { platform } from "./platform.js";
import { queues } from "./queues.js";
import { remix } from "./remix.js";
import { sessionfixRuntime } from "./runtime.js";
import { serverless } from "./serverless.js";
import { svelteKit } from "./sveltekit.js";
import { testRunners } from "./test-runners.js";
import { trpc } from "./trpc.js";
import { vercel } from "./vercel.js";

/** The registry: a framework is its own file and one line here. */
export const FRAMEWORKS: readonly Framework[] = [
  astro,
  commandLine,
  cron,
  discord,
  electron,
  elysia,
  express,
  fastify,
  graphql,
  hono,
  koa,
  mcp,
  messaging,
  nest,
  nestjsCls,
  next,
  nitro,
  platform,
  queues,
  remix,
  sessionfixRuntime,
  serverless,
  svelteKit,
  testRunners,
  trpc,
  vercel,
];
