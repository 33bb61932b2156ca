/** What a caller outside the project does with a function that it is given. */
export type CallbackRole =
  /** Runs once per request, message, event or tick: an entry point. */
  | { role: "entry"; kind: "route" | "event" | "timer" | "queue" | "cron" | "handler"; /** Arguments that name it: `PATCH /artifacts/:id`. */ label: string }
  /** Runs at most once in the life of the process: start-up, shutdown. */
  | { role: "once"; label: string }
  /** Runs in tests only. */
  | { role: "test" };

/** How a framework or the platform registers handlers. Paths are as in `Library`, continued through calls: `default().get`. */
export interface Framework {
  name: string;
  specifiers: readonly string[];
  /** Names that need no import: `setInterval`, `process`. */
  globals?: readonly string[];
  /** Exported types whose values are the application, router or emitter. */
  types: readonly { type: string; as: string }[];
  /** What parameters of given callbacks are: a Fastify plugin's first parameter is the instance again. */
  callbackParams: readonly { path: RegExp; argument?: number; param: number; as: string }[];
  /** What a registering call says of the functions in its arguments. `path` matches the callee. */
  registrations: readonly {
    path: RegExp;
    role: (call: { method: string; literals: (string | undefined)[]; property?: string }) => CallbackRole | undefined;
  }[];
  /** Exports that the framework calls by file convention: export name → what it is. */
  fileEntries?: readonly { file: RegExp; entry: (exportName: string) => string | undefined }[];
  /** Calls that start the program, for `init-at-startup`. */
  startups: readonly RegExp[];
}
