import { EMPTY_LIBRARY, methods, type Library } from "../library.js";

/** A model, by how one is made: `bookshelf.model("User", …)`, `bookshelf.Model.extend(…)`, and its rows and collections. */
const MODEL = String.raw`^(?:model|collection|Model\.extend|Collection\.extend)\(\)`;

/** https://bookshelfjs.org/: models over a Knex that it is given. Statements carry the handle in the option `transacting`. */
export const bookshelf: Library = {
  ...EMPTY_LIBRARY,
  name: "bookshelf",
  specifiers: ["bookshelf"],
  engine: "wrapped",
  wraps: [{ path: "default", client: "0" }],
  // https://bookshelfjs.org/api.html#Bookshelf-instance-transaction
  transactions: [{ path: methods("transaction"), style: "callback", body: 0, handle: 0, option: "transacting" }],
  statements: [
    { path: methods("commit"), kind: "commit" },
    { path: methods("rollback"), kind: "rollback" },
    { path: new RegExp(`${MODEL}.*\\.(?:fetch|fetchAll|fetchOne|fetchPage|refresh|count|load)$`), kind: "read" },
    { path: new RegExp(`${MODEL}.*\\.(?:save|destroy|create|attach|detach|updatePivot)$`), kind: "write" },
  ],
};
