import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { build } from "esbuild";
import { afterEach, describe, expect, it as vitestIt } from "vitest";
import { installTypeScript, SEVEN } from "./helpers/compilers.js";
import { REPOSITORY, temporaryProject } from "./helpers/project.js";
import type { TemporaryProject } from "./helpers/project.js";

const it = vitestIt.skipIf(!SEVEN.isInstalled);

let project: TemporaryProject | undefined;
let program: ChildProcess | undefined;
afterEach(() => {
  program?.kill("SIGKILL");
  project?.remove();
  project = undefined;
});

/** Checks once, says so, and then does what it is told: closes the gate, or ends without. */
const PROGRAM = `
import { closeSync } from "node:fs";
import { TypeGate } from ${JSON.stringify(join(REPOSITORY, "src/project/type-gate/type-gate.ts"))};
const gate = new TypeGate(process.cwd());
const found = await gate.newDiagnostics(new Map(), new Map([["src/one.ts", "export const one: string = 1;"]]));
console.log(found.length + " " + gate.summary()[0]);
process.stdin.on("data", (told) => {
  if (String(told) === "end") process.stdin.destroy();
  else gate.close();
  closeSync(2);
});
`;

/**
 * The program after its check. TypeScript's server writes its errors where the program writes its own: that pipe ends when no
 * process holds it any more.
 */
async function checked(): Promise<{ child: ChildProcess; errors: Promise<string>; temporary: string }> {
  project = temporaryProject({ "src/one.ts": "export const one = 1;\n", "program.ts": PROGRAM });
  installTypeScript(project, SEVEN);
  const outfile = join(project.root, ".program.mjs");
  await build({ absWorkingDir: project.root, entryPoints: ["program.ts"], outfile, bundle: true, platform: "node", format: "esm", target: "node20", logLevel: "silent", packages: "external" });
  const temporary = join(project.root, "temporary");
  mkdirSync(temporary);
  const child = spawn(process.execPath, [outfile], { cwd: project.root, stdio: "pipe", env: { ...process.env, TMPDIR: temporary, TMP: temporary, TEMP: temporary } });
  program = child;
  const errors = text(child.stderr);
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  expect(String(line)).toBe(`1 types: tsconfig.json, TypeScript ${SEVEN.version}\n`);
  return { child, errors, temporary };
}

describe("the process of TypeScript 7", () => {
  it("ends when the gate is closed, without a word, and leaves nothing behind", async () => {
    const { child, errors, temporary } = await checked();
    child.stdin?.write("close");
    expect(await errors).toBe("");
    expect(child.exitCode).toBe(null);
    expect(readdirSync(temporary)).toEqual([]);
  }, 60_000);

  it("does not keep a program that forgot to close its gate from ending, and ends with it", async () => {
    const { child, errors } = await checked();
    const ended = once(child, "exit");
    child.stdin?.write("end");
    await errors;
    expect(await ended).toEqual([0, null]);
  }, 60_000);

  it("ends when the program is killed", async () => {
    const { child, errors, temporary } = await checked();
    child.kill("SIGKILL");
    await errors;
    expect(readdirSync(temporary)).toEqual([]);
  }, 60_000);
});
