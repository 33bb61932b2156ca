import { RUNTIME } from "../../contract.js";
import { EMPTY_LIBRARY, methods, type Library } from "../library.js";

const { transaction, transactionSync, batchedTransaction, batchedTransactionSync } = RUNTIME.exports;

/**
 * sessionfix-runtime itself: it makes no sessions, but runs transactions on those that it shares. All begin IMMEDIATE on
 * SQLite unless told otherwise; inside another one they are savepoints. What runs on the session inside of the body is part
 * of the transaction: docs/guarantees.md.
 */
const shared = { ...EMPTY_LIBRARY, name: RUNTIME.specifier, specifiers: [RUNTIME.specifier], engine: "wrapped" } as const satisfies Partial<Library>;

export const sessionfixRuntime: Library = {
  ...shared,
  transactions: [
    { path: methods(transaction), session: 0, style: "callback", body: 1, handle: 0, mode: "immediate", ambient: true },
    { path: methods(batchedTransaction), session: 0, style: "callback", list: 1, body: 2, handle: 1, mode: "immediate", ambient: true },
  ],
};

export const sessionfixRuntimeSync: Library = {
  ...shared,
  id: `${RUNTIME.specifier}/sync`,
  sync: true,
  transactions: [
    { path: methods(transactionSync), session: 0, style: "callback", body: 1, handle: 0, mode: "immediate", ambient: true },
    { path: methods(batchedTransactionSync), session: 0, style: "callback", list: 1, body: 2, handle: 1, mode: "immediate", ambient: true },
  ],
};
