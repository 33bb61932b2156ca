import type { CallbackRole, Framework, Registration } from "../framework.js";

const job = ({ literals }: Registration): CallbackRole => ({ role: "entry", kind: "queue", label: literals[0] === undefined ? "a job" : `${literals[0]} job` });

/**
 * Job queues: https://docs.bullmq.io/guide/workers, https://github.com/OptimalBits/bull, https://timgit.github.io/pg-boss,
 * https://github.com/agenda/agenda, https://worker.graphile.org, https://www.inngest.com/docs/reference/functions/create,
 * https://trigger.dev/docs/tasks/overview, https://github.com/bbc/sqs-consumer.
 */
export const queues: Framework = {
  name: "job queue",
  specifiers: ["bullmq", "bull", "bee-queue", "pg-boss", "agenda", "graphile-worker", "inngest", "@trigger.dev/sdk", "@trigger.dev/sdk/v3", "sqs-consumer"],
  aliases: [
    { path: /^(default|Queue|PgBoss|Agenda|Bull)(new)?\(\)$/, as: "queue" },
    { path: /^Inngestnew\(\)$/, as: "inngest" },
  ],
  types: [
    ...["default", "PgBoss", "Agenda", "default.Queue", "Queue"].map((type) => ({ type, as: "queue" })),
    { type: "Inngest", as: "inngest" },
  ],
  callbackParams: [],
  registrations: [
    // `new Worker("mail", async (job) => …)`
    { path: /^(default\.)?Worker$/, role: (call) => (call.property === undefined ? job(call) : undefined) },
    { path: /^queue\.(process|work|define|subscribe)$/, role: job },
    { path: /^queue\.(on|onComplete)$/, role: job },
    { path: /^inngest\.createFunction$/, role: (call) => (call.property === undefined ? job({ ...call, literals: [] }) : undefined) },
    { path: /^(schemaTask|task|schedules\.task)$/, role: (call) => (call.property === "run" ? job(call) : undefined) },
    { path: /^Consumer\.create$/, role: (call) => (/^handleMessage/.test(call.property ?? "") ? job(call) : undefined) },
  ],
  nested: [{ path: /^(run|runOnce)$/, property: /^taskList$/, role: { role: "entry", kind: "queue", label: "a job" } }],
  startups: [],
};
