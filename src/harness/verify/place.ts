import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { HarnessError } from "../errors.js";
import { freePort } from "../ready.js";
import type { Random } from "../random.js";
import { ServerProcess } from "../server-process.js";
import type { Scenario } from "./scenario.js";

/** A program that can be run: where it is, and what the report calls it. */
export interface Target {
  folder: string;
  name: string;
}

/** Where one load on one program runs: a database and a scratch folder of its own. */
export interface Place {
  database: string;
  /** The database's file. @throws HarnessError `VERIFY_NO_DATABASE` when the application has made none there. */
  madeDatabase(): string;
  scratch: string;
  drivers: readonly string[];
  servers: ServerProcess[];
  stop(): Promise<void>;
}

/** Prepares a place and starts the servers, one after the other: the first one creates the database. */
export async function openPlace(scenario: Scenario<unknown>, target: Target, probe: string, folder: string, count: number, random: Random): Promise<Place> {
  const scratch = path.join(folder, "scratch");
  mkdirSync(scratch, { recursive: true });
  const database = path.join(scratch, scenario.server.database ?? "data.db");
  await scenario.prepare?.({ database, scratch, random });
  const servers: ServerProcess[] = [];
  const stop = async (): Promise<void> => void (await Promise.all(servers.map((server) => server.stop())));
  try {
    for (let i = 0; i < count; i += 1) servers.push(await startServer(scenario, target, probe, { database, scratch }));
  } catch (error) {
    await stop();
    throw error;
  }
  const madeDatabase = (): string => {
    if (existsSync(database)) return database;
    throw new HarnessError("VERIFY_NO_DATABASE", `${target.name} made no database at the place that the scenario gives it (${database})`, "Hand it on by `{database}` in `server.env` or `server.args`; where the application is told a folder, name the file in `server.database`.");
  };
  return { database, madeDatabase, scratch, drivers: [target.folder], servers, stop };
}

async function startServer({ server }: Scenario<unknown>, target: Target, probe: string, at: { database: string; scratch: string }): Promise<ServerProcess> {
  const port = await freePort();
  const fill = (text: string): string => text.replaceAll("{port}", String(port)).replaceAll("{database}", at.database).replaceAll("{scratch}", at.scratch);
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const own = Object.entries({ PORT: "{port}", ...server.env }).map(([name, value]) => [name, fill(value)] as const);
  return ServerProcess.start({
    command: server.command,
    args: (server.args ?? []).map(fill),
    probe,
    cwd: target.folder,
    env: Object.fromEntries([...inherited, ...own]),
    port,
    ...(server.ready === undefined ? {} : { readyPath: server.ready }),
    ...(server.startTimeoutSeconds === undefined ? {} : { startTimeoutMs: server.startTimeoutSeconds * 1000 }),
  });
}
