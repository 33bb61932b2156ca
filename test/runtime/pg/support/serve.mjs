// Runs a PostgreSQL server for one test file and ends it with its parent: the channel to the parent closes however that ends.
// node serve.mjs <folder with initdb and postgres>
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const LONGEST_MS = 10 * 60_000;
const [bin] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "sessionfix-pg-"));
const data = join(folder, "data");
// PostgreSQL refuses to run as root. 65534 is nobody's id.
const NOBODY = 65534;
const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
let server;
let ending = false;

function clean() {
  rmSync(folder, { recursive: true, force: true });
}

async function end(code) {
  if (ending) return;
  ending = true;
  if (server !== undefined && server.exitCode === null && server.signalCode === null) {
    const ended = once(server, "exit");
    server.kill("SIGQUIT"); // at once: nothing in it is to be kept
    const hard = setTimeout(() => server.kill("SIGKILL"), 5_000);
    await ended;
    clearTimeout(hard);
  }
  clean();
  process.exit(code);
}

process.on("disconnect", () => void end(0));
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => void end(1));
setTimeout(() => void end(1), LONGEST_MS).unref();

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

/** Resolves with `undefined` where the port was taken meanwhile, or the server ended for another reason, told in `log`. */
async function start(port, log) {
  const settings = ["listen_addresses=127.0.0.1", `port=${port}`, "unix_socket_directories=", "fsync=off", "max_connections=60", "shared_buffers=16MB", "deadlock_timeout=100ms", "max_prepared_transactions=5"];
  const child = spawn(join(bin, "postgres"), ["-D", data, ...settings.flatMap((setting) => ["-c", setting])], { ...user, cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  return await new Promise((resolve) => {
    child.on("error", (error) => { log.push(error.message); resolve(undefined); });
    child.once("exit", () => resolve(undefined));
    child.stderr.on("data", (chunk) => {
      log.push(String(chunk));
      if (log.join("").includes("ready to accept connections")) resolve(child);
    });
  });
}

if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
mkdirSync(join(folder, "empty"));
const made = spawnSync(join(bin, "initdb"), ["-D", data, "-A", "trust", "-U", "postgres", "--no-sync", "--locale=C", "--encoding=UTF8"], { ...user, cwd: folder, encoding: "utf8", timeout: 60_000 });
if (made.status !== 0) {
  process.send({ error: `initdb: ${made.error?.message ?? made.stderr}` });
  await end(1);
}
for (let attempt = 0; attempt < 3 && server === undefined; attempt++) {
  const log = [];
  const port = await freePort();
  server = await start(port, log);
  if (server !== undefined) process.send({ port, pid: server.pid, folder });
  else if (attempt === 2) process.send({ error: log.join("") });
}
if (server === undefined) await end(1);
