/** What a caller outside the project does with a function that it is given. */
export type CallbackRole =
  /** Runs once per request, message, event or tick: an entry point. */
  | { role: "entry"; kind: "route" | "event" | "timer" | "queue" | "cron" | "handler"; /** Arguments that name it: `PATCH /artifacts/:id`. */ label: string }
  /** Runs at most once in the life of the process: start-up, shutdown. */
  | { role: "once"; label: string }
  /** Runs in tests only. */
  | { role: "test" };

/** What is known of a registering call, or of a decorator, beside its path. */
export interface Registration {
  method: string;
  /** The text of each argument that is a literal. */
  literals: readonly (string | undefined)[];
  /** The property of an object argument in which the function stands. */
  property?: string;
}

/**
 * How a framework or the platform registers handlers, and what it gives them. Paths are as in `Library`, continued
 * through calls (`default().get`), after `aliases`. A place is a path of an object that outlives the handler
 * (`request`, `context.var`): what the program puts there is found there again.
 */
export interface Framework {
  name: string;
  specifiers: readonly string[];
  /** Names that need no import: `setInterval`, `process`. */
  globals?: readonly string[];
  /** Paths that are other paths: a chain that ends where it began, another name. The first that matches counts. */
  aliases?: readonly { path: RegExp; as: string }[];
  /** Paths of which nothing is known but what the program puts there. */
  sealed?: RegExp;
  /** Exported types whose values are the application, router or emitter. Their type arguments may say what places hold. */
  types: readonly TypeRule[];
  /** Types that programs add members to by `declare module` (of any of the specifiers) or `declare global`, and the place that has them. */
  augments?: readonly { type: string; place: string; global?: boolean }[];
  /** What parameters of given callbacks are: a Fastify plugin's first parameter is the instance again. */
  callbackParams: readonly CallbackParameter[];
  /** Calls whose type arguments say what places hold: `new Hono<{ Variables: … }>()`. */
  generics?: readonly ({ path: RegExp } & TypeArgument)[];
  /** Calls that begin a context of their own: the places in it are not those of another such call. They take over what their receiver's context holds. */
  scopes?: readonly { path: RegExp; places: readonly string[]; /** It also takes over the context of an argument that has one. */ joins?: boolean }[];
  /** Calls that put a value at a place, under the name in argument `key` or as a whole. */
  stores?: readonly { path: RegExp; key?: number; value: string; place: string }[];
  /** Calls that give what stands at a place under the name in argument `key`. */
  loads?: readonly { path: RegExp; key: number; place: string }[];
  /** What a registering call says of the functions in its arguments. `path` matches the callee. */
  registrations: readonly { path: RegExp; role: (call: Registration) => CallbackRole | undefined }[];
  /** What the decorators of a class, or of one of its methods, say of the method. `path` matches the decorator with its call: `Get()`. */
  decorators?: readonly { path: RegExp; role: (decorator: Registration) => CallbackRole | undefined }[];
  /** Methods that the framework calls on classes that are decorated so, implement or extend this. Any of the three is enough. */
  classes?: readonly ClassRule[];
  /** Properties of object literals, in files that import the framework, told by the properties that they have: `{ provide, useFactory }`. */
  objects?: readonly { has: readonly string[]; property: RegExp; /** Only functions with a parameter of such a name. */ takes?: RegExp; role: CallbackRole }[];
  /** Functions anywhere inside a property of a call's object argument: `new ApolloServer({ resolvers: { Query: { … } } })`. */
  nested?: readonly { path: RegExp; property: RegExp; role: CallbackRole }[];
  /** Functions that begin with this directive. */
  directives?: readonly { directive: string; role: CallbackRole }[];
  /** Exports that the framework calls by file convention. */
  fileEntries?: readonly FileEntry[];
  /** Files that it loads by their place, and what they share without an import that would tell. */
  loaded?: LoadedRule;
  /** What files know without an import. */
  autoImports?: readonly AutoImportRule[];
  /** Calls that start the program, for `init-at-startup`. */
  startups: readonly RegExp[];
  /** It makes classes itself, once or for each request. */
  container?: ContainerRules;
}

/** Parts of a program that put things on an object which the framework hands to all of them: `fastify.decorate("db", db)` and `fastify.db`. */
export interface LoadedRule {
  file: RegExp;
  /** Puts something there; its first group is the name. */
  puts: RegExp;
  /** What parts call the object. */
  objects: readonly string[];
}

/** Folders whose exports other files know by their names alone. All folders are below the one that holds the configuration file. */
export interface AutoImportRule {
  /** The configuration file's name. */
  config: RegExp;
  /** Whose files know the names; the empty one is the program's own. */
  known: readonly string[];
  /** Whose files' exports are known; `deep`: those of folders inside as well. A default export has its file's name in camel case. */
  exported: readonly { folder: string; deep: boolean }[];
  /** The folder of parts that have such a file themselves, and share all names with the program. */
  layers?: string;
}

/** How a container is told what to make for each request. All are paths, matched as those of `registrations`. */
export interface ContainerRules {
  /** Decorators, with their call, of classes that the container makes. An object among their arguments may say a `scope`. */
  decorators: RegExp;
  /** What `scope` is, in such an object or in a provider's, where one is made for each request. */
  perRequest: RegExp;
  /** Decorators, with their call, of parameters and fields that name what is injected. */
  inject: RegExp;
  /** What names something that is made elsewhere under its class: `forwardRef(() => Things)`. */
  references: RegExp;
  /** What is injected under these exists for one request only; so does whatever has it injected. */
  requestTokens: RegExp;
  /** Without a call of this, `durable: true` keeps nothing from being made for each request. */
  durableBy: RegExp;
}

/** What a value of an exported type is, or, for the type of a function, what its parameters are. */
export interface TypeRule {
  type: string;
  as?: string;
  params?: readonly (string | null)[];
  /** The name needs no import: `Express.Request`. */
  global?: boolean;
  holds?: readonly TypeArgument[];
}

/** A type argument, or a property of it, and the place whose value it is the type of. */
export interface TypeArgument {
  argument: number;
  property?: string;
  place: string;
  /** The type may be that of a function which makes the value: `context<typeof createContext>()`. */
  made?: boolean;
}

export interface CallbackParameter {
  path: RegExp;
  /** Default: every argument. */
  argument?: number;
  /** The function stands in this property of an object argument. Default: it is the argument itself. */
  property?: RegExp;
  param: number;
  /** Only for functions with so many parameters: `(error, request, response, next)` has four. */
  arity?: readonly number[];
  as: string;
}

export interface ClassRule {
  decorated?: RegExp;
  implements?: RegExp;
  extends?: RegExp;
  method: RegExp;
  role: CallbackRole;
}

export interface FileEntry {
  file: RegExp;
  /** Only in files with this directive: `"use server"`. */
  directive?: string;
  /** Not in files with this one: `"use client"`. */
  without?: string;
  /** Only in files that import a module of this name. */
  imports?: RegExp;
  /** Only functions whose first parameters have such names, where a place alone says too little. */
  takes?: readonly RegExp[];
  /** What the parameters of the entry are. */
  params?: readonly string[];
  /** A label stands for an entry point. An export that is an object is asked for each of its functions: `default.fetch`. */
  entry: (exportName: string) => string | CallbackRole | undefined;
}
