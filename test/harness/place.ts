import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "../../src/harness/random.js";
import type { Scenario } from "./scenario.js";
import { ServerProcess } from "../../src/harness/server-process.js";
import type { BuiltProgram } from "./types.js";

/** Where one phase of one program runs: its own database and files. */
export interface Place {
  databasePath: string;
  files: string;
  startServer(): Promise<ServerProcess>;
}

export function createPlace<S>(
  scenario: Scenario<S>,
  program: BuiltProgram,
  probe: string,
  folder: string,
  seed: number,
): Place {
  const files = join(folder, "files");
  mkdirSync(files, { recursive: true });
  scenario.prepare(files, createRandom(seed));
  const databasePath = join(folder, "data.db");
  return {
    databasePath,
    files,
    startServer: () =>
      ServerProcess.start({
        command: process.execPath,
        args: ["--enable-source-maps", program.script],
        probe,
        cwd: folder,
        env: scenario.environment(databasePath),
      }),
  };
}

/** Starts one after the other: the first creates the database. */
export async function startServers(place: Place, count: number): Promise<ServerProcess[]> {
  const servers: ServerProcess[] = [];
  try {
    for (let i = 0; i < count; i += 1) servers.push(await place.startServer());
    return servers;
  } catch (error) {
    await stopServers(servers);
    throw error;
  }
}

export async function stopServers(servers: readonly ServerProcess[]): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()));
}
