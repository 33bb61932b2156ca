import { canonicalPath, frameworkOf, frameworkOfGlobal, libraryOf, libraryWithId } from "../catalogue/index.js";
import { RUNTIME } from "../contract.js";
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
  /** What `new Map()` and other constructors of the platform make, by call; an array literal, by a number below 0. */
  | { t: "allocation"; file: string; id: number }
  /** A project module's namespace. */
  | { t: "namespace"; file: string }
  /** A value whose declared type is an interface or object type of the project. */
  | { t: "shape"; file: string; variable: VariableId }
  /**
   * A value of another package or of the platform, by how it is reached: `express` + `default().get`. `origin` is the
   * call that began its context, where a framework's places differ by context.
   */
  | { t: "external"; module: string | null; path: string; origin?: string }
  /** A session opened at a call; the library is what it was opened with. */
  | { t: "session"; file: string; call: CallId; library: string }
  /**
   * A session of which only the declared type is known, or that the runtime shares. `role`: what the type may hold
   * (`either`: a session or a transaction's handle; `model`: a table's class). `owner`: the project class that extends
   * the library's, or the name under which a container has it, which tells two such sessions apart.
   */
  | { t: "typed"; library: string; role: TypedRole; owner?: string }
  /**
   * Made from a session at a call: an ORM around it, a prepared statement, a transaction's function or handle, one
   * connection taken out of a pool. The handle of a transaction in another one is made from what that one was made from:
   * a helper that begins one on what it is given, and is given its like, would otherwise make handles of handles without end.
   */
  | { t: "derived"; kind: DerivedKind; of: TokenId; library: string; file: string; call: CallId }
  /** A member of a session or of something derived from it: `prepare`, `insert().values`. */
  | { t: "part"; of: TokenId; path: string };

export type TypedRole = "session" | "handle" | "client" | "either" | "model";
export type DerivedKind = "orm" | "statement" | "transaction" | "handle" | "client";

export type TokenId = number;

/** How the owner of a session begins that a container hands out under a name. */
export const NAMED = "named ";

/** Longer paths say nothing any more, and unbounded ones would never end (`a().b().a().b()…`). */
const MAX_PATH = 160;
const OF_PROMISES = /^(then|catch|finally)$/;

export class TokenTable {
  readonly #tokens: Token[] = [];
  readonly #ids = new Map<string, Map<string | number, Map<string | number, TokenId>>>();

  get size(): number {
    return this.#tokens.length;
  }

  intern(token: Token): TokenId {
    switch (token.t) {
      case "function":
      case "class":
      case "instance":
      case "object":
      case "allocation":
        return this.#intern(token, token.t, token.file, token.id);
      case "namespace":
        return this.#intern(token, token.t, token.file, "");
      case "shape":
        return this.#intern(token, token.t, token.file, token.variable);
      case "external":
        // No package has an empty name: it stands for the platform.
        return this.#intern(token, token.t, token.module ?? "", token.origin === undefined ? token.path : `${token.path} ${token.origin}`);
      case "session":
        return this.#intern(token, token.t, token.file, `${token.call} ${token.library}`);
      case "typed":
        return this.#intern(token, token.t, token.library, `${token.role} ${token.owner ?? ""}`);
      case "derived": {
        const around = token.kind === "handle" ? this.get(token.of) : undefined;
        if (around?.t === "derived" && around.kind === "handle") return this.intern({ ...token, of: around.of });
        return this.#intern(token, token.t, token.of, `${token.kind} ${token.call} ${token.library} ${token.file}`);
      }
      case "part":
        return this.#intern(token, token.t, token.of, token.path);
    }
  }

