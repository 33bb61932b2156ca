import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import pc from "picocolors";
import { describe, expect, it } from "vitest";
import type { TopFrame } from "../../src/inspect/top-frame.js";
import { displayWidth } from "../../src/report/terminal.js";
import { renderTop, sparkline } from "../../src/report/top.js";
import { LANGUAGES, startHolder } from "../inspect/support/holders.js";
import type { Holder } from "../inspect/support/holders.js";
import { onCleanup, tempDatabase } from "../runtime/support/database.js";
import { useCli } from "./cli.js";

const cli = useCli();

async function hold(database: string): Promise<Holder> {
  const [language] = LANGUAGES;
  const holder = language === undefined ? undefined : await startHolder(language, database);
  if (holder === undefined) throw new Error("better-sqlite3 is always there");
  await holder.run("BEGIN IMMEDIATE");
  return holder;
}

describe("sessionfix doctor", () => {
  it("has nothing to say of a healthy database", async () => {
    const { code, stdout, stderr } = await cli.run(["doctor", tempDatabase("wal"), "--for", "0.05"]);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^\/.+app\.db\n\n {2}size +12 KiB/);
    expect(stdout).toMatch(/✔ Nothing that needs anybody now\.\n$/);
    expect(code).toBe(0);
  });

  it.runIf(process.platform === "linux")("names who holds the lock, and ends with 1", async () => {
    const database = tempDatabase("wal");
    const holder = await hold(database);
    const { code, stdout } = await cli.run(["doctor", database, "--for", "0.6", "--pid", String(holder.pid)]);
    expect(stdout).toContain(`pid ${holder.pid}`);
    expect(stdout).toContain("held the write lock");
    expect(stdout).toMatch(/SQLite code +\S*better_sqlite3/);
    expect(code).toBe(1);
  });

  it("prints JSON for scripts, also into a file", async () => {
    const database = tempDatabase("delete");
    const { code, stdout } = await cli.run(["doctor", database, "--for", "0.05", "--format", "json", "--quick-check"]);
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, tool: { name: "sessionfix" }, files: { header: { journal: "rollback" } }, quickCheck: { lines: ["ok"] }, advice: [{ code: "not-wal", level: "warning" }] });
    expect(code).toBe(1);
    const file = path.join(path.dirname(database), "report.json");
    expect(await cli.run(["doctor", database, "--for", "0.05", "--format", "json", "--output", file])).toMatchObject({ code: 1, stdout: "" });
  });

  it.each([
    [["nowhere.db"], /There is no file nowhere\.db\./],
    [["."], /\. is a folder\./],
    [["nowhere.db", "--for", "never"], /'never' is invalid\. It must be a number above 0\./],
    [["nowhere.db", "--format", "xml"], /There is no format "xml" for doctor\./],
    [[], /missing required argument 'database'/],
  ])("of %j: says what is wrong, and ends with 2", async (args, message) => {
    const { code, stdout, stderr } = await cli.run(["doctor", ...args]);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n")).toHaveLength(2);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });
});

