import type { CallbackRole, Framework } from "../framework.js";

const RESOLVER: CallbackRole = { role: "entry", kind: "route", label: "GraphQL resolver" };

/** https://www.apollographql.com/docs/apollo-server, https://the-guild.dev/graphql/yoga-server, https://typegraphql.com, https://pothos-graphql.dev */
export const graphql: Framework = {
  name: "GraphQL",
  specifiers: [
    "@apollo/server",
    "@apollo/server/standalone",
    "@apollo/server/express4",
    "@as-integrations/aws-lambda",
    "@as-integrations/express5",
    "@as-integrations/fastify",
    "@as-integrations/koa",
    "@as-integrations/next",
    "apollo-server",
    "apollo-server-core",
    "apollo-server-express",
    "apollo-server-fastify",
    "apollo-server-koa",
    "apollo-server-lambda",
    "apollo-server-micro",
    "graphql-yoga",
    "@graphql-tools/schema",
    "graphql-modules",
    "mercurius",
    "type-graphql",
    "@pothos/core",
  ],
  aliases: [{ path: /^defaultnew\(\)$/, as: "builder" }],
  types: [],
  // Pothos: `builder.queryType({ fields: (t) => ({ things: t.field({ resolve }) }) })`
  callbackParams: [
    { path: /^builder\.\w+$/, property: /^fields$/, param: 0, as: "t" },
    { path: /^builder\.(queryField|mutationField|queryFields|mutationFields|objectField|objectFields)$/, param: 0, as: "t" },
  ],
  registrations: [
    { path: /^builder\.\w+$/, role: ({ property }) => (property === undefined || property === "fields" ? { role: "once", label: "the schema" } : undefined) },
    { path: /./, role: ({ property }) => (property === "context" ? { role: "entry", kind: "handler", label: "GraphQL context" } : property === "resolve" ? RESOLVER : undefined) },
  ],
  decorators: [{ path: /^(Query|Mutation|Subscription|FieldResolver)\(\)$/, role: ({ method }) => ({ role: "entry", kind: "route", label: `GraphQL ${method}` }) }],
  classes: [{ implements: /^MiddlewareInterface$/, method: /^use$/, role: { role: "entry", kind: "handler", label: "GraphQL middleware" } }],
  nested: [{ path: /^(ApolloServer|createSchema|makeExecutableSchema|createModule|createYoga|createApplication)$/, property: /^resolvers$/, role: RESOLVER }],
  startups: [/^startStandaloneServer$/],
};
