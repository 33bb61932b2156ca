import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { applyChanges, pendingJournal, undoJournal } from "../../src/project/journal.js";
import type { FileChange } from "../../src/project/journal.js";
import { REPOSITORY, temporaryProject } from "./helpers/project.js";
import type { TemporaryProject } from "./helpers/project.js";

const BEFORE = { "src/a.ts": "export const a = 1;\r\n", "src/b.ts": "\uFEFFexport const b = '😀';\n", "bin/run.sh": "#!/bin/sh\n" };

function changes(project: TemporaryProject): FileChange[] {
  return [
    { file: "src/a.ts", before: project.bytes("src/a.ts"), after: Buffer.from("export const a = 2;\r\n") },
    { file: "src/new.ts", before: undefined, after: Buffer.from("export {};\n") },
    { file: "bin/run.sh", before: project.bytes("bin/run.sh"), after: Buffer.from("#!/bin/sh\nexit 0\n") },
    { file: "src/b.ts", before: project.bytes("src/b.ts"), after: Buffer.from("\uFEFFexport const b = 2;\n") },
  ];
}

/** Every file but the journal, with its mode. */
function snapshot(project: TemporaryProject): Record<string, [string, number]> {
  const found: Record<string, [string, number]> = {};
  for (const dir of ["src", "bin"]) {
    for (const name of readdirSync(join(project.root, dir))) {
      const file = `${dir}/${name}`;
      found[file] = [project.read(file), statSync(join(project.root, file)).mode & 0o7777];
    }
  }
  return found;
}

let project: TemporaryProject;

beforeEach(() => {
  project = temporaryProject({}, undefined);
  project.write("src/a.ts", BEFORE["src/a.ts"]);
  project.write("src/b.ts", BEFORE["src/b.ts"], 0o600);
  project.write("bin/run.sh", BEFORE["bin/run.sh"], 0o755);
});

afterEach(() => project.remove());

describe("applyChanges and undoJournal", () => {
  it("writes all files, keeps their modes, and undo brings every byte back", () => {
    const before = snapshot(project);
    applyChanges(project.root, changes(project));
    expect(project.read("src/a.ts")).toBe("export const a = 2;\r\n");
    expect(statSync(join(project.root, "bin/run.sh")).mode & 0o777).toBe(0o755);
    expect(statSync(join(project.root, "src/b.ts")).mode & 0o777).toBe(0o600);
    expect(pendingJournal(project.root)).toBeUndefined();
    const undone = undoJournal(project.root, false);
    expect(undone).toMatchObject({ restored: ["src/a.ts", "bin/run.sh", "src/b.ts"], removed: ["src/new.ts"], untouched: [], refused: [] });
    expect(snapshot(project)).toEqual(before);
  });

  it("undoes one fix after the other, the last one first, and then has nothing to do", () => {
    const before = snapshot(project);
    applyChanges(project.root, changes(project));
    const between = snapshot(project);
    applyChanges(project.root, [{ file: "src/a.ts", before: project.bytes("src/a.ts"), after: Buffer.from("third\n") }]);
    undoJournal(project.root, false);
    expect(snapshot(project)).toEqual(between);
    undoJournal(project.root, false);
    expect(snapshot(project)).toEqual(before);
    expect(undoJournal(project.root, false)).toEqual({ restored: [], removed: [], untouched: [], refused: [] });
  });

  it("writes nothing when a file has changed since the plan", () => {
    const planned = changes(project);
    project.write("src/b.ts", "someone else\n");
    const before = snapshot(project);
    expect(() => applyChanges(project.root, planned)).toThrowError(expect.objectContaining({ code: "FILE_CHANGED", message: expect.stringContaining("src/b.ts") as unknown }));
    expect(snapshot(project)).toEqual(before);
    expect(undoJournal(project.root, false).id).toBeUndefined();
  });

  it("writes nothing when a file that would be created is there already", () => {
    const planned = changes(project);
    project.write("src/new.ts", "mine\n");
    expect(() => applyChanges(project.root, planned)).toThrowError(expect.objectContaining({ code: "FILE_CHANGED" }));
    expect(project.read("src/a.ts")).toBe(BEFORE["src/a.ts"]);
  });

  it("restores nothing when one file was changed after the fix, unless forced", () => {
    applyChanges(project.root, changes(project));
    project.write("src/b.ts", "work of an hour\n");
    const after = snapshot(project);
    const refused = undoJournal(project.root, false);
    expect(refused.refused).toEqual([{ file: "src/b.ts", reason: expect.stringContaining("changed after the fix") as unknown }]);
    expect(refused.restored).toEqual([]);
    expect(snapshot(project)).toEqual(after);
    expect(undoJournal(project.root, true).restored).toContain("src/b.ts");
    expect(project.read("src/b.ts")).toBe(BEFORE["src/b.ts"]);
  });

  it("writes through a link and leaves the link", () => {
    symlinkSync("a.ts", join(project.root, "src/link.ts"));
    applyChanges(project.root, [{ file: "src/link.ts", before: project.bytes("src/a.ts"), after: Buffer.from("linked\n") }]);
    expect(project.read("src/a.ts")).toBe("linked\n");
    undoJournal(project.root, false);
    expect(project.read("src/link.ts")).toBe(BEFORE["src/a.ts"]);
  });

  it("says when a journal is damaged", () => {
    const id = applyChanges(project.root, changes(project));
    project.write(`.sessionfix/journal/${id}/journal.json`, "{ not json");
    expect(() => undoJournal(project.root, false)).toThrowError(expect.objectContaining({ code: "JOURNAL_UNREADABLE" }));
  });

  it("keeps its folder out of git by itself", () => {
    applyChanges(project.root, changes(project));
    expect(project.read(".sessionfix/.gitignore")).toBe("*\n");
  });
});

