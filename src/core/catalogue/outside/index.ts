/**
 * Packages and platform functions whose calls leave the process or wait: what a transaction should not be open over.
 * A name that is not here is not reported; a package that only computes must never stand here.
 */
export interface Outside {
  what: OutsideKind;
  /** The package, or its beginning where it ends in `/` or `-`. */
  modules?: readonly string[];
  /** Names of the platform that need no import. */
  globals?: readonly string[];
  /** Only these members. Default: whatever is called on a value of the module. */
  paths?: RegExp;
}

export type OutsideKind = "network" | "file" | "timer" | "queue" | "model" | "process";

export const OUTSIDE: readonly Outside[] = [
  { what: "network", globals: ["fetch"] },
  {
    what: "network",
    modules: [
      "axios", "got", "ky", "node-fetch", "undici", "superagent", "ofetch", "needle", "cross-fetch", "isomorphic-fetch", "wretch", "phin", "request-promise",
      "nodemailer", "resend", "@sendgrid/mail", "postmark", "mailgun.js", "@react-email/render-async", "mailersend", "@aws-sdk/", "aws-sdk", "@google-cloud/", "@azure/", "googleapis", "google-auth-library",
      "stripe", "paddle-sdk", "@paddle/paddle-node-sdk", "braintree", "@paypal/", "@slack/web-api", "@slack/webhook", "discord.js", "@discordjs/rest", "telegraf", "grammy", "node-telegram-bot-api", "twilio", "@octokit/", "octokit", "@gitbeaker/rest",
      "meilisearch", "algoliasearch", "@elastic/elasticsearch", "@opensearch-project/opensearch", "typesense", "@pinecone-database/pinecone", "@qdrant/js-client-rest", "weaviate-client", "chromadb",
      "ioredis", "redis", "@upstash/redis", "memcached", "memjs", "mongodb", "mongoose", "firebase-admin", "@supabase/supabase-js", "minio", "auth0", "@clerk/clerk-sdk-node", "@clerk/backend", "@auth0/", "web-push", "node-apn", "expo-server-sdk", "@notionhq/client", "ldapts", "ldapjs", "ssh2", "basic-ftp", "@grpc/grpc-js", "graphql-request", "@apollo/client", "socket.io-client", "puppeteer", "puppeteer-core", "playwright", "playwright-core",
    ],
  },
  // Requests that a callback answers are awaited by nobody; what is awaited is a promise that wraps them.
  { what: "network", modules: ["node:dns/promises", "dns/promises"] },
  { what: "file", modules: ["node:fs/promises", "fs/promises", "fs-extra", "graceful-fs", "rimraf", "del", "globby", "fast-glob", "tar", "archiver", "decompress", "sharp"], paths: /^(?!.*Sync$)/ },
  { what: "file", modules: ["node:fs", "fs"], paths: /(^|\.)promises\./ },
  { what: "timer", modules: ["node:timers/promises", "timers/promises", "delay", "sleep-promise", "p-timeout"] },
  { what: "timer", globals: ["Bun.sleep"] },
  { what: "queue", modules: ["bullmq", "bull", "bee-queue", "kafkajs", "amqplib", "amqp-connection-manager", "nats", "@nats-io/", "mqtt", "rhea", "inngest", "@trigger.dev/sdk", "agenda"], paths: /(^|\.|…\.)(add|addBulk|send|sendBatch|publish|sendToQueue|emit|trigger|batchTrigger|now|schedule|createJob|save|connect)$/ },
  { what: "model", modules: ["openai", "@anthropic-ai/", "ai", "@ai-sdk/", "langchain", "@langchain/", "cohere-ai", "@mistralai/mistralai", "groq-sdk", "ollama", "replicate", "@google/generative-ai", "@google/genai", "@huggingface/inference", "@xenova/transformers", "@huggingface/transformers"], paths: /(create|parse|stream|generate\w*|streamText|streamObject|invoke|batch|embed\w*|chat|run|predict|complete|completion|messages|responses|list|retrieve|textToImage|featureExtraction|textGeneration)$/i },
  { what: "process", modules: ["execa", "zx", "tinyexec", "cross-spawn"] },
];

/** What kind of waiting a call of a package's or the platform's value is, if any. `path`: how it is reached, as in tokens. */
export function outsideOf(module: string | null, path: string): OutsideKind | undefined {
  for (const { what, modules, globals, paths } of OUTSIDE) {
    const named = module === null ? globals?.includes(path) : modules?.some((name) => name === module || (/[-/]$/.test(name) && module.startsWith(name)) || module.startsWith(`${name}/`));
    if (named && (paths === undefined || paths.test(path))) return what;
  }
  return undefined;
}
