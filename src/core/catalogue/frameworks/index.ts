import type { Framework } from "../framework.js";
import { express } from "./express.js";
import { fastify } from "./fastify.js";
import { nest } from "./nest.js";
import { next } from "./next.js";
import { platform } from "./platform.js";
import { sessionfixRuntime } from "./runtime.js";
import { testRunners } from "./test-runners.js";
import { trpc } from "./trpc.js";

/** The registry: a framework is its own file and one line here. */
export const FRAMEWORKS: readonly Framework[] = [express, fastify, nest, next, platform, sessionfixRuntime, testRunners, trpc];
