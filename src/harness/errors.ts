/** The load could not be run: a scenario that is none, a server that does not start. What, where, and what to do. */
export class HarnessError extends Error {
  constructor(
    readonly code: HarnessErrorCode,
    message: string,
    /** What to do about it, on a line of its own. */
    readonly hint?: string,
  ) {
    super(message);
    this.name = "HarnessError";
  }
}

export type HarnessErrorCode =
  | "VERIFY_NO_DRIVER"
  | "VERIFY_NO_SCENARIO"
  | "VERIFY_SCENARIO_INVALID"
  | "VERIFY_SCENARIO_UNREADABLE"
  | "VERIFY_NO_PROBE"
  | "VERIFY_NO_DATABASE"
  | "VERIFY_SERVER_ENDED"
  | "VERIFY_SERVER_SILENT"
  | "VERIFY_BUILD_FAILED"
  | "VERIFY_SET_UP_FAILED"
  | "VERIFY_NOT_A_REPOSITORY"
  | "VERIFY_UNKNOWN_REF"
  | "VERIFY_FOLDER_MISSING";
