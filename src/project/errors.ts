/**
 * The caller asked for something that cannot be done: a path that does not exist, an unknown rule. The message says
 * what, where and what to do; the CLI prints it as one line and exits with 2.
 */
export class UsageError extends Error {
  readonly code: UsageErrorCode;
  /** What to do about it, on a line of its own. */
  readonly hint?: string;

  constructor(code: UsageErrorCode, message: string, hint?: string) {
    super(message);
    this.name = "UsageError";
    this.code = code;
    if (hint !== undefined) this.hint = hint;
  }
}

export type UsageErrorCode = "PATH_NOT_FOUND" | "PATH_OUTSIDE_ROOT" | "UNKNOWN_RULE" | "BAD_OPTION" | "UNKNOWN_COMMAND" | "OUTPUT_NOT_WRITABLE" | "BASELINE_NOT_FOUND" | "BASELINE_BROKEN" | "BASELINE_NEWER" | "VERIFY_FAILS_ALREADY" | "VERIFY_INTERRUPTED" | "PLAN_UNREADABLE" | "PLAN_NEWER" | "PLAN_OF_ANOTHER_VERSION" | "FORMATTER_MISSING" | "FORMATTER_FAILED" | "CONFIG_NOT_FOUND" | "CONFIG_UNREADABLE" | "CONFIG_INVALID" | "UNKNOWN_OPERATION" | "METRICS_UNREADABLE" | "METRICS_INVALID" | "NOT_A_REPOSITORY" | "UNKNOWN_REF" | "GIT_FAILED" | "SCAN_INCOMPLETE";

/** The `code` of a file system error (`EACCES`), or an empty string. */
export function errorCode(error: unknown): string {
  if (typeof error === "object" && error !== null && "code" in error && typeof error.code === "string") return error.code;
  return "";
}

export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
