import type { Framework } from "../framework.js";

const METHODS = /^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|fallback)$/;

/** https://svelte.dev/docs/kit/routing, …/hooks, …/remote-functions */
export const svelteKit: Framework = {
  name: "SvelteKit",
  specifiers: ["@sveltejs/kit", "$app/server"],
  aliases: [{ path: /^hook\.event$/, as: "event" }],
  types: [
    { type: "RequestEvent", as: "event" },
    { type: "Handle", params: ["hook"] },
  ],
  augments: [{ type: "App.Locals", place: "event.locals", global: true }],
  callbackParams: [],
  registrations: [{ path: /^(query|form|command)(\.batch)?$/, role: ({ method }) => ({ role: "entry", kind: "route", label: `remote ${method}` }) }],
  fileEntries: [
    { file: /(^|\/)\+server\.[jt]s$/, params: ["event"], entry: (name) => (METHODS.test(name) ? `${name} route` : undefined) },
    {
      file: /(^|\/)\+(page|layout)(\.server)?\.[jt]s$/,
      params: ["event"],
      entry: (name) => (name === "load" ? "load" : name.startsWith("actions.") ? `action ${name.slice("actions.".length)}` : undefined),
    },
    { file: /(^|\/)hooks\.server\.[jt]s$/, params: ["hook"], entry: (name) => (/^handle\w*$/.test(name) ? name : name === "init" ? { role: "once", label: "start-up" } : undefined) },
  ],
  startups: [],
};
