import { createHash } from "node:crypto";

/** SHA-256 in hexadecimal: two contents with one hash do not happen. */
export function digest(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
