import { frameworkOf, injectedBy, librariesOf } from "../catalogue/index.js";
import type { Library } from "../catalogue/library.js";
import type { Expr, FunctionFact, ParamFact } from "../facts/types.js";
import { constantOf } from "./constants.js";
import { keyOf } from "./injected.js";
import type { Program } from "./program.js";

/**
 * Whether a container fills a parameter or field, by its decorators: `@InjectRepository(User)`. What it puts there is known, and says more
 * than the declared type, which may as well be that of something inside a transaction.
 */
export function isInjected(program: Program, file: string, decorators: readonly Expr[] | undefined): boolean {
  return (decorators ?? []).some((decorator) => {
    const asked = decoratorOf(program, file, decorator);
    return asked !== undefined && injectedBy(asked.specifier, asked.path) !== undefined;
  });
}

/**
 * The library of a constructor's parameter that asks for the session by its type alone, in a class of the container's or beside others that ask by a
 * decorator: the container that fills those has one for all (https://docs.nestjs.com/techniques/database#typeorm-transactions).
 */
export function injectedByType(program: Program, file: string, fn: FunctionFact, { type, decorators }: ParamFact): Library | undefined {
  if (fn.kind !== "constructor" || decorators !== undefined || type?.k !== "ref" || typeof type.head !== "number" || type.path.length > 0) return undefined;
  const from = program.variable(file, type.head).import;
  const library = from && librariesOf(from.specifier).find(({ injected, sessionTypes, injectedTypes = [] }) => injected !== undefined && [...sessionTypes, ...injectedTypes].includes(from.name));
  return library && (isContainers(program, file, fn) || fn.params.some((other) => isInjected(program, file, other.decorators))) ? library : undefined;
}

/** Whether a container makes the class of a constructor: `@Injectable()`. */
function isContainers(program: Program, file: string, fn: FunctionFact): boolean {
  if (fn.class === undefined) return false;
  return program.class(file, fn.class).decorators.some((decorator) => {
    const asked = decoratorOf(program, file, decorator);
    return asked !== undefined && frameworkOf(asked.specifier)?.container?.decorators.test(asked.path) === true;
  });
}

/** `@Inject(DATABASE)`: where it comes from, and how it is written there. */
function decoratorOf(program: Program, file: string, decorator: Expr): { specifier: string; path: string } | undefined {
  const callee = decorator.k === "call" ? program.call(file, decorator.id).callee : decorator;
  const imported = callee.k === "var" ? program.variable(file, callee.id).import : undefined;
  return imported && { specifier: imported.specifier, path: imported.name + (decorator.k === "call" ? "()" : "") };
}

/**
 * The name under which a container is asked for what it puts into a parameter or field: `@Inject(DATABASE)`. All who ask under one name get the one
 * thing, which is made before any transaction is begun (https://docs.nestjs.com/fundamentals/custom-providers#non-class-based-provider-tokens).
 * Who asks for a class has its type.
 */
export function askedName(program: Program, file: string, decorators: readonly Expr[] | undefined): string | undefined {
  for (const decorator of decorators ?? []) {
    const asked = decoratorOf(program, file, decorator);
    const [name] = decorator.k === "call" ? program.call(file, decorator.id).args : [];
    if (!name || !asked || frameworkOf(asked.specifier)?.container?.inject.test(asked.path) !== true) continue;
    return keyOf(constantOf(program, file, name));
  }
  return undefined;
}
