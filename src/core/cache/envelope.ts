/** Bump when the layout of cached files changes. */
export const CACHE_FORMAT = 1;

/** A strong hash of a text. The host brings it: this part has no crypto of its own. */
export type Digest = (text: string) => string;

/**
 * A cached value with everything needed to refuse it later: what it is, what it was made from, and a digest of the
 * whole, so that a file cut short, damaged or written by another version is never believed.
 */
export function seal(kind: string, key: string, value: unknown, digest: Digest): string {
  const payload = JSON.stringify(value);
  return sealed(kind, key, payload, digest(payload));
}

/** The same of a payload whose digest is there already. */
export function sealed(kind: string, key: string, payload: string, digestOfPayload: string): string {
  return `${header(kind, key)} ${digestOfPayload}\n${payload}`;
}

/** The value, or `undefined` for anything but exactly what `seal` made for this kind and key. */
export function unseal(kind: string, key: string, text: string, digest: Digest): unknown {
  const end = text.indexOf("\n");
  if (end < 0) return undefined;
  const payload = text.slice(end + 1);
  if (text.slice(0, end) !== `${header(kind, key)} ${digest(payload)}`) return undefined;
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}

function header(kind: string, key: string): string {
  return `sessionfix-cache ${CACHE_FORMAT} ${kind} ${key}`;
}
