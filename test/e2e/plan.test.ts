import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { undoLast } from "../../src/project/fix.js";
import { tree } from "../project/tree.js";
import { useCli } from "./cli.js";

const cli = useCli();

const ORDERS = `import Database from "better-sqlite3";\r
\r
// 😀 one a request: too many\r
export function list() {\r
  const db = new Database("shop.db");\r
  return db.prepare("SELECT * FROM orders").all();\r
}\r
`;
const SHOP = {
  "package.json": `{ "name": "shop", "type": "module" }\n`,
  "src/server.js": `import express from "express";
import { list } from "./orders.js";
const app = express();
app.get("/orders", (request, response) => response.json(list()));
app.listen(3000);
`,
  "src/orders.js": `\uFEFF${ORDERS}`,
};

/** Every file's bytes and mode under a folder, without sessionfix's own. */
function snapshot(root: string): Record<string, [string, number]> {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => !/^(?:\.sessionfix|node_modules)\b/.test(file) && statSync(path.join(root, file)).isFile());
  return Object.fromEntries(files.sort().map((file) => [file, [readFileSync(path.join(root, file), "latin1"), statSync(path.join(root, file)).mode]]));
}

/** Every file's bytes under a folder, sessionfix's own as well, with one name for the journal of any process. */
function whatIsLeft(root: string): Record<string, string> {
  const nameless = (text: string): string => text.replaceAll(/\d+-\d+/g, "id");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => statSync(path.join(root, file)).isFile());
  return Object.fromEntries(files.sort().map((file) => [nameless(file), nameless(readFileSync(path.join(root, file), "latin1"))]));
}

let made: Promise<string> | undefined;

/** What `fix --plan` writes for the shop: made once, for all tests that begin with it. */
async function makePlan(): Promise<string> {
  const root = tree(SHOP);
  const plan = path.join(tree({}), "plan.json");
  const run = await cli.run(["fix", "--plan", plan], { cwd: root });
  expect(run).toMatchObject({ code: 1, stderr: "" });
  expect(run.stdout).toMatch(/^Would apply 1 fix in 2 files/);
  expect(run.stdout).toContain(`Next: npx sessionfix fix --apply ${plan}  makes this rewrite, for the same files alone\n`);
  expect(existsSync(path.join(root, ".sessionfix"))).toBe(false);
  return readFileSync(plan, "utf8");
}

/** The shop, its plan, and the shop once more. */
async function planned(): Promise<{ root: string; plan: string; elsewhere: string }> {
  const text = await (made ??= makePlan());
  return { root: tree(SHOP), plan: path.join(tree({ "plan.json": text }), "plan.json"), elsewhere: tree(SHOP) };
}

