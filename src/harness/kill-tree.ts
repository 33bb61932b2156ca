import { type ChildProcess, spawnSync } from "node:child_process";

/** Ends a process and those that it started: on POSIX its group, which it must have been given at its start. */
export function killTree(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") spawnSync("taskkill", ["/pid", String(child.pid), "/t", "/f"], { stdio: "ignore" });
    else process.kill(-child.pid, signal);
  } catch {
    // It has ended already, with all that it started.
  }
}
