/** A build says what it was made from, see scripts/lib/detection.mjs. */
declare const SESSIONFIX_DETECTION: string | undefined;

/** Names the analysis and the rules of this build: only what the same ones found is taken for what these would find. */
export const DETECTION = typeof SESSIONFIX_DETECTION === "undefined" ? "from source" : SESSIONFIX_DETECTION;
