import { encodeEntry } from "../../core/cache/facts-entry.js";
import { digest } from "../cache/digest.js";
import { factsOfText } from "../file-facts.js";
import { readTreesInPlace } from "../parse.js";

/** A file whose facts are wanted. */
export interface ReadTask {
  file: string;
  /** Without its byte order mark. */
  text: string;
}

/** What it gave, as the text that is also kept, with that text's digest where it is. */
export interface ReadReply {
  file: string;
  payload: string;
  digest?: string;
}

/** What a worker thread is asked: the facts of some files. */
export interface ReadRequest {
  tasks: readonly ReadTask[];
  /** The facts will be kept for the next scan. */
  isKept: boolean;
}

// Threads are started only where there is enough to read.
readTreesInPlace();

/** Runs in a worker thread. Text goes over faster than objects: what it costs to send is what it costs to keep. */
export default function readFacts({ tasks, isKept }: ReadRequest): ReadReply[] {
  return tasks.map(({ file, text }) => {
    const payload = encodeEntry(factsOfText(file, text));
    return isKept ? { file, payload, digest: digest(payload) } : { file, payload };
  });
}
