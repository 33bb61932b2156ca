import type { Framework } from "../framework.js";

const METHODS = /^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)$/;

/** https://nextjs.org/docs/app/api-reference/file-conventions/route and the pages router's API routes and data functions. */
export const next: Framework = {
  name: "next",
  specifiers: ["next"],
  types: [],
  callbackParams: [],
  registrations: [],
  fileEntries: [
    { file: /(^|\/)app\/(.*\/)?route\.[jt]sx?$/, entry: (name) => (METHODS.test(name) ? `${name} route` : undefined) },
    { file: /(^|\/)pages\/api\/.*\.[jt]sx?$/, entry: (name) => (name === "default" ? "API route" : undefined) },
    { file: /(^|\/)pages\/.*\.[jt]sx?$/, entry: (name) => (name === "getServerSideProps" ? "getServerSideProps" : undefined) },
  ],
  startups: [],
};
