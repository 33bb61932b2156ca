/** What the runtime itself does with a handle, past the guard. Each library's handle is given this shape. */
export interface Connection {
  readonly open: boolean;
  readonly inTransaction: boolean;
  readonly memory: boolean;
  readonly readonly: boolean;
  readonly name: string;
  prepare(source: string): PreparedStatement;
  exec(source: string): unknown;
  /** All rows, or with `simple` the first column of the first. */
  pragma(source: string, options?: { simple?: boolean }): unknown;
  close(): unknown;
}

export interface PreparedStatement {
  run(...params: unknown[]): unknown;
  get(...params: unknown[]): unknown;
  all(...params: unknown[]): unknown[];
}