describe("a plan is a file", () => {
  it("that makes the same bytes elsewhere as the fix makes here, and is undone", async () => {
    const { root, plan, elsewhere } = await planned();
    const before = snapshot(elsewhere);
    await cli.run(["fix"], { cwd: root });

    const dry = await cli.run(["fix", "--apply", plan, "--dry-run"], { cwd: elsewhere });
    expect(dry.stdout).toContain("+++ b/src/session.js");
    expect(snapshot(elsewhere)).toEqual(before);

    const run = await cli.run(["fix", "--apply", plan], { cwd: elsewhere });
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(run.stdout).toMatch(/^Applied 1 fix in 2 files, 1 of them new: src\/session\.js\n/);
    expect(run.stdout).toContain("Next: npm install sessionfix-runtime");
    expect(snapshot(elsewhere)).toEqual(snapshot(root));

    expect((await cli.run(["undo"], { cwd: elsewhere })).code).toBe(0);
    expect(snapshot(elsewhere)).toEqual(before);
  });

  it.each<[string, (root: string) => void, RegExp]>([
    ["a file that has changed", (root) => writeFileSync(path.join(root, "src/orders.js"), ORDERS), /src\/orders\.js\n +it is not the file that the plan was made for: its content differs/],
    ["a file that is gone", (root) => rmSync(path.join(root, "src/orders.js")), /src\/orders\.js\n +it is not there/],
    ["a file that would be created and is there", (root) => writeFileSync(path.join(root, "src/session.js"), ""), /src\/session\.js\n +it would be created, and is there already/],
  ])("is refused whole for %s", async (_name, change, expected) => {
    const { plan, elsewhere } = await planned();
    change(elsewhere);
    const before = snapshot(elsewhere);
    const run = await cli.run(["fix", "--apply", plan], { cwd: elsewhere });
    expect(run.code).toBe(1);
    expect(run.stdout).toMatch(expected);
    expect(run.stdout).toContain("nothing was written");
    expect(snapshot(elsewhere)).toEqual(before);
    expect(existsSync(path.join(elsewhere, ".sessionfix"))).toBe(false);
  });

  interface Plan {
    version: number;
    tool: { version: string };
    files: { file: string; edits: { text: string }[] }[];
  }

  it.each<[string, (plan: Plan) => void, number, RegExp]>([
    ["another version of the tool", (plan) => (plan.tool.version = "9.9.9"), 2, /was made by sessionfix 9\.9\.9, and this is /],
    ["a newer format", (plan) => (plan.version = 2), 2, /was made by a newer sessionfix \(format 2, this one reads 1\)/],
    ["other edits than it was made with", (plan) => plan.files.forEach(({ edits }) => edits.forEach((edit) => (edit.text += "// more"))), 1, /the plan is damaged: its edits do not give what it promises/],
    ["a way out of the project", (plan) => plan.files.forEach((each) => (each.file = "../outside.js")), 1, /it lies outside the project/],
    ["a damaged shape", (plan) => (plan.files = [{ file: "a.js" } as Plan["files"][number]]), 2, /is damaged/],
  ])("is refused for %s", async (_name, damage, code, expected) => {
    const { plan, elsewhere } = await planned();
    const value = JSON.parse(readFileSync(plan, "utf8")) as Plan;
    damage(value);
    writeFileSync(plan, JSON.stringify(value));
    const before = snapshot(elsewhere);
    const run = await cli.run(["fix", "--apply", plan], { cwd: elsewhere });
    expect(run.code).toBe(code);
    expect(run.stdout + run.stderr).toMatch(expected);
    expect(snapshot(elsewhere)).toEqual(before);
  });

  it("is not asked for together with what it says already", async () => {
    const cwd = tree(SHOP);
    for (const [args, expected] of [
      [["--apply", "p.json", "--review"], "--apply cannot be used with --review"],
      [["--apply", "p.json", "--plan", "q.json"], "--apply cannot be used with --plan"],
      [["--verify", "true", "--dry-run"], "--verify cannot be used with --dry-run"],
      [["--apply", "nowhere.json"], "The plan nowhere.json cannot be read"],
    ] as const) {
      const run = await cli.run(["fix", ...args], { cwd });
      expect(run).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(expected) as unknown });
    }
  });
});

describe("--verify", () => {
  it("keeps what the command accepts, and takes back what it does not", async () => {
    const good = tree(SHOP);
    const kept = await cli.run(["fix", "--verify", "node --check src/orders.js"], { cwd: good });
    expect(kept.stdout).toContain("Checked: command: `node --check src/orders.js` ran 2 times\n");
    expect(snapshot(good)["src/orders.js"]?.[0]).not.toContain("new Database");

    const bad = tree(SHOP);
    const before = snapshot(bad);
    const run = await cli.run(["fix", "--verify", "grep -q 'new Database' src/orders.js || { echo no session here; exit 4; }"], { cwd: bad });
    expect(run.code).toBe(1);
    expect(run.stdout).toContain("Taken back: 1 fix that would have broken something");
    expect(run.stdout).toMatch(/failed with exit\s+code 4:\n +no session here\n/);
    expect(snapshot(bad)).toEqual(before);
  });

  it("puts everything back when it is interrupted, and ends the command with all that it started", async () => {
    const root = tree(SHOP);
    const before = snapshot(root);
    const run = await cli.run(["fix", "--verify", "test ! -e src/session.js || { kill -INT $PPID; sleep 600; }"], { cwd: root });
    expect(run).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(/^sessionfix: Interrupted by SIGINT while the command ran\nThe files are as they were/) as unknown });
    expect(snapshot(root)).toEqual(before);
  });

  it("applies a plan only if the command accepts it", async () => {
    const { plan, elsewhere } = await planned();
    const before = snapshot(elsewhere);
    const run = await cli.run(["fix", "--apply", plan, "--verify", "test ! -e src/session.js"], { cwd: elsewhere });
    expect(run).toMatchObject({ code: 1, stdout: expect.stringContaining("nothing was written") as unknown });
    expect(snapshot(elsewhere)).toEqual(before);
  });
});

