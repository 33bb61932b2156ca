import type { CallId, ClassId, FunctionId, ObjectId, VariableId } from "../facts/types.js";

/**
 * An abstract value. The analysis follows these through variables, parameters, returns and fields until nothing changes
 * (inclusion-based points-to analysis, one token an allocation site, insensitive to calling context).
 */
export type Token =
  | { t: "function"; file: string; id: FunctionId }
  | { t: "class"; file: string; id: ClassId }
  /** Any instance of a project class: one token a class. */
  | { t: "instance"; file: string; id: ClassId }
  | { t: "object"; file: string; id: ObjectId }
  /** What `new Map()` and other constructors of the platform make. */
  | { t: "allocation"; file: string; id: CallId }
  /** A project module's namespace. */
  | { t: "namespace"; file: string }
  /** A value whose declared type is an interface or object type of the project. */
  | { t: "shape"; file: string; variable: VariableId }
  /** A value of another package or of the platform, by how it is reached: `express` + `default().get`. */
  | { t: "external"; module: string | null; path: string }
  /** A session opened at a call; the library is what it was opened with. */
  | { t: "session"; file: string; call: CallId; library: string }
  /** A session of which only the declared type is known, or that the runtime shares. */
  | { t: "typed"; library: string }
  /** Made from a session at a call: an ORM around it, a prepared statement, a transaction's function or handle. */
  | { t: "derived"; kind: "orm" | "statement" | "transaction" | "handle"; of: TokenId; library: string; file: string; call: CallId }
  /** A member of a session or of something derived from it: `prepare`, `insert().values`. */
  | { t: "part"; of: TokenId; path: string };

export type TokenId = number;

/** Longer paths say nothing any more, and unbounded ones would never end (`a().b().a().b()…`). */
const MAX_PATH = 80;

export class TokenTable {
  readonly #tokens: Token[] = [];
  readonly #ids = new Map<string, TokenId>();

  intern(token: Token): TokenId {
    const key = JSON.stringify(token);
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#tokens.length;
      this.#ids.set(key, id);
      this.#tokens.push(token);
    }
    return id;
  }

  get(id: TokenId): Token {
    const token = this.#tokens[id];
    if (!token) throw new RangeError(`no token ${id}`);
    return token;
  }

  /** `value.name`, for values that the project did not make. */
  extend(id: TokenId, suffix: string): TokenId | undefined {
    const token = this.get(id);
    const join = (path: string) => (path && !suffix.startsWith("(") && !suffix.startsWith("new(") ? `${path}.${suffix}` : path + suffix);
    if (token.t === "external") {
      const path = join(token.path);
      return path.length > MAX_PATH ? undefined : this.intern({ ...token, path });
    }
    if (token.t === "part") {
      const path = join(token.path);
      return path.length > MAX_PATH ? undefined : this.intern({ ...token, path });
    }
    if (token.t === "session" || token.t === "typed" || token.t === "derived") {
      return suffix.startsWith("(") || suffix.startsWith("new(") ? undefined : this.intern({ t: "part", of: id, path: suffix });
    }
    return undefined;
  }

  /** The session at the root of a derived value or a part; undefined for everything else. */
  sessionOf(id: TokenId): TokenId | undefined {
    const token = this.get(id);
    if (token.t === "session" || token.t === "typed") return id;
    if (token.t === "derived" || token.t === "part") return this.sessionOf(token.of);
    return undefined;
  }

  libraryOf(id: TokenId): string | undefined {
    const token = this.get(id);
    if (token.t === "session" || token.t === "typed" || token.t === "derived") return token.library;
    if (token.t === "part") return this.libraryOf(token.of);
    return undefined;
  }
}
