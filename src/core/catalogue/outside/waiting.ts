import type { Outside } from "./index.js";

/**
 * Timers, queues, models and other processes. Queues that live in the transaction's own database (pg-boss,
 * graphile-worker) are left out: adding a job to them is what an outbox is.
 */
export const WAITING: readonly Outside[] = [
  // https://nodejs.org/api/timers.html#timers-promises-api
  { what: "timer", modules: ["node:timers/promises", "timers/promises"], functions: /^(setTimeout|scheduler\.wait)$/ },
  { what: "timer", modules: ["delay", "sleep-promise"], functions: /^$/ },
  { what: "timer", globals: ["Bun.sleep"] },
  // https://docs.bullmq.io/guide/queues. What they make is `queue` and `inngest` in frameworks/queues.ts.
  { what: "queue", modules: ["bullmq", "bull"], functions: /^queue\.(add|addBulk)$/, methods: /^(add|addBulk|waitUntilFinished)$/ },
  { what: "queue", modules: ["bee-queue"], methods: /^save$/ },
  { what: "queue", modules: ["kafkajs"], methods: /^(send|sendBatch|connect)$/ },
  { what: "queue", modules: ["inngest"], functions: /^inngest\.send$/, methods: /^send$/ },
  { what: "queue", modules: ["@google-cloud/pubsub"], methods: /^publishMessage$/ },
  { what: "queue", modules: ["@azure/service-bus"], methods: /^(sendMessages|scheduleMessages)$/ },
  { what: "queue", modules: ["@temporalio/client"], methods: /^(start|execute|signal|signalWithStart|query|result|terminate|cancel)$/ },
  { what: "queue", modules: ["@trigger.dev/sdk"], functions: /^tasks\.(trigger|batchTrigger|triggerAndWait|triggerAndPoll)$/, methods: /^(trigger|batchTrigger|triggerAndWait|batchTriggerAndWait)$/ },
  { what: "queue", modules: ["@upstash/qstash"], methods: /^(publish|publishJSON|batch|batchJSON|enqueue|enqueueJSON)$/ },
  { what: "queue", modules: ["mqtt"], methods: /^(publishAsync|subscribeAsync|endAsync)$/ },
  // https://platform.openai.com/docs/libraries
  { what: "model", modules: ["openai", "@anthropic-ai/sdk", "groq-sdk"], methods: /^(create|parse|generate|edit|retrieve|list|stream)$/ },
  // https://ai-sdk.dev/docs/reference/ai-sdk-core
  { what: "model", modules: ["ai"], functions: /^(generateText|generateObject|embed|embedMany|generateImage|experimental_generateImage)$/ },
  { what: "model", modules: ["@langchain/openai", "@langchain/anthropic", "@langchain/core", "langchain"], methods: /^(invoke|batch|stream|embedQuery|embedDocuments)$/ },
  { what: "model", modules: ["ollama"], functions: /^(chat|generate|embed|embeddings)$/, methods: /^(chat|generate|embed|embeddings)$/ },
  { what: "model", modules: ["@google/genai", "@google/generative-ai"], methods: /^(generateContent\w*|embedContent|countTokens|sendMessage\w*|generateImages)$/ },
  { what: "model", modules: ["cohere-ai", "@mistralai/mistralai", "voyageai", "@huggingface/inference"], methods: /^(chat|generate|embed|rerank|classify|complete|process|textGeneration|chatCompletion|featureExtraction|summarization|textClassification|translation)$/ },
  { what: "model", modules: ["replicate"], methods: /^(run|create|wait|get)$/ },
  { what: "process", modules: ["simple-git"], methods: /^(clone|pull|push|fetch|checkout\w*|commit|add|log|raw|status|diff\w*)$/ },
  // https://nodejs.org/api/child_process.html, with `util.promisify`
  { what: "process", modules: ["node:child_process", "child_process"], functions: /^promises\.(exec|execFile)$/ },
  { what: "process", modules: ["execa"], functions: /^(execa|execaCommand|execaNode|\$)$/ },
  { what: "process", modules: ["zx"], functions: /^\$$/ },
];