describe("--interactive", () => {
  it("shows each fix with its reason and diff, and makes what is agreed to", async () => {
    const root = tree(SHOP);
    const before = snapshot(root);
    const no = await cli.run(["fix", "--interactive"], { cwd: root, input: "?\nn\n" });
    expect(no.stderr).toMatch(/^\n1\. no-session-per-call {2}src\/orders\.js:5 {2}use-shared-session\n(?:safe|to review): /);
    expect(no.stderr).toContain("\n-  const db = new Database");
    expect(no.stderr).toContain("q  leave this one and all that follow");
    expect(snapshot(root)).toEqual(before);
    expect((await cli.run(["fix", "-i"], { cwd: root, input: "" })).stdout).not.toContain("Applied");
    expect(snapshot(root)).toEqual(before);

    expect((await cli.run(["fix", "-i"], { cwd: root, input: "y\nn\n" })).stdout).toMatch(/^Applied 1 fix /);
    expect(snapshot(root)).not.toEqual(before);
  });
});

describe("--interactive on a terminal", () => {
  it.runIf(process.platform === "linux" && spawnSync("script", ["--version"]).status === 0)("asks in colours, takes what is typed, and gives the terminal back", async () => {
    const root = tree(SHOP);
    const child = spawn("script", ["-qfec", `stty cols 100 rows 30; ${process.execPath} ${cli.file} fix --interactive; echo code $?`, "/dev/null"], { cwd: root, env: { ...process.env, TERM: "xterm-256color", CI: "", NO_COLOR: "" }, stdio: ["pipe", "pipe", "inherit"] });
    let screen = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (screen += text));
    const shows = async (text: RegExp): Promise<void> => {
      while (!text.test(screen)) await once(child.stdout, "data");
    };
    try {
      await shows(/\[y,n,a,q,\?\]/);
      expect(screen).toContain("\u001b[31m-  const db = new Database");
      child.stdin.write("what\r");
      await shows(/q {2}leave this one and all that follow[\s\S]*\[y,n,a,q,\?\]/);
      child.stdin.write("y\r");
      await shows(/init-at-startup[\s\S]*\[y,n,a,q,\?\]/);
      child.stdin.write("n\r");
      await shows(/code \d/);
      expect(screen).toMatch(/Applied.*1 fix/);
      // What was declined has been decided, and is no work left over.
      expect(screen).toContain("code 0");
      expect(readFileSync(path.join(root, "src/orders.js"), "utf8")).not.toContain("new Database(\"shop.db\");\r\n  return");
    } finally {
      child.kill("SIGKILL");
    }
  });
});

describe("--format", () => {
  const PRETTIER = {
    "node_modules/prettier/package.json": '{ "name": "prettier", "bin": "./cli.js" }',
    "node_modules/prettier/cli.js": `let text = "";
process.stdin.on("data", (chunk) => (text += chunk)).on("end", () => {
  if (process.argv[3].includes("fail")) { console.error("cannot parse"); process.exit(2); }
  process.stdout.write(text.replaceAll(";", "") + "// " + process.argv.slice(2).join(" ") + "\\n");
});
`,
  };

  it("runs the project's own formatter on the changed files, and on no other", async () => {
    const root = tree({ ...SHOP, ...PRETTIER });
    await cli.run(["fix", "--format"], { cwd: root });
    expect(readFileSync(path.join(root, "src/orders.js"), "utf8")).toMatch(/\/\/ --stdin-filepath src\/orders\.js\n$/);
    expect(readFileSync(path.join(root, "src/session.js"), "utf8")).not.toContain(";");
    expect(readFileSync(path.join(root, "src/server.js"), "utf8")).toBe(SHOP["src/server.js"]);
  });

  it("says when there is none, and writes nothing when it fails", async () => {
    const none = await cli.run(["fix", "--format"], { cwd: tree(SHOP) });
    expect(none).toMatchObject({ code: 2, stderr: expect.stringMatching(/^sessionfix: --format found neither Prettier nor Biome in /) as unknown });
    const root = tree({ ...PRETTIER, "package.json": SHOP["package.json"], "fail/orders.js": ORDERS, "fail/server.js": SHOP["src/server.js"] });
    const before = snapshot(root);
    const run = await cli.run(["fix", "--format"], { cwd: root });
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining("prettier failed on fail/session.js: cannot parse") as unknown });
    expect(snapshot(root)).toEqual(before);
  });
});

