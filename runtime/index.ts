export { createSessionFactory, initSessionFactory, getSession, closeSessions } from "./factory.js";
export type { DefaultSession, Register } from "./factory.js";
export { transaction } from "./transaction.js";
export { transactionSync } from "./transaction-sync.js";
export { batchedTransaction } from "./batches.js";
export { batchedTransactionSync } from "./batches-sync.js";
export { detached } from "./access.js";
export { collectMetrics } from "./metrics.js";
export type { FileMetrics, MetricsCollector, MetricsSnapshot, TransactionMetrics } from "./metrics.js";
export { forgetResume, resumeState } from "./resume.js";
export type { ResumeState } from "./resume.js";
export { batchReportOf } from "./batch-run.js";
export type { BatchHandler } from "./batch-run.js";
export {
  AsyncBodyError, CommitUncertainError, DeadlockError, EngineSettingError, FileReplacedError, ForeignSqliteError, LockTimeoutError,
  NetworkFileSystemError, RecursiveOpenError, ResumeError, RunnerError, SessionBusyError,
  SessionClosedError, SessionError, SessionNotInitializedError, SessionOptionError, TransactionClosedError,
  UnsupportedSessionError,
} from "./errors.js";
export type { DeadlockPlace, SessionErrorCode } from "./errors.js";
export type { LockHolder } from "./lock-holder.js";
export type { WalReader } from "./wal-readers.js";
export type { SessionCheckoutEvent, SessionCloseEvent, SessionOpenEvent, SlowEvent, StatementEvent, TransactionEvent, WalEvent } from "./diagnostics.js";
export type { NodeSqliteDatabase, SqliteConnection, SqliteSession, SqliteStatement } from "./sqlite-connection.js";
export type {
  CloseOptions, Driver, DriverFactoryOptions, EngineSettings, OpenFactoryOptions, Quantiles, ServerClient, ServerSession,
  ServerTx, SessionFactory, TransactionMode, TransactionOptions, TransactionSyncOptions,
} from "./types.js";
export { RUNNER_CAPABILITIES } from "./batch-types.js";
export type {
  AsyncTransactionRunner, BatchOptions, BatchOptionsSync, BatchProgress, BatchReport, ItemFailure, ResumeOptions, ResumeRow, ResumeStore,
  RunnerCapabilities, TransactionRunner, TransactionRunnerSync,
} from "./batch-types.js";
