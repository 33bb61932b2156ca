/**
 * Runs a part of the analysis. A tree that it trips over costs this file's findings, never the lint run: an exception in a
 * rule ends ESLint for all files. `DEBUG=sessionfix` lets it through.
 */
export function guarded<T>(work: () => T, otherwise: T): T {
  try {
    return work();
  } catch (error) {
    if (process.env["DEBUG"]?.includes("sessionfix")) throw error;
    return otherwise;
  }
}
