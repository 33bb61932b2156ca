import type { Framework } from "../framework.js";

/** https://trpc.io/docs/server/context, …/middlewares, …/procedures; version 9's routers: https://trpc.io/docs/v9/router */
export const trpc: Framework = {
  name: "tRPC",
  specifiers: [
    "@trpc/server",
    ...["fetch", "express", "standalone", "next", "next-app-dir", "fastify", "node-http", "ws", "aws-lambda"].map((adapter) => `@trpc/server/adapters/${adapter}`),
  ],
  aliases: [
    { path: /^initTRPC\.(context|meta)\(\)$/, as: "initTRPC" },
    { path: /^initTRPC(\(\))?\.create\(\)$/, as: "t" },
    { path: /^t\.procedure(\.\w+)?\.(input|output|meta|use|concat|unstable_concat)\(\)$/, as: "t.procedure" },
    { path: /^t\.middleware\(\)$|^middleware\.(pipe|unstable_pipe)\(\)$/, as: "middleware" },
    { path: /^(unstable_|experimental_)standaloneMiddleware\(\)\.create\(\)$/, as: "middleware" },
    { path: /^router\(\)\.(query|mutation|subscription|merge|middleware|transformer|formatError)\(\)$/, as: "router()" },
    { path: /^opts\.ctx$/, as: "ctx" },
  ],
  sealed: /^ctx$/,
  types: [],
  scopes: [
    { path: /^initTRPC\.context$|^router$|^(unstable_|experimental_)standaloneMiddleware$/, places: ["ctx"] },
    { path: /^t\.procedure\.(use|concat|unstable_concat)$|^t\.middleware$|^middleware\.(pipe|unstable_pipe)$/, places: ["ctx"], joins: true },
  ],
  generics: [
    { path: /^initTRPC\.context$|^router$/, argument: 0, place: "ctx", made: true },
    { path: /^(unstable_|experimental_)standaloneMiddleware$/, argument: 0, property: "ctx", place: "ctx" },
  ],
  // What a middleware hands on is added to what the context's type says.
  stores: [{ path: /^opts\.next$/, value: "0.ctx", place: "ctx" }],
  callbackParams: [
    { path: /^t\.procedure\.(use|query|mutation|subscription)$|^t\.middleware$|^middleware\.(pipe|unstable_pipe)$|^router\(\)\.middleware$/, param: 0, as: "opts" },
    { path: /^(unstable_|experimental_)standaloneMiddleware\(\)\.create$/, param: 0, as: "opts" },
    { path: /^router\(\)\.(query|mutation|subscription)$/, property: /^resolve$/, param: 0, as: "opts" },
  ],
  registrations: [
    { path: /^t\.procedure\.(query|mutation|subscription)$/, role: ({ method }) => ({ role: "entry", kind: "route", label: `tRPC ${method}` }) },
    {
      path: /^router\(\)\.(query|mutation|subscription)$/,
      role: ({ method, literals, property }) => (property === "resolve" ? { role: "entry", kind: "route", label: `tRPC ${method} ${literals[0] ?? ""}`.trim() } : undefined),
    },
    {
      path: /^t\.procedure\.use$|^t\.middleware$|^middleware\.(pipe|unstable_pipe)$|^router\(\)\.middleware$|standaloneMiddleware\(\)\.create$/,
      role: () => ({ role: "entry", kind: "handler", label: "tRPC middleware" }),
    },
    { path: /./, role: ({ property }) => (property === "createContext" ? { role: "entry", kind: "handler", label: "tRPC context" } : undefined) },
  ],
  startups: [/^createHTTPServer\(\)\.listen$/],
};