/** The child process kills itself, as `kill -9` would, at the given step: no cleaning up, no flushing. */
describe("killed at any moment", () => {
  let folder: string;
  let script: string;

  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "sessionfix-kill-")));
    script = join(folder, "child.mjs");
    buildSync({
      stdin: {
        contents: `
          import { readFileSync } from "node:fs";
          import { applyChanges, undoJournal } from "./src/project/journal.ts";
          const [root, what, at] = process.argv.slice(2);
          let count = 0;
          const step = (name) => { if (count++ === Number(at)) process.kill(process.pid, "SIGKILL"); };
          if (what === "undo") undoJournal(root, false, step);
          else applyChanges(root, JSON.parse(readFileSync(root + "/changes.json", "utf8")).map(({ file, before, after }) =>
            ({ file, before: before === null ? undefined : Buffer.from(before, "base64"), after: Buffer.from(after, "base64") })), step);
          console.log(count);
        `,
        resolveDir: REPOSITORY,
        loader: "ts",
      },
      outfile: script,
      bundle: true,
      platform: "node",
      format: "esm",
      logLevel: "silent",
    });
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const child = (what: "apply" | "undo", at: number): { killed: boolean; steps: number } => {
    const { signal, stdout, status, stderr } = spawnSync(process.execPath, [script, project.root, what, String(at)], { encoding: "utf8" });
    if (signal === null && status !== 0) throw new Error(stderr);
    return { killed: signal === "SIGKILL", steps: Number(stdout.trim()) };
  };

  const prepare = (): Record<string, [string, number]> => {
    project.write("changes.json", JSON.stringify(changes(project).map(({ file, before, after }) => ({ file, before: before?.toString("base64") ?? null, after: after.toString("base64") }))));
    return snapshot(project);
  };

  it("apply, then undo: every byte and mode as before", () => {
    const before = prepare();
    let points = 0;
    for (let at = 0; ; at++) {
      const { killed } = child("apply", at);
      if (!killed) break;
      points++;
      const undone = undoJournal(project.root, false);
      expect(undone.refused, `killed at step ${at}`).toEqual([]);
      expect(snapshot(project), `killed at step ${at}`).toEqual(before);
      expect(pendingJournal(project.root)).toBeUndefined();
    }
    // The journal, its copies, its rename, two steps a file, the end.
    expect(points).toBe(15);
  }, 60_000);

  it("undo, then undo again: every byte and mode as before", () => {
    const before = prepare();
    let points = 0;
    for (let at = 0; ; at++) {
      applyChanges(project.root, changes(project));
      const { killed } = child("undo", at);
      if (!killed) break;
      points++;
      undoJournal(project.root, false);
      expect(snapshot(project), `killed at step ${at}`).toEqual(before);
    }
    expect(points).toBe(8);
    expect(snapshot(project)).toEqual(before);
  }, 60_000);

  it("a new fix is refused until the interrupted one is undone", () => {
    prepare();
    const { killed } = child("apply", 9);
    expect(killed).toBe(true);
    expect(() => applyChanges(project.root, [])).toThrowError(expect.objectContaining({ code: "JOURNAL_PENDING", message: expect.stringContaining("sessionfix undo") as unknown }));
    undoJournal(project.root, false);
    expect(existsSync(join(project.root, "src/new.ts"))).toBe(false);
    expect(applyChanges(project.root, changes(project))).toMatch(/^\d+-\d+$/);
  });
});
