import { execFileSync, spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { VerifyReport } from "../../src/core/verify-report.js";
import { ACTOR_FIELDS, FIELDS, SERVER_FIELDS } from "../../src/harness/verify/check-scenario.js";
import { DEFAULT_THRESHOLDS } from "../../src/harness/verify/thresholds.js";
import { STACK_TRACE, useCli } from "./cli.js";

const cli = useCli();
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FIXTURE = path.join(ROOT, "test/fixtures/verify");
const QUICK = ["--quick", "--repetitions", "1"];

/** A project in a temporary folder, with a temporary folder of its own for what the command makes. */
let project: string;
let temporary: string;
beforeEach(() => {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "verify-test-")));
  project = path.join(folder, "project");
  temporary = path.join(folder, "tmp");
  mkdirSync(temporary);
  cpSync(FIXTURE, project, { recursive: true });
  symlinkSync(path.join(ROOT, "node_modules"), path.join(project, "node_modules"));
});
afterEach(() => rmSync(path.dirname(project), { recursive: true, force: true }));

const verify = (...args: string[]) => cli.run(["verify", ...args], { cwd: project, env: { TMPDIR: temporary } });
const reportOf = (file: string): VerifyReport => JSON.parse(readFileSync(path.join(project, file), "utf8")) as VerifyReport;
const git = (...args: string[]) => execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], { cwd: project, encoding: "utf8" }).trim();

/** The server alone at the top of the project, as a repository has it. */
function useServer(which: "before" | "after"): void {
  writeFileSync(path.join(project, "server.mjs"), readFileSync(path.join(FIXTURE, which, "server.mjs"), "utf8").replace("../shared/", "./shared/"));
}

