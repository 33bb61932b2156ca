/** A file that `doctor` or `top` was given is not what they can look at. */
export class DatabaseFileError extends Error {
  /** What to do about it. */
  readonly hint: string;

  constructor(
    readonly code: "NO_SUCH_DATABASE" | "NOT_A_DATABASE" | "DATABASE_UNREADABLE" | "NO_SUCH_PROCESS" | "NO_SQLITE_TO_CHECK_WITH",
    message: string,
    hint: string,
  ) {
    super(message);
    this.name = "DatabaseFileError";
    this.hint = hint;
  }
}