describe("sessionfix top", () => {
  it.runIf(process.platform === "linux")("streams one JSON object an interval, and ends by itself", async () => {
    const database = tempDatabase("wal");
    const holder = await hold(database);
    const { code, stdout } = await cli.run(["top", database, "--json", "--interval", "0.1", "--for", "0.35"]);
    const frames = stdout.trim().split("\n").map((line) => JSON.parse(line) as TopFrame);
    expect(frames.length).toBeGreaterThan(1);
    for (const frame of frames) expect(frame).toMatchObject({ version: 1, processes: [{ pid: holder.pid, now: { what: "writes" } }] });
    expect(frames.at(-1)?.heldShare).toBe(1);
    expect(code).toBe(0);
  });

  it("ends quietly when its reader has enough, and at a signal", async () => {
    const database = tempDatabase("wal");
    expect(await cli.run(["top", database, "--json", "--interval", "0.05", "--for", "20"], { closeStdout: true })).toMatchObject({ code: 0, stderr: "" });
  });

  it("prints plain text where there is no terminal", async () => {
    const { stdout, code } = await cli.run(["top", tempDatabase("wal"), "--for", "0.05"]);
    expect(stdout).not.toContain("\u001b");
    expect(stdout).toContain("nobody uses the file");
    expect(code).toBe(0);
  });

  it("says which columns it can sort by", async () => {
    expect(await cli.run(["top", tempDatabase("wal"), "--sort", "name"])).toMatchObject({ code: 2, stderr: expect.stringContaining("Use one of write, wait, hold, read, pid.") as string });
  });

  it.runIf(process.platform === "linux" && spawnSync("script", ["--version"]).status === 0)("on a terminal: draws over itself, takes keys, and gives the terminal back", async () => {
    const database = tempDatabase("wal");
    const holder = await hold(database);
    const child = spawn("script", ["-qfec", `stty cols 100 rows 30; ${process.execPath} ${cli.file} top ${database} --interval 0.05`, "/dev/null"], {
      env: { ...process.env, TERM: "xterm-256color", CI: "", NO_COLOR: "1" }, stdio: ["pipe", "pipe", "inherit"],
    });
    onCleanup(() => child.kill("SIGKILL"));
    let screen = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => { screen += text; });
    const shows = async (text: string): Promise<void> => {
      while (!screen.includes(text)) await once(child.stdout, "data");
    };
    await shows(`${holder.pid}`);
    await shows("WRITE▾");
    child.stdin.write("s");
    await shows("WAIT▾");
    child.stdin.write("p");
    await shows("paused");
    child.stdin.write("q");
    const [code] = (await once(child, "exit")) as [number];
    expect(code).toBe(0);
    expect(screen.startsWith("\u001b[?1049h\u001b[?25l")).toBe(true);
    expect(screen.trimEnd().endsWith("\u001b[?25h\u001b[?1049l")).toBe(true);
    // Drawn over, never cleared between frames: that would flicker.
    expect(screen.split("\u001b[2J")).toHaveLength(2);
  });
});

describe("the screen of top", () => {
  const row = (pid: number, what: "writes" | "waits" | "reads" | "idle", command = `/usr/bin/node worker-${pid}.js`) => ({
    pid, command, state: "running", roles: [], now: { what, forMs: 120 }, writeShare: what === "writes" ? 0.9 : 0, waitShare: what === "waits" ? 0.5 : 0, readShare: 0, longestHoldMs: 900, longestWaitMs: 30, holds: 4,
  });
  const frame: TopFrame = {
    version: 1, at: "2026-01-02T03:04:05.000Z", path: "/data/app.db", intervalMs: 1_000, heldShare: 0.9, waitShare: 0.5, commitsPerSecond: 12,
    log: { bytes: 5_000_000, frames: 1_200, checkpointed: 200 }, oldestReader: { pid: 3, framesBehind: 900 },
    processes: [row(1, "writes"), row(2, "waits", "python3 日本語のスクリプト.py"), ...Array.from({ length: 60 }, (_, index) => row(index + 3, "idle"))],
  };

  it.each([[120, 40], [80, 24], [60, 12], [40, 6], [20, 3], [1, 1]])("fits into %i × %i, in colours, too", (width, height) => {
    for (const color of [pc.createColors(false), pc.createColors(true)]) {
      const lines = renderTop({ frame, history: [frame], sort: "write", paused: true, width, height, color, keys: "q end" });
      expect(lines.length).toBeLessThanOrEqual(height);
      for (const line of lines) expect(displayWidth(line.replace(/\u001b\[[0-9;]*m/g, ""))).toBeLessThanOrEqual(width);
    }
  });

  it("draws bars with the newest at the right, and drops the oldest", () => {
    expect(sparkline([0, 0.5, 1], 5)).toBe("   ▅█");
    expect(sparkline([1, 1, 0.01], 2)).toBe("█▁");
  });

  it("lets no command line steer the terminal", () => {
    const lines = renderTop({ frame: { ...frame, processes: [row(9, "idle", "node \u001b[2Jevil.js")] }, history: [frame], sort: "write", paused: false, width: 120, height: 30, color: pc.createColors(false) });
    expect(lines.join("")).not.toContain("\u001b");
  });
});
