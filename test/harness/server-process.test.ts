import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildProbe } from "./build.js";
import { HttpClient } from "../../src/harness/http-client.js";
import { killAllServers, ServerProcess } from "../../src/harness/server-process.js";
import { repositoryRoot } from "./workspace.js";

let folder: string;
let probe: string;
beforeAll(async () => {
  folder = mkdtempSync(join(repositoryRoot(), "node_modules", ".server-process-test-"));
  probe = await buildProbe(join(folder, "probe.mjs"));
});
afterAll(() => {
  killAllServers();
  rmSync(folder, { recursive: true, force: true });
});

function start(name: string, source: string): Promise<ServerProcess> {
  const script = join(folder, name);
  writeFileSync(script, source);
  return ServerProcess.start({ command: process.execPath, args: [script], probe, cwd: folder, env: { GREETING: "hello" } });
}

const SERVER = `
  import { createServer } from "node:http";
  import Database from "better-sqlite3";
  const db = new Database(":memory:");
  db.exec("CREATE TABLE t (x)");
  createServer((request, response) => {
    if (request.url === "/write") db.transaction(() => db.prepare("INSERT INTO t VALUES (1)").run()).immediate();
    if (request.url === "/busy") { response.statusCode = 500; response.end(JSON.stringify({ code: "SQLITE_BUSY" })); return; }
    if (request.url === "/broken") { response.socket.destroy(); return; }
    response.end(JSON.stringify({ greeting: process.env.GREETING, secret: process.env.HOME ?? null }));
  }).listen(0, "127.0.0.1");
`;

describe("ServerProcess", () => {
  it("starts a program, reports what it did since the reset, and stops it", async () => {
    const server = await start("server.mjs", SERVER);
    const client = new HttpClient(server.port);
    expect((await server.report()).map((report) => report.sessionsOpened)).toEqual([1]);
    await server.reset();
    expect(await client.send("GET", "/write")).toMatchObject({ status: 200, body: { greeting: "hello", secret: null }, errorCode: undefined });
    const [report] = await server.report();
    expect(report).toMatchObject({ pid: server.pid, watched: true, sessionsOpened: 0, lockTimeouts: 0 });
    expect(report?.holds.map(({ statements, label }) => ({ statements, label }))).toEqual([{ statements: 1, label: "GET /write" }]);
    client.close();
    await server.stop();
    expect(() => process.kill(server.pid, 0)).toThrow(/ESRCH/);
  });

  it("tells errors of the program from answers that never came", async () => {
    const server = await start("server.mjs", SERVER);
    const client = new HttpClient(server.port);
    expect(await client.send("GET", "/busy")).toMatchObject({ status: 500, errorCode: "SQLITE_BUSY" });
    expect(await client.send("GET", "/broken")).toMatchObject({ status: 0, errorCode: "CLIENT_ECONNRESET" });
    client.close();
    await server.stop();
    expect(await new HttpClient(server.port).send("GET", "/")).toMatchObject({ status: 0, errorCode: "CLIENT_ECONNREFUSED" });
  });

  it("ends a program that ignores the request to stop", async () => {
    const server = await start("stubborn.mjs", `process.on("SIGTERM", () => {}); ${SERVER}`);
    await server.stop();
    expect(() => process.kill(server.pid, 0)).toThrow(/ESRCH/);
  });

  it("says why a program did not start, with its output", async () => {
    await expect(start("broken.mjs", `console.error("no database here"); process.exit(3);`)).rejects.toThrow(
      /ended \(3\) before it listens\nno database here/,
    );
  });
});
