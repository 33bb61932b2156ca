import { tmpdir } from "node:os";
import { lstatSync, mkdirSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";

/**
 * What goes over the socket: two bytes a message, the kind and the number of the request that it is about. Without
 * lengths and texts there is nothing that a broken peer could get wrong but the kind.
 */
export const WANT = 0x77; // w: this process asks for its turn
export const BEGUN = 0x62; // b: it holds the lock, without its turn
export const TRYING = 0x74; // t: it tries, and finds the file busy
export const LEAVE = 0x6c; // l: it is done with its turn, or no longer wants it
export const GRANT = 0x67; // g: its turn; nobody else waits
export const GRANT_WANTED = 0x47; // G: its turn; others wait behind it
export const RECALL = 0x72; // r: somebody waits for the turn that it has
export const NEXT = 0x6e; // n: it may try, though whoever comes before it is not done
export const OVER = 0x6f; // o: its turn is over, somebody else has the lock
export const BEAT = 0x68; // h: it waits, and the queue is alive

export const TO_QUEUE: ReadonlySet<number> = new Set([WANT, BEGUN, TRYING, LEAVE]);
export const FROM_QUEUE: ReadonlySet<number> = new Set([GRANT, GRANT_WANTED, RECALL, NEXT, OVER, BEAT]);

/** Cuts a stream of bytes into messages. */
export class MessageReader {
  #kind = -1;

  constructor(
    private readonly kinds: ReadonlySet<number>,
    private readonly onMessage: (kind: number, request: number) => void,
  ) {}

  /** `false`: the peer speaks another language; the rest of the chunk is not read. */
  read(chunk: Uint8Array): boolean {
    for (const byte of chunk) {
      if (this.#kind < 0) {
        if (!this.kinds.has(byte)) return false;
        this.#kind = byte;
      } else {
        const kind = this.#kind;
        this.#kind = -1;
        this.onMessage(kind, byte);
      }
    }
    return true;
  }
}

/** Where the processes of this user that write to one file meet. */
export interface MeetingPlace {
  readonly path: string;
  /** A file that outlives the death of its owner; an abstract name of Linux does not. */
  readonly isFile: boolean;
}

/**
 * The meeting place for the file of the given identity (`device:inode`). `undefined` where there is none: on Windows, or
 * where the folder for it is not this user's alone.
 */
export function meetingPlace(identity: string, platform: string = process.platform): MeetingPlace | undefined {
  const uid = process.getuid?.();
  if (uid === undefined || platform === "win32") return undefined;
  const name = `sessionfix-queue-1-${uid}-${identity}`;
  if (platform === "linux" || platform === "android") return { path: `\0${name}`, isFile: false };
  const folder = ownFolder(uid);
  return folder === undefined ? undefined : { path: join(folder, `${createHash("sha256").update(name).digest("hex").slice(0, 16)}.sock`), isFile: true };
}

/** A folder that nobody else may enter, because not every system looks at the rights of the socket itself. */
function ownFolder(uid: number): string | undefined {
  const folder = join(tmpdir(), `sessionfix-${uid}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found = lstatSync(folder);
    return found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0 ? folder : undefined;
  } catch {
    return undefined;
  }
}
