import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));

/** The runtime's sources stand for its package, so that these tests do not depend on a build. */
const ENTRIES = ["index", "better-sqlite3", "node-sqlite", "sequelize"];
const at = (from: (entry: string) => string) => Object.fromEntries(ENTRIES.map((entry) => [entry === "index" ? "sessionfix-runtime" : `sessionfix-runtime/${entry}`, join(REPOSITORY, "runtime", from(entry))]));
const RUNTIME_SOURCES = at((entry) => `${entry}.ts`);
/** For the compiler, declarations of these very sources where there are some: it would check the sources themselves in each program. */
const RUNTIME_TYPES = isBuilt(join(REPOSITORY, "runtime")) ? at((entry) => `dist/${entry}.d.ts`) : RUNTIME_SOURCES;

/** Whether each source of a package has a declaration that is not older. */
function isBuilt(folder: string): boolean {
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => /\.ts$/.test(file) && !/^(?:dist|node_modules)\b/.test(file));
  const changed = (file: string): number => statSync(join(folder, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return sources.every((file) => changed(join("dist", file.replace(/\.ts$/, ".d.ts"))) >= changed(file));
}

export const TSCONFIG = {
  compilerOptions: {
    target: "ES2022",
    lib: ["ES2023"],
    module: "NodeNext",
    moduleResolution: "NodeNext",
    types: ["node"],
    strict: true,
    noUncheckedIndexedAccess: true,
    noUnusedLocals: true,
    skipLibCheck: true,
    noEmit: true,
  },
  include: ["src"],
};

export interface TemporaryProject {
  root: string;
  read(file: string): string;
  bytes(file: string): Buffer;
  write(file: string, text: string | Buffer, mode?: number): void;
  remove(): void;
}

/** A project on disk with the repository's own packages at hand. */
export function temporaryProject(files: Readonly<Record<string, string>>, tsconfig: object | undefined = TSCONFIG): TemporaryProject {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "sessionfix-fix-")));
  const write = (file: string, text: string | Buffer, mode?: number): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
    if (mode !== undefined) chmodSync(join(root, file), mode);
  };
  for (const [file, text] of Object.entries({ "package.json": '{ "name": "app", "private": true, "type": "module" }\n', ...files })) write(file, text);
  if (tsconfig !== undefined) write("tsconfig.json", `${JSON.stringify(withRuntime(tsconfig), null, 2)}\n`);
  symlinkSync(join(REPOSITORY, "node_modules"), join(root, "node_modules"));
  return {
    root,
    read: (file) => readFileSync(join(root, file), "utf8"),
    bytes: (file) => readFileSync(join(root, file)),
    write,
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

function withRuntime(tsconfig: object): object {
  const { compilerOptions } = tsconfig as { compilerOptions?: { paths?: object } };
  return { ...tsconfig, compilerOptions: { ...compilerOptions, paths: { ...compilerOptions?.paths, ...Object.fromEntries(Object.entries(RUNTIME_TYPES).map(([specifier, file]) => [specifier, [file]])) } } };
}

const SLOW_CLOCK = fileURLToPath(new URL("slow-clock.cjs", import.meta.url));

/** Bundles a program of the project (packages stay outside, but for those of `alias`: name → the file that stands for it, from the project's root) and runs it; returns what it prints. */
export async function runProgram(project: TemporaryProject, entry: string, nodeOptions: readonly string[] = [], alias: Readonly<Record<string, string>> = {}, { node = process.execPath, env = {} }: { node?: string | undefined; env?: NodeJS.ProcessEnv } = {}): Promise<string> {
  const outfile = join(project.root, `.run-${entry.replaceAll("/", "-")}.mjs`);
  await build({
    absWorkingDir: project.root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "silent",
    packages: "external",
    alias: {
      ...RUNTIME_SOURCES,
      ...Object.fromEntries(Object.entries(alias).map(([name, file]) => [name, resolve(project.root, file)])),
    },
    banner: { js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);' },
  });
  return execFileSync(node, ["--require", SLOW_CLOCK, ...nodeOptions, outfile], { cwd: project.root, encoding: "utf8", timeout: 20_000, env: { ...process.env, ...env } });
}

export function git(root: string, ...args: string[]): string {
  return execFileSync("git", ["-C", root, "-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false", ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}