  #intern(token: Token, kind: string, outer: string | number, inner: string | number): TokenId {
    let rows = this.#ids.get(kind);
    if (!rows) this.#ids.set(kind, (rows = new Map<string | number, Map<string | number, TokenId>>()));
    let row = rows.get(outer);
    if (!row) rows.set(outer, (row = new Map<string | number, TokenId>()));
    let id = row.get(inner);
    if (id === undefined) {
      id = this.#tokens.push(token) - 1;
      row.set(inner, id);
    }
    return id;
  }

  get(id: TokenId): Token {
    const token = this.#tokens[id];
    if (!token) throw new RangeError(`no token ${id}`);
    return token;
  }

  /** In an order that depends on what the tokens are, not on when they came up. */
  sorted(ids: Iterable<TokenId>): TokenId[] {
    return [...ids].map((id) => ({ id, name: this.#describe(id) })).sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ id }) => id);
  }

  #describe(id: TokenId): string {
    const token = this.get(id);
    return "of" in token ? `${this.#describe(token.of)} ${JSON.stringify({ ...token, of: 0 })}` : JSON.stringify(token);
  }

  /** `value.name`, `value()`, `new value()`, for values that the project did not make. */
  extend(id: TokenId, suffix: string): TokenId | undefined {
    const token = this.get(id);
    const calls = suffix === "()" || suffix === "new()";
    if (token.t === "external") {
      const path = isKnown(token.module, token.path) ? knownPath(token.module, joinPath(token.path, suffix)) : joinOpaque(token.path, suffix, token.module !== null);
      return path === undefined || path.length > MAX_PATH ? undefined : this.intern({ ...token, path });
    }
    if (token.t === "part") {
      if (this.#isRow(token) && !OF_PROMISES.test(suffix)) return id;
      const path = joinPath(token.path, suffix);
      return path.length > MAX_PATH ? undefined : this.#partOf(token.of, path);
    }
    if (token.t === "session" || token.t === "typed" || token.t === "derived") return this.#partOf(id, calls ? "()" : suffix);
    return undefined;
  }

  /** What a prepared statement found: its rows, one of them, how many changed. Whatever is read of that is data, and said to be no more than that. */
  #isRow({ of, path }: { of: TokenId; path: string }): boolean {
    const owner = this.get(of);
    if (owner.t !== "derived" || owner.kind !== "statement" || !path.endsWith("()")) return false;
    const methods = libraryWithId(owner.library)?.statementMethods;
    const name = path.slice(0, -2);
    return methods !== undefined && (methods.run.includes(name) || methods.read.includes(name) || methods.iterate.includes(name));
  }

  #partOf(owner: TokenId, path: string): TokenId {
    const library = libraryWithId(this.libraryOf(owner));
    if (library?.same.includes(path)) return owner;
    const model = library?.modelSession === path ? this.get(owner) : undefined;
    if (model?.t === "typed" && model.role === "model") return this.intern({ ...model, role: "session" });
    if (library?.wrapped?.path === path && this.handleOf(owner) === undefined) {
      const token = this.get(owner);
      return token.t === "derived" && token.kind === "orm" ? token.of : this.intern({ t: "typed", library: library.wrapped.library, role: "session" });
    }
    return this.intern({ t: "part", of: owner, path });
  }

  /** The transaction's handle through which something is reached: itself, or what it is a part of. */
  handleOf(id: TokenId): TokenId | undefined {
    const token = this.get(id);
    if (token.t === "part") return this.handleOf(token.of);
    if (token.t === "typed") return token.role === "handle" ? id : undefined;
    if (token.t !== "derived") return undefined;
    return token.kind === "handle" ? id : this.handleOf(token.of);
  }

  /** The session, client or handle on which a part is called. */
  ownerOf(id: TokenId): TokenId | undefined {
    const token = this.get(id);
    if (token.t === "part") return token.of;
    return token.t === "session" || token.t === "typed" || token.t === "derived" ? id : undefined;
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

export function joinPath(path: string, suffix: string): string {
  return path && suffix !== "()" && suffix !== "new()" ? `${path}.${suffix}` : path + suffix;
}

/** As the framework's rules know it; undefined where they say that nothing is known. */
function knownPath(module: string | null, path: string): string | undefined {
  const framework = module === null ? undefined : frameworkOf(module);
  if (!framework) return path;
  const canonical = canonicalPath(framework, path);
  return framework.sealed?.test(canonical) ? undefined : canonical;
}

/** Whether the catalogue may have something to say about what is reached from a value. */
function isKnown(module: string | null, path: string): boolean {
  if (module === null) return frameworkOfGlobal(/^[\w$]*/.exec(path)?.[0] ?? "") !== undefined;
  return libraryOf(module) !== undefined || frameworkOf(module) !== undefined || module === RUNTIME.specifier;
}

/** Stands for everything between where a value comes from and the last name: `JSON.parse….delta`. */
const ELLIPSIS = "…";
const MAX_NAMES = 3;

/**
 * Paths of values that no catalogue entry is about keep where they come from and, for packages, the last name (`on` is
 * an event's registration whoever offers it). Everything in between would be noise without end:
 * `JSON.parse().usage.item.usage…` in code that walks a tree.
 */
function joinOpaque(path: string, suffix: string, keepsName: boolean): string {
  const cut = path.indexOf(ELLIPSIS);
  const origin = cut === -1 ? path : path.slice(0, cut);
  if (suffix === "()" || suffix === "new()") return origin + ELLIPSIS;
  if (cut !== -1 || origin.split(".").length >= MAX_NAMES) return keepsName ? `${origin}${ELLIPSIS}.${suffix}` : origin + ELLIPSIS;
  return joinPath(path, suffix);
}
