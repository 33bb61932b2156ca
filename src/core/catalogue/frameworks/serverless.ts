import type { Framework } from "../framework.js";

/**
 * AWS Lambda: what stands outside the handler is kept for the next invocation.
 * https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html. Cloudflare's `export default { fetch }` is left out on purpose:
 * what does I/O for one request cannot serve another there (https://developers.cloudflare.com/workers/observability/errors/).
 */
export const serverless: Framework = {
  name: "AWS Lambda",
  specifiers: ["aws-lambda", "@middy/core", "@vendia/serverless-express", "@google-cloud/functions-framework", "@azure/functions", "@netlify/functions"],
  types: [],
  callbackParams: [],
  registrations: [
    { path: /^default(\(\)\.\w+)*(\(\)\.handler)?$/, role: ({ property }) => (property === undefined ? { role: "entry", kind: "route", label: "an invocation" } : undefined) },
    // Google's and Azure's: by name, `app.http("things", { handler })`.
    { path: /^(http|cloudEvent)$/, role: ({ literals }) => ({ role: "entry", kind: "route", label: `function ${literals[0] ?? ""}`.trim() }) },
    { path: /^app\.\w+$/, role: ({ property, literals }) => (property === "handler" ? { role: "entry", kind: "route", label: `function ${literals[0] ?? ""}`.trim() } : undefined) },
  ],
  fileEntries: [
    { file: /./, imports: /^(aws-lambda|@middy\/core)$/, entry: (name) => (/^(\w*[hH]andler|main|default)$/.test(name) ? "an invocation" : undefined) },
    // Netlify's run there, too: https://docs.netlify.com/build/functions/get-started/.
    { file: /(?:^|\/)netlify\/functions\/(?:[^/]+\/)?[^/]+\.[cm]?[jt]s$/, entry: (name) => (/^(handler|default)$/.test(name) ? "an invocation" : undefined) },
  ],
  startups: [],
};
