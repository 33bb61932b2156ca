/** A stable 64-bit hash in hexadecimal (two 32-bit FNV-1a rounds over UTF-16 units): for fingerprints, not for security. */
export function hash(text: string): string {
  let low = 0x811c9dc5;
  let high = 0xc9dc5118;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ (unit + index), 0x01000193);
  }
  const hex = (value: number) => (value >>> 0).toString(16).padStart(8, "0");
  return hex(high) + hex(low);
}

/**
 * Identifies a finding when unrelated lines move: the rule, the file, the function around it, the code itself, and
 * which one of equal ones it is.
 */
export function fingerprint(rule: string, file: string, functionName: string, code: string, occurrence: number): string {
  return hash([rule, file, functionName, onOneLine(code), String(occurrence)].join("\u0000"));
}

/** Code as a fingerprint sees it: how it is broken into lines and indented says nothing. */
export function onOneLine(code: string): string {
  return code.replace(/\s+/g, " ").trim();
}
