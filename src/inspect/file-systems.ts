import { accessSync, constants, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { networkFileSystem } from "../../runtime/file-system.js";

export interface FileSystemFacts {
  /** As the kernel calls it: `ext4`, `overlay`, `nfs4`; `unknown` where it does not tell. */
  readonly kind: string;
  /** Where it is mounted; empty where unknown. */
  readonly mountPoint: string;
  /** Another machine may mount it as well. */
  readonly network: boolean;
  /** What lies on it is gone when the machine or container restarts. */
  readonly volatile: boolean;
}

/** The file system of a file, by device number in `/proc/self/mountinfo` (proc_pid_mountinfo(5)); nothing is opened on it. */
export function fileSystemOf(file: string): FileSystemFacts {
  const network = networkFileSystem(file);
  const mount = findMount(file);
  const kind = mount?.kind ?? network ?? "unknown";
  return {
    kind, mountPoint: mount?.point ?? "",
    network: network !== undefined || /^(nfs|cifs|smb|9p|ceph|afs|glusterfs|lustre|fuse\.(sshfs|glusterfs|s3fs|rclone|gcsfuse|juicefs|davfs))/.test(kind),
    volatile: kind === "tmpfs" || kind === "ramfs" || kind === "overlay",
  };
}

function findMount(file: string): { kind: string; point: string } | undefined {
  let text: string;
  try {
    text = readFileSync("/proc/self/mountinfo", "utf8");
  } catch {
    return undefined;
  }
  // The longest mount point above the file; the last one where several are mounted over each other.
  let best: { kind: string; point: string } | undefined;
  for (const line of text.split("\n")) {
    const [before, after] = line.split(" - ");
    const point = before?.split(" ")[4]?.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));
    const kind = after?.split(" ")[0];
    if (point === undefined || kind === undefined) continue;
    const above = file === point || file.startsWith(point.endsWith("/") ? point : `${point}/`);
    if (above && (best === undefined || point.length >= best.point.length)) best = { kind, point };
  }
  return best;
}

/** Whether this user may create files beside the database: a rollback journal, the log and its index all lie there. */
export function folderIsWritable(file: string): boolean {
  try {
    accessSync(dirname(file), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
