import type { CallbackRole, Framework } from "../framework.js";

const METHODS = /^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)$/;
const BUILD: CallbackRole = { role: "once", label: "the build" };

/**
 * https://nextjs.org/docs/app/api-reference/file-conventions, …/directives/use-server, and the pages router's API routes
 * and data functions. A page without request data may be rendered at build time only; one that reads a database mostly is not.
 */
export const next: Framework = {
  name: "next",
  specifiers: ["next", "next/server", "next/cache", "next-safe-action"],
  types: [],
  callbackParams: [],
  registrations: [{ path: /^after$/, role: () => ({ role: "entry", kind: "handler", label: "after a response" }) }],
  directives: [{ directive: "use server", role: { role: "entry", kind: "route", label: "server action" } }],
  fileEntries: [
    { file: /./, directive: "use server", entry: () => "server action" },
    { file: /(^|\/)app\/(.*\/)?route\.[jt]sx?$/, entry: (name) => (METHODS.test(name) ? `${name} route` : name === "generateStaticParams" ? BUILD : undefined) },
    {
      file: /(^|\/)app\/(.*\/)?(page|layout|template|default|not-found)\.[jt]sx?$/,
      without: "use client",
      entry: (name) => (name === "default" ? "page" : name === "generateMetadata" ? "page metadata" : name === "generateStaticParams" ? BUILD : undefined),
    },
    { file: /(^|\/)pages\/api\/.*\.[jt]sx?$/, entry: (name) => (name === "default" ? "API route" : undefined) },
    {
      file: /(^|\/)pages\/.*\.[jt]sx?$/,
      entry: (name) => (name === "getServerSideProps" ? "getServerSideProps" : /^getStatic(Props|Paths)$/.test(name) ? BUILD : undefined),
    },
    { file: /(^|\/)(middleware|proxy)\.[jt]s$/, imports: /^next(\/|$)/, entry: (name) => (/^(default|middleware|proxy)$/.test(name) ? "middleware" : undefined) },
    {
      file: /(^|\/)instrumentation(\.node|-node)?\.[jt]s$/,
      entry: (name) => (name === "register" ? { role: "once", label: "start-up" } : name === "onRequestError" ? "request error" : undefined),
    },
  ],
  startups: [],
};
