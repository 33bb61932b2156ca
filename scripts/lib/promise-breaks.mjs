// One way, or more, to break each promise of the runtime: the named tests must notice. `npm run test:promises` tries them.

/** `find` must occur exactly once in the file. `expect` is part of the name of a test that fails. */
export const BREAKS = [
  {
    promise: 1, breaks: "a file is told by the spelling of its path", file: "session-entry.ts",
    find: "  return `${kind}|${inodeOf(path) ?? identifyFolderEntry(path)}`;", replace: "  return `${kind}|${path}`;", tests: ["one-session"],
  },
  {
    promise: 2, breaks: "two libraries on one file go unnoticed", file: "foreign-sqlite.ts",
    find: "    if (shmDescriptors.length > 1) throw foreign(this.path, shmDescriptors.length);\n", replace: "", tests: ["foreign-sqlite"],
  },
  {
    promise: 2, breaks: "a log that was removed goes unnoticed", file: "foreign-sqlite.ts",
    find: "    if (!walHeld && (read || before?.walHeld === true) && this.#isInWalMode()) throw replaced(this.path, `${this.path}-wal`, wal === undefined);\n", replace: "", tests: ["foreign-sqlite", "contract/files"],
  },
  {
    promise: 2, breaks: "a commit is acknowledged without another look", file: "lifecycle.ts",
    find: "    frame.state.guard.check(performance.now(), frame.mode === \"deferred\");\n", replace: "", tests: ["foreign-sqlite"],
  },
  {
    promise: 3, breaks: "SQLite's busy handler waits at BEGIN", file: "session-state.ts",
    find: "  if (state.waitingStopped) return;\n", replace: "  if (Date.now() > 0) return;\n", tests: ["waiting"],
  },
  {
    promise: 4, breaks: "last come, first served", file: "fifo-lock.ts",
    find: "    const next = this.#head;", replace: "    const next = this.#tail;", tests: ["queue"],
  },
  {
    promise: 5, breaks: "who asks last gets the next turn", file: "file-queue-turns.ts",
    find: "    this.#waiting.push(request);", replace: "    this.#waiting.unshift(request);", tests: ["fairness-turns"],
  },
  {
    promise: 6, breaks: "another task's statement is let into an open transaction", file: "access.ts",
    find: "  if (open === undefined) return undefined;\n", replace: "  if (Date.now() > 0) return undefined;\n", tests: ["isolation"],
  },
  {
    promise: 7, breaks: "a synchronous body begins in a later turn", file: "transaction.ts",
    find: "    return beginNow(run) ? runBody(run) : runAfterLock(run, waitFrom(run));", replace: "    return Promise.resolve().then(() => (beginNow(run) ? runBody(run) : runAfterLock(run, waitFrom(run))));", tests: ["sync-bodies", "contract/promises"],
  },
  {
    promise: 8, breaks: "what outlives its transaction runs on its own", file: "access.ts",
    find: "  throw late(frame);\n}\n\nfunction outside", replace: "  return undefined;\n}\n\nfunction outside", tests: ["late-use"],
  },
  {
    promise: 8, breaks: "an async function is run before it is refused", file: "promises.ts",
    find: '  if (tag !== "[object AsyncFunction]" && tag !== "[object AsyncGeneratorFunction]") return;', replace: "  if (tag !== undefined) return;", tests: ["late-use", "sync-bodies"],
  },
  {
    promise: 9, breaks: "circles of waits are not looked for", file: "waiting.ts",
    find: "  if (path === undefined) return;\n  throw deadlock", replace: "  if (path === undefined || Date.now() > 0) return;\n  throw deadlock", tests: ["deadlock"],
  },
  {
    promise: 10, breaks: "a failed transaction is not rolled back", file: "lifecycle.ts",
    find: "    if (frame.outer === undefined) {\n      state.statements.rollback.run();", replace: "    if (frame.outer === undefined) {", tests: ["failures"],
  },
  {
    promise: 10, breaks: "a silent rollback goes unnoticed", file: "access.ts",
    find: "    if (!state.connection.inTransaction) throw endedFromWithin(frame);", replace: "", tests: ["late-use"],
  },
  {
    promise: 11, breaks: "a batch takes all items", file: "batch.ts",
    find: "      if (count >= batchSize || this.#cancelled", replace: "      if (this.#cancelled", tests: ["batches.test.ts", "contract/promises"],
  },
  {
    promise: 12, breaks: "what a bad item wrote stays", file: "item-savepoint.ts",
    find: "    this.#statements.undo.run();\n", replace: "", tests: ["batches-policy", "contract/promises"],
  },
  {
    promise: 13, breaks: "another run of the same key goes unnoticed", file: "resume-cursor.ts",
    find: "      if (row !== undefined || this.#known !== undefined) throw anotherRun", replace: "      if (Date.now() < 0) throw anotherRun", tests: ["resume.test.ts"],
  },
  {
    promise: 13, breaks: "a changed input is not refused", file: "resume-cursor.ts",
    find: '    if (whole && row.fingerprint !== this.fingerprint.current()) throw', replace: '    if (whole && Date.now() < 0) throw', tests: ["resume.test.ts", "contract/promises"],
  },
  {
    promise: 14, breaks: "the holder is not looked for", file: "waiting.ts",
    find: "  const holder = findForeignHolder(path, phase);\n", replace: "  const holder: LockHolder = { where: \"unknown\", reason: \"\" };\n", tests: ["lock-timeout"],
  },
  {
    promise: 15, breaks: "slow transactions are not reported", file: "lifecycle.ts",
    find: "  if (isSlow) reportSlow(", replace: "  if (isSlow && Date.now() < 0) reportSlow(", tests: ["diagnostics"],
  },
  {
    promise: 15, breaks: "statements are not echoed", file: "guard.ts",
    find: "    if (statementRan.hasSubscribers) return observed(access, frame, shape.source(this), () => method.apply(this, args));\n", replace: "", tests: ["diagnostics"],
  },
  {
    promise: 16, breaks: "the thread keeps the process alive", file: "wal-worker.ts",
    find: "    worker.unref();\n", replace: "", tests: ["wal-care"],
  },
  {
    promise: 16, breaks: "the thread takes any copy of the library", file: "wal-worker.ts",
    find: "own.every((file) => addons.includes(file))", replace: "true", tests: ["wal-care"],
  },
  {
    promise: 16, breaks: "a log that nobody writes to is not cut", file: "wal-care.ts",
    find: "idle ? \"truncate\" : ", replace: "", tests: ["wal-care"],
  },
  {
    promise: 16, breaks: "a log is allowed on NFS", file: "engine.ts",
    find: "    if (setting.pragma === \"journal_mode\" && setting.value === \"wal\" && !connection.memory) refuseNetworkFileSystem(path);\n", replace: "", tests: ["network-file-system"],
  },
  {
    promise: 17, breaks: "a transaction commits although it was aborted", file: "transaction.ts",
    find: "    options.signal?.throwIfAborted();\n    if (!commit(frame))", replace: "    if (!commit(frame))", tests: ["contract/promises", "waiting"],
  },
];