describe("sessionfix verify", () => {
  it("compares two folders and writes what it measured; nothing is left behind", async () => {
    const run = await verify("--before", "before", "--after", "after", "--json", "report.json", "--html", "report.html", ...QUICK);
    expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 0, stderr: "" });
    expect(run.stdout).toMatch(/longest hold of the write lock +[\d.]+ ms +[\d.]+ ms .* less +✔ +≤ 0\.5 × before or 20 ms/);
    expect(run.stdout).toMatch(/✔ Still right, and no worse than asked: all \d+ criteria hold\.\n$/);

    const { before, after, verdict, settings, scenario } = reportOf("report.json");
    expect({ scenario, seed: settings.seed, pass: verdict.pass }).toEqual({ scenario: "stock", seed: 1, pass: true });
    expect(after.alone?.digest).toBe(before?.alone?.digest);
    const [was, is] = [before?.runs[0], after.runs[0]];
    expect(was?.processes.map(({ watched }) => watched)).toEqual([true, true]);
    expect(was?.processes.flatMap(({ holds }) => holds.map(({ label }) => label))).toContain("import");
    expect(was?.processes.reduce((sum, { sessionsOpened }) => sum + sessionsOpened, 0)).toBeGreaterThan(10);
    expect(is?.processes.map(({ sessionsOpened }) => sessionsOpened)).toEqual([0, 0]);
    expect(is?.actors.map(({ actor, errors, curve }) => ({ actor, errors, last: curve.at(-1)?.[0] }))).toEqual([
      { actor: "list", errors: {}, last: 100 },
      { actor: "import", errors: {}, last: 100 },
    ]);
    expect(readFileSync(path.join(project, "report.html"), "utf8")).toMatch(/^<!doctype html>/);
    expect(readdirSync(temporary)).toEqual([]);
  }, 60_000);

  it("takes the program before from a git ref, with the packages of the checkout", async () => {
    useServer("before");
    writeFileSync(path.join(project, ".gitignore"), "node_modules\n");
    git("init", "-q");
    git("add", ".");
    git("commit", "-qm", "before");
    git("tag", "old");
    useServer("after");
    const run = await verify("--before", "old", "--json", "-", ...QUICK);
    const report = JSON.parse(run.stdout) as VerifyReport;
    expect({ code: run.code, pass: report.verdict.pass }).toEqual({ code: 0, pass: true });
    expect(report.before?.source).toBe(`old (${git("rev-parse", "old").slice(0, 10)})`);
    expect(run.stderr).toContain("Still right");
    expect(readdirSync(temporary)).toEqual([]);
    // The work tree and the repository are as they were.
    expect(git("status", "--porcelain")).toBe("M server.mjs");
    expect(git("worktree", "list").split("\n")).toHaveLength(1);
  }, 60_000);

  it("runs one program alone against absolute thresholds, and fails by exit code 1", async () => {
    useServer("before");
    writeFileSync(path.join(project, "strict.scenario.mjs"), `export default {
      name: "strict", server: { command: "node", args: ["server.mjs"], env: { STOCK_DB: "{database}" } },
      actors: [{ name: "import", concurrency: 1, request: { method: "POST", path: "/import", body: { items: ["a", "b", "c", "d", "e"] } } },
               { name: "missing", rate: 20, accept: [404], request: { method: "GET", path: "/nowhere" } }],
      warmUpSeconds: 0, seconds: 0.5, compare: false, thresholds: { holdMs: 1 } };`);
    const run = await verify("--scenario", "strict.scenario.mjs", "--json", "report.json", "--repetitions", "1");
    expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 1, stderr: "" });
    expect(run.stdout).toMatch(/✘ 1 of \d criteria does not hold: longest-hold\n$/);
    expect(run.stdout).not.toContain("before");
    const report = reportOf("report.json");
    expect(report.before).toBeUndefined();
    expect(report.after.runs[0]?.actors.map(({ errors }) => errors)).toEqual([{}, {}]);
  }, 60_000);

  it("watches a server that npm starts, with a database whose name the application chooses", async () => {
    useServer("before");
    writeFileSync(path.join(project, "package.json"), `{ "type": "module", "scripts": { "start": "node server.mjs" } }`);
    writeFileSync(path.join(project, "npm.scenario.mjs"), `export default {
      name: "npm", server: { command: "npm", args: ["start"], env: { STOCK_DB: "{scratch}/own.db" }, database: "own.db" },
      actors: [{ name: "import", concurrency: 1, request: { method: "POST", path: "/import", body: { items: ["a"] } } }],
      warmUpSeconds: 0, seconds: 0.5, repetitions: 1, compare: false };`);
    const run = await verify("--scenario", "npm.scenario.mjs", "--json", "report.json");
    expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 0, stderr: "" });
    const [process, ...others] = reportOf("report.json").after.runs[0]?.processes ?? [];
    expect(others).toEqual([]);
    expect(new Set(process?.holds.map(({ label }) => label))).toContain("import");
    expect(readdirSync(temporary)).toEqual([]);
  }, 60_000);

  it("sees another final state and other answers", async () => {
    writeFileSync(path.join(project, "after/server.mjs"), readFileSync(path.join(FIXTURE, "after/server.mjs"), "utf8").replace("imports = imports + 1", "imports = imports + 2").replace("imported: items.length", "imported: 0"));
    const run = await verify("--before", "before", "--after", "after", ...QUICK);
    expect(run.code).toBe(1);
    expect(run.stdout).toMatch(/do not hold: same-state, same-answers/);
    expect(run.stdout).toContain("table totals differs");
    expect(run.stdout).toMatch(/before: import: POST \/import -> 200 \{"imported":25\}\n +after: +import: POST \/import -> 200 \{"imported":0\}/);
  }, 60_000);

  it("leaves no process and no folder when it is interrupted", async () => {
    const pidFile = path.join(temporary, "..", "pids");
    writeFileSync(path.join(project, "before/server.mjs"), `import { appendFileSync } from "node:fs"; appendFileSync(${JSON.stringify(pidFile)}, process.pid + "\\n");\n${readFileSync(path.join(FIXTURE, "before/server.mjs"), "utf8")}`);
    const child = spawn(process.execPath, [cli.file, "verify", "--after", "before", "--json", "report.json"], { cwd: project, env: { ...process.env, TMPDIR: temporary }, stdio: "ignore" });
    const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
    while (!existsSync(pidFile)) await new Promise(setImmediate);
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    expect(readdirSync(temporary)).toEqual([]);
    for (const pid of readFileSync(pidFile, "utf8").trim().split("\n").map(Number)) await expect.poll(() => isAlive(pid)).toBe(false);
  }, 60_000);

  it.each<[string, string[], string | undefined, RegExp]>([
    ["no scenario", ["--scenario", "nowhere.mjs"], undefined, /There is no scenario file nowhere\.mjs\n.*verify --init/],
    ["a scenario that does not load", ["--scenario", "x.mjs"], "export default {{", /x\.mjs cannot be loaded: /],
    ["a scenario without an export", ["--scenario", "x.mjs"], "export const a = 1", /x\.mjs: it exports no scenario/],
    ["an unknown field", ["--scenario", "x.mjs"], "export default { nane: 'x' }", /x\.mjs: nane: nothing has this name here; there are name, /],
    ["the user's own database", ["--scenario", "x.mjs"], "export default { name: 'x', server: { command: 'node' } }", /x\.mjs: server: neither `args` nor `env` has `\{database\}`/],
    ["an actor without a pace", ["--scenario", "x.mjs"], "export default { name: 'x', server: { command: 'node', args: ['{database}'] }, actors: [{ name: 'a', request: {} }] }", /actors\[0\]: either `rate` or `concurrency`/],
    ["no folder after", ["--after", "nowhere"], undefined, /There is no folder nowhere\n/],
    ["no repository", ["--before", "main"], undefined, /main is no folder, and .* lies in no git repository\n/],
    ["a server that ends", ["--scenario", "x.mjs"], "export default { name: 'x', server: { command: 'node', args: ['-e', 'console.error(`no such table`); process.exit(3) // {database}'] }, actors: [{ name: 'a', rate: 1, request: { method: 'GET', path: '/' } }] }", /server process \d+ ended \(3\) before it listens\nno such table\n/],
    ["a database elsewhere", ["--scenario", "x.mjs", "--after", "before"], "export default { name: 'x', server: { command: 'node', args: ['server.mjs', '{scratch}'], env: { STOCK_DB: ':memory:' } }, actors: [{ name: 'a', rate: 1, request: { method: 'GET', path: '/health' } }], compare: { operations: 1 } }", /before made no database at the place .*\n.*`server\.database`/],
    ["a command that is none", ["--scenario", "x.mjs"], "export default { name: 'x', server: { command: 'no-such-command', args: ['{database}'] }, actors: [{ name: 'a', rate: 1, request: { method: 'GET', path: '/' } }] }", /could not be started: spawn no-such-command ENOENT/],
    ["a build that fails", ["--scenario", "x.mjs"], "export default { name: 'x', server: { command: 'node', args: ['{database}'], build: ['node', '-e', 'console.log(`TS2345`); process.exit(2)'] }, actors: [{ name: 'a', rate: 1, request: { method: 'GET', path: '/' } }] }", /failed in .*: it ended with 2\nTS2345\n/],
    ["a number that is none", ["--seed", "x"], undefined, /It must be a whole number from 0/],
  ])("%s is said in a line or two, with exit code 2", async (_name, args, text, message) => {
    if (text !== undefined) writeFileSync(path.join(project, "x.mjs"), text);
    const run = await verify(...args);
    expect(run.stderr).toMatch(message);
    expect(run.stderr).not.toMatch(STACK_TRACE);
    expect({ code: run.code, stdout: run.stdout, left: readdirSync(temporary) }).toEqual({ code: 2, stdout: "", left: [] });
  });
});

