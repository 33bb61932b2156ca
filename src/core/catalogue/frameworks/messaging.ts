import type { Framework } from "../framework.js";

/** https://kafka.js.org/docs/consuming, https://amqp-node.github.io/amqplib, https://socket.io/docs, https://github.com/redis/node-redis, https://github.com/nats-io/nats.js */
export const messaging: Framework = {
  name: "messaging",
  specifiers: ["kafkajs", "amqplib", "amqplib/callback_api", "amqp-connection-manager", "redis", "ioredis", "socket.io"],
  types: [],
  callbackParams: [],
  registrations: [
    { path: /\.run$/, role: ({ property }) => (property === "eachMessage" || property === "eachBatch" ? { role: "entry", kind: "event", label: "a message" } : undefined) },
    { path: /\.consume$/, role: ({ literals }) => ({ role: "entry", kind: "event", label: `${literals[0] ?? "a"} message` }) },
    { path: /\.[psS]{0,2}[sS]ubscribe$/, role: ({ literals }) => ({ role: "entry", kind: "event", label: `${literals[0] ?? "a"} message` }) },
    // `amqp-connection-manager` runs it when a channel opens.
    { path: /\.createChannel$/, role: ({ property }) => (property === "setup" ? { role: "once", label: "a channel's start" } : undefined) },
    { path: /^Servernew\(\)(\.of\(\))?\.use$/, role: () => ({ role: "entry", kind: "handler", label: "socket middleware" }) },
  ],
  startups: [],
};
