/** SQLSTATE of a server's error, see https://www.postgresql.org/docs/current/errcodes-appendix.html. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  return /^[0-9A-Z]{5}$/.test(error.code) && "severity" in error ? error.code : undefined;
}

export const LOCK_NOT_AVAILABLE = "55P03";
export const QUERY_CANCELED = "57014";
export const IN_FAILED_TRANSACTION = "25P02";
export const NO_ACTIVE_TRANSACTION = "25P01";

/** A serialization failure or a deadlock, also where a library has wrapped it: a further run of the body may succeed. */
export function isRetryable(error: unknown): boolean {
  let at = error;
  for (let depth = 0; depth < 8 && at instanceof Error; depth++) {
    const state = sqlState(at);
    if (state === "40001" || state === "40P01") return true;
    at = at.cause;
  }
  return false;
}

/**
 * Whether the connection is gone with this error. A server's error leaves it usable, unless it is fatal or says that
 * the server ends (57P01 to 57P05); an error that is none of the server's comes from the socket.
 */
export function endsConnection(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return /^(?:57P0|08)/.test(state) || isFatal(error);
  return error instanceof Error && (CONNECTION_ENDED.test(error.message) || ("syscall" in error && typeof error.syscall === "string"));
}

/** As pg 8 words it; its errors of this kind have no code. */
const CONNECTION_ENDED = /^Connection terminated|not queryable|Client was closed|timeout expired/;

/** `severity` may be translated; whether a translation of FATAL or PANIC is meant cannot be told, so only these count. */
function isFatal(error: unknown): boolean {
  return typeof error === "object" && error !== null && "severity" in error && (error.severity === "FATAL" || error.severity === "PANIC");
}

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error("The connection failed.", { cause: thrown });
}

/** Whether an error in place of `COMMIT`'s answer says that nothing was committed: the server itself refused, and lives. */
export function refusesCommit(error: unknown): boolean {
  return sqlState(error) !== undefined && !endsConnection(error);
}
