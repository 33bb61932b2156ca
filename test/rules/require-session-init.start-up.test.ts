import { runTable } from "./lib/table.js";

const expected = { library: "sessionfix-runtime", fix: "manual" as const, reason: "where the program starts" };
const SESSIONS = `
  import Database from "better-sqlite3";
  import { createSessionFactory } from "sessionfix-runtime";
  import { betterSqlite3 } from "sessionfix-runtime/better-sqlite3";
  export const sessions = createSessionFactory({ driver: betterSqlite3(Database), path: "app.db" });
`;
const ROUTES = `
  import express from "express";
  import { getSession } from "sessionfix-runtime";
  export const app = express();
  app.get("/things", (req, res) => res.json(getSession().prepare("SELECT 1").all()));
`;
const OWN = ROUTES.replace(`{ getSession } from "sessionfix-runtime"`, `{ sessions } from "./sessions.js"`).replace("getSession()", "sessions.getSession()");

runTable({
  rule: "require-session-init",
  theme: "start-up",
  valid: [
    {
      name: "initialised before it listens",
      code: {
        "src/sessions.ts": SESSIONS,
        "src/routes.ts": ROUTES,
        "src/main.ts": `
          import { initSessionFactory } from "sessionfix-runtime";
          import { app } from "./routes.js";
          import { sessions } from "./sessions.js";
          initSessionFactory(sessions);
          app.listen(3000);
        `,
      },
    },
    {
      name: "initialised by a function that the start calls",
      code: {
        "src/sessions.ts": SESSIONS,
        "src/routes.ts": ROUTES,
        "src/start.ts": `
          import { initSessionFactory } from "sessionfix-runtime";
          import { sessions } from "./sessions.js";
          export async function start() { await initSessionFactory(sessions).ready(); }
        `,
        "src/main.ts": `
          import { app } from "./routes.js";
          import { start } from "./start.js";
          start().then(() => app.listen(3000));
        `,
      },
    },
    {
      name: "the factory's own init",
      code: {
        "src/sessions.ts": SESSIONS,
        "src/routes.ts": OWN,
        "src/main.ts": `
          import { app } from "./routes.js";
          import { sessions } from "./sessions.js";
          sessions.init();
          app.listen(3000);
        `,
      },
    },
    {
      name: "a library, which starts nothing",
      code: `
        import { getSession } from "sessionfix-runtime";
        export const things = () => getSession().prepare("SELECT 1").all();
      `,
    },
    {
      name: "a module that is not in sight may initialise",
      code: `
        import express from "express";
        import { getSession } from "sessionfix-runtime";
        import "./start-database.js";
        const app = express();
        app.get("/things", (req, res) => res.json(getSession().prepare("SELECT 1").all()));
        app.listen(3000);
      `,
    },
    {
      name: "a script",
      file: "scripts/report.ts",
      code: `
        import { getSession } from "sessionfix-runtime";
        setInterval(() => getSession().exec("SELECT 1"), 1000);
      `,
    },
    {
      name: "a namesake of another package",
      code: {
        "src/routes.ts": ROUTES.replace("sessionfix-runtime", "next-auth"),
        "src/main.ts": `import { app } from "./routes.js"; app.listen(3000);`,
      },
    },
    {
      name: "a function that the options name",
      options: { initFunctions: ["startDatabase"] },
      code: {
        "src/routes.ts": ROUTES,
        "src/main.ts": `import { startDatabase } from "@acme/database"; import { app } from "./routes.js"; startDatabase(); app.listen(3000);`,
      },
    },
    {
      name: "Next's start-up hook",
      code: {
        "src/instrumentation.ts": `
          import { initSessionFactory } from "sessionfix-runtime";
          export function register() { initSessionFactory({ open: () => ({}) }); }
        `,
        "src/app/api/things/route.ts": `
          import { getSession } from "sessionfix-runtime";
          export const GET = () => Response.json(getSession().prepare("SELECT 1").all());
        `,
      },
    },
  ],
  invalid: [
    {
      name: "never initialised",
      code: { "src/routes.ts": ROUTES, "src/main.ts": `import { app } from "./routes.js"; app.listen(3000);` },
      findings: [{ file: "src/routes.ts", line: 4, message: "the first call throws", ...expected, why: ["src/routes.ts:4"] }],
    },
    {
      name: "only a test initialises",
      code: {
        "src/routes.ts": ROUTES,
        "src/main.ts": `import { app } from "./routes.js"; app.listen(3000);`,
        "test/routes.test.ts": `import { initSessionFactory } from "sessionfix-runtime"; import "../src/main.js"; initSessionFactory({ open: () => ({}) });`,
      },
      findings: [{ file: "src/routes.ts", line: 4, message: "no start-up path", ...expected, why: ["src/routes.ts:4"] }],
    },
    {
      name: "another program initialises",
      code: {
        "src/routes.ts": ROUTES,
        "src/main.ts": `import { app } from "./routes.js"; app.listen(3000);`,
        "src/nightly.ts": `import { initSessionFactory } from "sessionfix-runtime"; initSessionFactory({ open: () => ({}) });`,
      },
      findings: [{ file: "src/routes.ts", line: 4, message: "no start-up path", ...expected, why: ["src/routes.ts:4"] }],
    },
    {
      name: "several places take one: once, with the others",
      code: {
        "src/routes.ts": `${ROUTES}  app.get("/users", (req, res) => res.json(getSession().prepare("SELECT 2").all()));\n`,
        "src/main.ts": `import { app } from "./routes.js"; app.listen(3000);`,
      },
      findings: [{ file: "src/routes.ts", line: 4, message: "no start-up path", ...expected, related: ["src/routes.ts:5"], why: ["src/routes.ts:4"] }],
    },
    {
      name: "the start is not in sight: likely",
      code: ROUTES,
      findings: [{ line: 4, confidence: "likely", message: "no start-up path", ...expected, why: [4] }],
    },
    {
      name: "a factory of one's own opens at the first request: likely, at the factory",
      code: { "src/sessions.ts": SESSIONS, "src/routes.ts": OWN, "src/main.ts": `import { app } from "./routes.js"; app.listen(3000);` },
      findings: [{ file: "src/sessions.ts", line: 4, confidence: "likely", message: "shows at the first request", ...expected, related: ["src/routes.ts:4"], why: ["src/routes.ts:4"] }],
    },
  ],
});
