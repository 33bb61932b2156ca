import type { Framework } from "../framework.js";

/** https://reactrouter.com/start/framework/route-module, https://remix.run/docs/en/main/route/loader */
export const remix: Framework = {
  name: "React Router",
  specifiers: ["react-router", "@react-router/node", "@react-router/cloudflare", "@remix-run/node", "@remix-run/cloudflare", "@remix-run/server-runtime", "@remix-run/express", "@react-router/express"],
  types: ["LoaderFunction", "ActionFunction"].map((type) => ({ type, params: ["args"] })),
  augments: [
    { type: "AppLoadContext", place: "args.context" },
    { type: "LoaderFunctionArgs", place: "args" },
  ],
  callbackParams: [],
  registrations: [
    // `createRequestHandler({ build, getLoadContext })`
    { path: /^createRequestHandler$/, role: ({ property }) => (property === "getLoadContext" ? { role: "entry", kind: "handler", label: "load context" } : undefined) },
  ],
  fileEntries: [
    {
      file: /(^|\/)app\/(.*\/)?(routes(\/.*)?|root|_?[\w.-]*route)\.[jt]sx?$|(^|\/)routes\/.*\.tsx$/,
      params: ["args"],
      entry: (name) => (/^(loader|action)$/.test(name) ? name : undefined),
    },
    { file: /(^|\/)app\/(.*\/)?[\w.-]+\.tsx?$/, imports: /^(@remix-run\/|react-router$|@react-router\/)/, params: ["args"], entry: (name) => (/^(loader|action)$/.test(name) ? name : undefined) },
    { file: /(^|\/)app\/entry\.server\.[jt]sx?$/, entry: (name) => (/^(default|handleDataRequest)$/.test(name) ? "request" : undefined) },
  ],
  startups: [],
};
