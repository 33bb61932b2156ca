import { readlinkSync } from "node:fs";

/** The number of the machine's own pid namespace: `PROC_PID_INIT_INO` in the kernel's `include/linux/proc_ns.h`. */
const MACHINE = "pid:[4026531836]";

/**
 * Whether this process sees only some of the machine's processes, as in a container. The kernel leaves the locks of those outside out of
 * `/proc/locks` (`locks_show` in `fs/locks.c`), so that nobody seen there is no proof that nobody holds one.
 */
export function seesPartOnly(link: () => string = () => readlinkSync("/proc/self/ns/pid")): boolean {
  try {
    return link() !== MACHINE;
  } catch {
    return false; // no namespaces here
  }
}
