import type { Framework } from "../framework.js";
import { astro } from "./astro.js";
import { elysia } from "./elysia.js";
import { express } from "./express.js";
import { fastify } from "./fastify.js";
import { hono } from "./hono.js";
import { koa } from "./koa.js";
import { nest } from "./nest.js";
import { next } from "./next.js";
import { nitro } from "./nitro.js";
import { platform } from "./platform.js";
import { remix } from "./remix.js";
import { sessionfixRuntime } from "./runtime.js";
import { svelteKit } from "./sveltekit.js";
import { testRunners } from "./test-runners.js";
import { trpc } from "./trpc.js";

/** The registry: a framework is its own file and one line here. */
export const FRAMEWORKS: readonly Framework[] = [
  astro,
  elysia,
  express,
  fastify,
  hono,
  koa,
  nest,
  next,
  nitro,
  platform,
  remix,
  sessionfixRuntime,
  svelteKit,
  testRunners,
  trpc,
];
