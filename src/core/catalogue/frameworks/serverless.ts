import type { Framework } from "../framework.js";

/**
 * AWS Lambda: what stands outside the handler is kept for the next invocation.
 * https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html. Cloudflare's `export default { fetch }` is left out on purpose:
 * what does I/O for one request cannot serve another there (https://developers.cloudflare.com/workers/observability/errors/).
 */
export const serverless: Framework = {
  name: "AWS Lambda",
  specifiers: ["aws-lambda", "@middy/core", "@vendia/serverless-express", "@google-cloud/functions-framework", "@azure/functions"],
  types: [],
  callbackParams: [],
  registrations: [
    { path: /^default(\(\)\.\w+)*(\(\)\.handler)?$/, role: ({ property }) => (property === undefined ? { role: "entry", kind: "route", label: "an invocation" } : undefined) },
    // Google's and Azure's: by name, `app.http("things", { handler })`.
    { path: /^(http|cloudEvent)$/, role: ({ literals }) => ({ role: "entry", kind: "route", label: `function ${literals[0] ?? ""}`.trim() }) },
    { path: /^app\.\w+$/, role: ({ property, literals }) => (property === "handler" ? { role: "entry", kind: "route", label: `function ${literals[0] ?? ""}`.trim() } : undefined) },
  ],
  fileEntries: [{ file: /./, imports: /^(aws-lambda|@middy\/core)$/, entry: (name) => (/^(\w*[hH]andler|main|default)$/.test(name) ? "an invocation" : undefined) }],
  startups: [],
};

/**
 * https://vercel.com/docs/functions: files in the folder `api` of a deployed one. What stands outside the handler is kept
 * while the instance is. The types of `@vercel/node` are proof; without them only a place at the top together with
 * the handler's parameters is, since many a client keeps its calls in a folder of that name.
 */
export const vercel: Framework = {
  name: "Vercel",
  specifiers: ["@vercel/node"],
  types: [],
  callbackParams: [],
  registrations: [],
  fileEntries: [
    { file: /(^|\/)api\/.*\.[cm]?[jt]s$/, imports: /^@vercel\/node$/, entry: (name) => (name === "default" ? "function" : undefined) },
    {
      file: /^(?:(?:apps|packages|services)\/[^/]+\/)?api\/.*\.[cm]?[jt]s$/,
      takes: [/^_?req(uest)?$/, /^_?res(ponse)?$/],
      entry: (name) => (name === "default" ? "function" : undefined),
    },
  ],
  startups: [],
};
