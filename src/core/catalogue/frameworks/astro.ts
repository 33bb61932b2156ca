import type { Framework } from "../framework.js";

const METHODS = /^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|ALL)$/;

/** https://docs.astro.build/en/guides/endpoints/, …/middleware/, …/actions/ */
export const astro: Framework = {
  name: "Astro",
  specifiers: ["astro", "astro:middleware", "astro:actions"],
  types: [
    { type: "APIContext", as: "context" },
    ...["APIRoute", "MiddlewareHandler"].map((type) => ({ type, params: ["context"] })),
  ],
  augments: [{ type: "App.Locals", place: "context.locals", global: true }],
  callbackParams: [{ path: /^defineMiddleware$/, param: 0, as: "context" }],
  registrations: [
    { path: /^defineMiddleware$/, role: () => ({ role: "entry", kind: "handler", label: "middleware" }) },
    { path: /^defineAction$/, role: ({ property }) => (property === "handler" ? { role: "entry", kind: "route", label: "an action" } : undefined) },
  ],
  fileEntries: [
    { file: /(^|\/)pages\/.*\.[jt]s$/, imports: /^astro(:|$)/, params: ["context"], entry: (name) => (METHODS.test(name) ? `${name} route` : name === "getStaticPaths" ? { role: "once", label: "the build" } : undefined) },
  ],
  startups: [],
};