/**
 * Before each call that changes the disk: copies the folder as it is, which is what `kill -9` at that moment would leave, or ends the process
 * so. Says at its end how many there were.
 */
const WATCHER = `import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
const { KILL_AT, COPIES, COUNT } = process.env;
const { cpSync } = fs;
let count = 0;
let copying = false;
for (const name of ["openSync", "writeSync", "fsyncSync", "closeSync", "renameSync", "rmSync", "mkdirSync", "chmodSync"]) {
  const real = fs[name];
  fs[name] = (...args) => {
    if (copying || (name === "openSync" && (args[1] ?? "r") === "r")) return real(...args);
    if (String(count) === KILL_AT) process.kill(process.pid, "SIGKILL");
    if (COPIES) {
      copying = true;
      cpSync(process.cwd(), COPIES + "/" + count, { recursive: true, preserveTimestamps: true });
      copying = false;
    }
    count++;
    return real(...args);
  };
}
syncBuiltinESMExports();
process.on("exit", () => fs.writeFileSync(COUNT, String(count)));
`;

describe("kill -9 before any call that changes the disk", () => {
  it("while a fix is written, and while it is undone: undo brings every byte back", async () => {
    const { plan, elsewhere } = await planned();
    const before = snapshot(elsewhere);
    const scratch = tree({ "watcher.mjs": WATCHER });
    const counted = path.join(scratch, "count");
    const watched = (args: string[], cwd: string, env: Record<string, string>) => cli.run(args, { cwd, preload: pathToFileURL(path.join(scratch, "watcher.mjs")).href, env: { COUNT: counted, ...env } });
    const total = async (args: string[], cwd: string, copies: string) => {
      expect((await watched(args, cwd, { COPIES: copies })).code).toBe(0);
      return Number(readFileSync(counted, "utf8"));
    };
    // What the command calls, in this process: a command for each of all these points would take most of the time.
    const comesBack = async (at: string, root: string) => {
      expect((await undoLast({ root, force: false })).refused).toEqual([]);
      expect({ at, files: snapshot(root) }).toEqual({ at, files: before });
    };
    const copyOf = (root: string): string => {
      const copy = tree({});
      cpSync(root, copy, { recursive: true });
      return copy;
    };

    const whole = copyOf(elsewhere);
    const [whileApplied, whileUndone] = [path.join(scratch, "applying"), path.join(scratch, "undoing")];
    const applying = await total(["fix", "--apply", plan], whole, whileApplied);
    expect(applying).toBeGreaterThan(20);
    const applied = copyOf(whole);
    const undoing = await total(["undo"], whole, whileUndone);
    expect(undoing).toBeGreaterThan(8);
    for (let at = 0; at < applying; at++) {
      const root = path.join(whileApplied, String(at));
      // That a copy is what a kill leaves.
      if (at % 8 === 3) {
        const killed = copyOf(elsewhere);
        expect((await watched(["fix", "--apply", plan], killed, { KILL_AT: String(at) })).code).toBe(null);
        expect(whatIsLeft(killed)).toEqual(whatIsLeft(root));
        await comesBack(`killed while applying, ${at}`, killed);
      }
      await comesBack(`while applying, ${at}`, root);
    }
    for (let at = 0; at < undoing; at++) {
      const root = path.join(whileUndone, String(at));
      if (at % 4 === 1) {
        const killed = copyOf(applied);
        expect((await watched(["undo"], killed, { KILL_AT: String(at) })).code).toBe(null);
        expect(whatIsLeft(killed)).toEqual(whatIsLeft(root));
        await comesBack(`killed while undoing, ${at}`, killed);
      }
      await comesBack(`while undoing, ${at}`, root);
    }
  }, 300_000);
});
