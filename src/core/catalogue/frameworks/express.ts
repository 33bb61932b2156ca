import type { Framework } from "../framework.js";

const VERBS = "get|post|put|patch|delete|head|options|all|use|param|route";

/** https://expressjs.com/en/5x/api.html */
export const express: Framework = {
  name: "express",
  specifiers: ["express"],
  types: [
    { type: "Express", as: "default()" },
    { type: "Application", as: "default()" },
    { type: "Router", as: "Router()" },
    { type: "IRouter", as: "Router()" },
    { type: "default.Express", as: "default()" },
    { type: "default.Application", as: "default()" },
    { type: "default.Router", as: "Router()" },
  ],
  callbackParams: [],
  registrations: [
    {
      path: new RegExp(`^(default|(default\\.)?Router)(\\(\\)|new\\(\\))(\\.route\\(\\))?(\\.(${VERBS})\\(\\))*\\.(${VERBS})$`),
      role: ({ method, literals }) => ({
        role: "entry",
        kind: "route",
        label: method === "use" ? `middleware ${literals[0] ?? ""}`.trim() : `${method.toUpperCase()} ${literals[0] ?? "…"}`,
      }),
    },
    { path: /^default\(\)\.listen$/, role: () => ({ role: "once", label: "start-up" }) },
  ],
  startups: [/^default\(\)\.listen$/],
};
