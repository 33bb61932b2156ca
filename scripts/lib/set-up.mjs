// What the README's two commands do first. Only Node's own modules here: nothing may be installed yet.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** Runs a command with its output shown; ends this process with the command's code when it fails. */
export function run(title, command, args, options = {}) {
  const startedAt = Date.now();
  console.error(`\n── ${title}`);
  const { status, error, signal } = spawnSync(command, args, { cwd: root, stdio: "inherit", shell: process.platform === "win32" && command === "npm", ...options });
  const allowed = options.allowed ?? [0];
  if (error || !allowed.includes(status)) {
    console.error(`\n${title}: failed (${error ? error.message : signal ? `ended by ${signal}` : `exit code ${status}`}).`);
    process.exit(status || 1);
  }
  console.error(`   ${seconds(startedAt)}`);
  return status;
}

/**
 * @typedef {object} Step
 * @property {string} title
 * @property {string} command
 * @property {string[]} args
 * @property {string} [cwd] the repository's root, if none is given
 * @property {NodeJS.ProcessEnv} [env]
 * @property {boolean} [inBackground] takes only the processor time that others leave
 * @property {() => void} [after] when it has ended well
 */

/**
 * Runs lanes at the same time, the steps of each lane one after another; a step's output is shown whole once it has ended.
 * A lane ends with its first step that fails, and when all have ended, this process does, with that step's code.
 *
 * @param {Step[][]} lanes
 */
export async function runTogether(...lanes) {
  const failed = [];
  await Promise.all(
    lanes.map(async (steps) => {
      for (const step of steps) {
        const failure = await shown(step);
        if (!failure) {
          step.after?.();
          continue;
        }
        failed.push({ title: step.title, ...failure });
        return;
      }
    }),
  );
  for (const { title, reason } of failed) console.error(`\n${title}: failed (${reason}).`);
  if (failed.length > 0) process.exit(failed[0].code);
}

/** @param {Step} step */
async function shown({ title, command, args, cwd = root, env = process.env, inBackground }) {
  const startedAt = Date.now();
  console.error(`\n── ${title}: started`);
  const shell = process.platform === "win32" && command === "npm";
  const child = spawn(command, args, { cwd, shell, stdio: ["ignore", "pipe", "pipe"], env: { ...env, ...(process.stderr.isTTY && { FORCE_COLOR: "1" }) } });
  const ended = new Promise((resolve) => {
    child.on("error", (error) => resolve({ code: 1, reason: error.message }));
    child.on("close", (code, signal) => resolve({ code: code ?? 1, reason: signal ? `ended by ${signal}` : `exit code ${code}` }));
  });
  if (inBackground && child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const { code, reason } = await ended;
  console.error(`\n── ${title}\n${output}   ${seconds(startedAt)}`);
  return code === 0 ? undefined : { code, reason };
}

const seconds = (startedAt) => `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;

export function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const supported = (major === 20 && minor >= 19) || (major === 22 && minor >= 13) || major >= 24;
  if (supported) return;
  console.error(`Node ${process.versions.node} is not supported. sessionfix needs ^20.19, ^22.13 or >=24: install one of these and run the command again.`);
  process.exit(2);
}

/** Installs what package-lock.json names, once for each state of that file. */
export function install() {
  installIn(root, "Installing dependencies (better-sqlite3 may be compiled: about a minute)");
}

export function installIn(folder, title) {
  if (isInstalled(folder)) return;
  run(title, "npm", CLEAN_INSTALL, { cwd: folder });
  noteInstalled(folder);
}

const CLEAN_INSTALL = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];

/**
 * Installs as `install` does, but leaves out what the packages themselves run: a compiler takes a minute of one processor, and much else can be done beside it.
 *
 * @returns {Step[]} what is still to be run; nothing if it is installed
 */
export function installFiles() {
  if (isInstalled(root)) return [];
  run("Installing dependencies", "npm", [...CLEAN_INSTALL, "--ignore-scripts"]);
  return [{ title: "Dependencies' own installation (better-sqlite3 may be compiled: about a minute)", command: "npm", args: ["rebuild", "--loglevel=error"], after: () => noteInstalled(root) }];
}

const stampIn = (folder) => path.join(folder, "node_modules", ".sessionfix-installed");
const lockOf = (folder) => createHash("sha256").update(readFileSync(path.join(folder, "package-lock.json"))).update(process.version).digest("hex");
const isInstalled = (folder) => existsSync(stampIn(folder)) && readFileSync(stampIn(folder), "utf8") === lockOf(folder);

function noteInstalled(folder) {
  mkdirSync(path.dirname(stampIn(folder)), { recursive: true });
  writeFileSync(stampIn(folder), lockOf(folder));
}

export function build() {
  run("Building the three packages", process.execPath, ["scripts/build.mjs"]);
}