/** One that has ended and that nobody has asked after is no longer alive. */
function isAlive(pid: number): boolean {
  const { stdout, status } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return status === 0 && !stdout.trim().startsWith("Z");
}

describe("docs/verify.md", () => {
  const page = readFileSync(path.join(ROOT, "docs/verify.md"), "utf8");

  it("has every field and every threshold", () => {
    const named = new Set([...page.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, names = ""]) => [...names.matchAll(/\w+/g)].map(([name]) => name)));
    expect([...FIELDS, ...ACTOR_FIELDS, ...SERVER_FIELDS, ...Object.keys(DEFAULT_THRESHOLDS)].filter((name) => !named.has(name))).toEqual([]);
  });

  it("has a scenario that runs", async () => {
    writeFileSync(path.join(project, "load.scenario.ts"), /```ts\n(.*?)```/s.exec(page)?.[1] ?? "");
    const run = await verify("--before", "before", "--after", "after", "--quick", "--json", "report.json");
    expect(run.stderr).toBe("");
    const { settings, verdict } = reportOf("report.json");
    expect(settings).toMatchObject({ processes: 2, seconds: 3, repetitions: 1 });
    // What does not depend on how busy the machine is.
    const held = verdict.criteria.filter(({ group }) => group === "same behaviour" || group === "errors");
    expect(held.map(({ id, pass }) => [id, pass])).toEqual(["same-state", "same-answers", "invariants", "errors", "idle", "busy"].map((id) => [id, true]));
  }, 60_000);
});

