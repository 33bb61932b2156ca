// What the README's two commands do first. Only Node's own modules here: nothing may be installed yet.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
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
  console.error(`   ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  return status;
}

/**
 * Runs commands at the same time, each with its output shown whole once it has ended; ends this process with the code of the first one that fails.
 *
 * @param {{ title: string, command: string, args: string[] }[]} commands
 */
export async function runTogether(commands) {
  const failed = [];
  await Promise.all(
    commands.map(async ({ title, command, args }) => {
      const startedAt = Date.now();
      const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...(process.stderr.isTTY && { FORCE_COLOR: "1" }) } });
      let output = "";
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
      const { code, reason } = await new Promise((resolve) => {
        child.on("error", (error) => resolve({ code: 1, reason: error.message }));
        child.on("close", (code, signal) => resolve({ code: code ?? 1, reason: signal ? `ended by ${signal}` : `exit code ${code}` }));
      });
      console.error(`\n── ${title}\n${output}   ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
      if (code !== 0) failed.push({ title, code, reason });
    }),
  );
  for (const { title, reason } of failed) console.error(`\n${title}: failed (${reason}).`);
  if (failed.length > 0) process.exit(failed[0].code);
}

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
  const lock = createHash("sha256").update(readFileSync(path.join(folder, "package-lock.json"))).update(process.version).digest("hex");
  const stamp = path.join(folder, "node_modules", ".sessionfix-installed");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  run(title, "npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: folder });
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, lock);
}

export function build() {
  run("Building the three packages", process.execPath, ["scripts/build.mjs"]);
}
