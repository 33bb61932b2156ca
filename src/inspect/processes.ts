import { readFileSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { commandOf, stateOf } from "../../runtime/lock-holder.js";

/** A process as `/proc` shows it. */
export interface ProcessFacts {
  readonly pid: number;
  /** Its command line, cut after 200 characters. */
  readonly command: string;
  /** In words: `running`, `sleeping`, `stopped` … */
  readonly state: string;
  /** Its working folder; `undefined` where this user may not see it. */
  readonly folder?: string;
  /** Set where the process runs in another pid namespace, that is, in a container: the pid that it has there. */
  readonly pidInContainer?: number;
}

export function factsOf(pid: number): ProcessFacts {
  // The kernel names nobody outside the reader's own pid namespace.
  if (pid <= 0) return { pid: 0, command: "a process of another container, or of the host", state: "unknown" };
  const folder = linkOf(`/proc/${pid}/cwd`);
  const inside = pidInContainer(pid);
  return {
    pid, command: commandOf(pid), state: stateOf(pid),
    ...(folder === undefined ? {} : { folder }),
    ...(inside === undefined ? {} : { pidInContainer: inside }),
  };
}

/** `NSpid` of `/proc/<pid>/status` lists the pid in each namespace, outermost first (proc_pid_status(5)). */
function pidInContainer(pid: number): number | undefined {
  const line = /^NSpid:\s+([\d\s]+)$/m.exec(read(`/proc/${pid}/status`) ?? "");
  const pids = line?.[1]?.trim().split(/\s+/) ?? [];
  return pids.length > 1 ? Number(pids.at(-1)) : undefined;
}

/** Which descriptors of which processes are on the files; only processes that this user may look into. */
export interface OpenFiles {
  /** For each file asked for, descriptors by pid. */
  readonly byFile: ReadonlyMap<string, ReadonlyMap<number, readonly string[]>>;
  /** Names, of those asked for, under which a process has a file open that is no longer there. */
  readonly deleted: ReadonlyMap<number, readonly string[]>;
  /** Processes whose descriptors could not be listed: they belong to other users. */
  readonly hidden: number;
}

/** The kernel marks the link of a file without a name so (proc_pid_fd(5)). */
const DELETED = " (deleted)";

/** `undefined` where the system does not list descriptors: other platforms than Linux. Opens none of the files. @param names of files that may be gone. */
export function findOpenFiles(files: readonly string[], names: readonly string[] = []): OpenFiles | undefined {
  const wanted = new Map<string, string>();
  for (const file of files) {
    const key = keyOf(file);
    if (key !== undefined) wanted.set(key, file);
  }
  const byFile = new Map<string, Map<number, string[]>>(files.map((file) => [file, new Map()]));
  let pids: number[];
  try {
    pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
  } catch {
    return undefined;
  }
  if (pids.length === 0) return undefined;
  const deleted = new Map<number, string[]>();
  const goneNames = new Set(names.map((name) => name + DELETED));
  let hidden = 0;
  for (const pid of pids) {
    if (pid === process.pid) continue;
    let descriptors: string[];
    try {
      descriptors = readdirSync(`/proc/${pid}/fd`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EACCES") hidden++;
      continue;
    }
    for (const descriptor of descriptors) {
      const link = `/proc/${pid}/fd/${descriptor}`;
      const target = goneNames.size === 0 ? undefined : linkOf(link);
      if (target !== undefined && goneNames.has(target)) {
        const name = target.slice(0, -DELETED.length);
        const known = deleted.get(pid) ?? [];
        if (!known.includes(name)) deleted.set(pid, [...known, name]);
      }
      const file = wanted.get(keyOf(link) ?? "");
      if (file === undefined) continue;
      const ofFile = byFile.get(file) ?? new Map<number, string[]>();
      ofFile.set(pid, [...(ofFile.get(pid) ?? []), descriptor]);
      byFile.set(file, ofFile);
    }
  }
  return { byFile, deleted, hidden };
}

function keyOf(file: string): string | undefined {
  try {
    const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
    return stats?.isFile() === true ? `${stats.dev}:${stats.ino}` : undefined;
  } catch {
    return undefined;
  }
}

/** Kernel functions in which a thread is that called `nanosleep`, as SQLite's busy handler does on Unix (`unixSleep`). */
const ASLEEP = new Set(["hrtimer_nanosleep", "do_nanosleep", "common_nsleep", "clock_nanosleep"]);
/** A process with more threads than this is only looked at in part: the look must stay short. */
const MOST_THREADS = 64;

/** A thread that is asleep at this moment, and how often it has given up the processor of its own will so far. */
export interface SleepingThread {
  readonly thread: number;
  readonly switches: number;
}

export function sleepingThreads(pid: number): SleepingThread[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .slice(0, MOST_THREADS)
      .filter((thread) => ASLEEP.has(read(`/proc/${pid}/task/${thread}/wchan`)?.trim() ?? ""))
      .map((thread) => ({ thread: Number(thread), switches: Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(read(`/proc/${pid}/task/${thread}/status`) ?? "")?.[1] ?? 0) }));
  } catch {
    return []; // it ended, or belongs to somebody else
  }
}

/** Native code of a process that by its name may contain SQLite. */
export function sqliteLibrariesOf(pid: number): string[] | undefined {
  const maps = read(`/proc/${pid}/maps`);
  if (maps === undefined) return undefined;
  const files = new Set([...maps.matchAll(/(\/\S[^\n]*(?:\.node|\.so[.\d]*|\.dylib))$/gm)].map(([, file]) => file ?? ""));
  return [...files].filter((file) => /sqlite|libsql|sqlcipher|turso|prisma|query_engine|sequelize/i.test(file)).sort();
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return undefined;
  }
}

function linkOf(file: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch {
    return undefined;
  }
}