describe("sessionfix verify --init", () => {
  const SHOP = {
    "package.json": `{ "name": "shop", "type": "module", "scripts": { "start": "node src/server.js" } }\n`,
    "src/server.js": `import express from "express";
import { add, list, one } from "./orders.js";
const app = express();
app.use(express.json());
app.get("/healthz", (request, response) => response.json({}));
app.get("/orders", (request, response) => response.json(list()));
app.get("/orders/:id", (request, response) => response.json(one(request.params.id)));
app.post("/orders", (request, response) => response.json(add(request.body)));
app.listen(Number(process.env.PORT), "127.0.0.1");
`,
    "src/orders.js": `import Database from "better-sqlite3";
const open = () => new Database(process.env.SHOP_DB);
const setUp = open();
setUp.exec("CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, body TEXT)");
setUp.prepare("INSERT INTO orders (body) VALUES ('first')").run();
setUp.close();
export function list() {
  const db = open();
  return db.prepare("SELECT * FROM orders LIMIT 10").all();
}
export function one(id) {
  const db = open();
  return db.prepare("SELECT * FROM orders WHERE id = ?").get(id);
}
export function add(body) {
  const db = open();
  return db.prepare("INSERT INTO orders (body) VALUES (?)").run(JSON.stringify(body));
}
`,
  };

  it("writes a scenario that runs, from the routes and the start script, and never overwrites one", async () => {
    const shop = path.join(project, "..", "shop");
    for (const [file, text] of Object.entries(SHOP)) {
      mkdirSync(path.dirname(path.join(shop, file)), { recursive: true });
      writeFileSync(path.join(shop, file), text);
    }
    symlinkSync(path.join(ROOT, "node_modules"), path.join(shop, "node_modules"));
    const at = (...args: string[]) => cli.run(["verify", ...args], { cwd: shop, env: { TMPDIR: temporary } });
    const init = await at("--init");
    expect({ code: init.code, stderr: init.stderr }).toEqual({ code: 0, stderr: "" });
    expect(init.stdout).toMatch(/^✔ Wrote load\.scenario\.ts {2}4 routes found; 3 × TODO/);
    const written = readFileSync(path.join(shop, "load.scenario.ts"), "utf8");
    expect(written).toContain('args: ["src/server.js"],');
    expect(written).toContain('env: { SHOP_DB: "{database}", PORT: "{port}" },');
    expect(written).toContain('ready: "/healthz",');
    for (const name of ["GET /orders", "GET /orders/:id", "POST /orders"]) expect(written).toContain(`name: "${name}"`);
    expect(written).not.toContain('name: "GET /healthz"');

    const again = await at("--init");
    expect({ code: again.code, stdout: again.stdout }).toEqual({ code: 1, stdout: "Nothing was written: there is a scenario already, load.scenario.ts.\n" });
    expect(readFileSync(path.join(shop, "load.scenario.ts"), "utf8")).toBe(written);

    const run = await at("--quick", "--json", "report.json");
    expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 0, stderr: "" });
    const { after } = JSON.parse(readFileSync(path.join(shop, "report.json"), "utf8")) as VerifyReport;
    expect(after.runs[0]?.actors.map(({ errors }) => errors)).toEqual([{}, {}, {}]);
    expect(after.runs[0]?.processes[0]?.sessionsOpened).toBeGreaterThan(10);
  }, 60_000);
});
