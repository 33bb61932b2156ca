import type { CallbackRole, Framework, Registration } from "../framework.js";

const tick = ({ literals }: Registration): CallbackRole => ({ role: "entry", kind: "cron", label: `cron ${literals.find((text) => text !== undefined) ?? ""}`.trim() });

/** https://github.com/node-cron/node-cron, https://github.com/kelektiv/node-cron, https://croner.56k.guru, https://github.com/node-schedule/node-schedule, https://github.com/kibertoad/toad-scheduler */
export const cron: Framework = {
  name: "cron",
  specifiers: ["node-cron", "cron", "croner", "node-schedule", "toad-scheduler"],
  types: [],
  callbackParams: [],
  registrations: [
    { path: /^(default\.)?(schedule|createTask)$/, role: tick },
    // An options object of `new CronJob` may also say what happens when it ends.
    { path: /^(default\.)?CronJob(\.from)?$/, role: (call) => (call.property === undefined || call.property === "onTick" ? tick(call) : undefined) },
    { path: /^(default|default\.Cron|Cron)$/, role: (call) => (call.property === undefined ? tick(call) : undefined) },
    { path: /^(Cron|default|default\.Cron)(new)?\(\)\.schedule$/, role: tick },
    { path: /^(default\.)?scheduleJob$/, role: tick },
    { path: /^(AsyncTask|Task)$/, role: tick },
  ],
  startups: [],
};
