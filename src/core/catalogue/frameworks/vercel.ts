import type { Framework } from "../framework.js";

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
