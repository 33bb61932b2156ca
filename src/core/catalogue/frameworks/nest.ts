import type { CallbackRole, Framework } from "../framework.js";

const VERBS = "Get|Post|Put|Patch|Delete|Head|Options|All|Search|Sse";
const ONCE: CallbackRole = { role: "once", label: "start-up" };
const handler = (label: string): CallbackRole => ({ role: "entry", kind: "handler", label });

/** https://docs.nestjs.com: controllers, resolvers, gateways, queues, schedules, providers and their life cycle. */
export const nest: Framework = {
  name: "NestJS",
  specifiers: [
    ...["common", "core", "graphql", "microservices", "schedule", "event-emitter", "bull", "bullmq", "websockets", "cqrs", "typeorm", "sequelize", "mongoose", "config", "jwt", "passport", "apollo", "mercurius"].map(
      (name) => `@nestjs/${name}`,
    ),
    "nestjs-trpc",
    "nest-commander",
    "@golevelup/nestjs-rabbitmq",
  ],
  types: [{ type: "INestApplication", as: "NestFactory.create()" }],
  callbackParams: [],
  registrations: [
    // `TypeOrmModule.forRootAsync({ useFactory })`
    { path: /./, role: ({ property }) => (property !== undefined && /^use(Factory|Value)$|^dataSourceFactory$/.test(property) ? { role: "once", label: "a provider's factory" } : undefined) },
    { path: /^NestFactory\.create\w*\(\)\.use$/, role: () => handler("middleware") },
    { path: /^NestFactory\.create\w*\(\)\.(listen|init)$/, role: () => ONCE },
  ],
  decorators: [
    { path: new RegExp(`^(${VERBS})\\(\\)$`), role: ({ method, literals }) => ({ role: "entry", kind: "route", label: `${method.toUpperCase()} ${literals[0] ?? ""}`.trim() }) },
    { path: /^(Query|Mutation|Subscription|ResolveField|ResolveProperty|ResolveReference)\(\)$/, role: ({ method, literals }) => ({ role: "entry", kind: "route", label: `GraphQL ${method} ${literals[0] ?? ""}`.trim() }) },
    { path: /^(Cron|Interval)\(\)$/, role: ({ method, literals }) => ({ role: "entry", kind: "cron", label: `${method} ${literals[0] ?? ""}`.trim() }) },
    { path: /^Timeout\(\)$/, role: () => ({ role: "once", label: "a timeout after start-up" }) },
    { path: /^(EventPattern|MessagePattern|GrpcMethod|GrpcStreamMethod|OnEvent|SubscribeMessage|RabbitSubscribe|RabbitRPC)\(\)$/, role: ({ literals }) => ({ role: "entry", kind: "event", label: `${literals[0] ?? "a"} message` }) },
    { path: /^(Process|OnWorkerEvent|OnQueue\w+|OnGlobalQueue\w+)\(\)$/, role: ({ literals }) => ({ role: "entry", kind: "queue", label: `${literals[0] ?? "a"} job` }) },
  ],
  classes: [
    { implements: /^NestMiddleware$/, method: /^use$/, role: handler("middleware") },
    { implements: /^CanActivate$/, method: /^canActivate$/, role: handler("a guard") },
    { implements: /^NestInterceptor$/, method: /^intercept$/, role: handler("an interceptor") },
    { implements: /^PipeTransform$/, method: /^transform$/, role: handler("a pipe") },
    { implements: /^ExceptionFilter$/, extends: /^BaseExceptionFilter$/, decorated: /^Catch\(\)$/, method: /^catch$/, role: handler("an exception filter") },
    { extends: /^PassportStrategy\(\)$/, method: /^validate$/, role: handler("authentication") },
    { extends: /^AuthGuard\(\)$/, method: /^(canActivate|handleRequest)$/, role: handler("a guard") },
    { implements: /^(ICommandHandler|IQueryHandler|IEventHandler)$/, decorated: /^(CommandHandler|QueryHandler|EventsHandler)\(\)$/, method: /^(execute|handle)$/, role: handler("a command, query or event") },
    { extends: /^WorkerHost$/, method: /^process$/, role: { role: "entry", kind: "queue", label: "a job" } },
    { implements: /^OnGatewayConnection$/, method: /^handleConnection$/, role: { role: "entry", kind: "event", label: "a connection" } },
    { implements: /^OnGatewayDisconnect$/, method: /^handleDisconnect$/, role: { role: "entry", kind: "event", label: "a disconnection" } },
    {
      decorated: /^(Injectable|Module|Controller|Resolver|WebSocketGateway|Processor|Global|Catch)(\(\))?$/,
      implements: /^(OnModuleInit|OnApplicationBootstrap|OnModuleDestroy|BeforeApplicationShutdown|OnApplicationShutdown)$/,
      method: /^(onModuleInit|onApplicationBootstrap|onModuleDestroy|beforeApplicationShutdown|onApplicationShutdown)$/,
      role: ONCE,
    },
    // `MulterModule.registerAsync({ useClass })`, `TypeOrmModule.forRootAsync({ useClass })`
    { implements: /OptionsFactory$/, method: /^create\w*Options$/, role: ONCE },
    { decorated: /^Module\(\)$/, implements: /^NestModule$/, method: /^configure$/, role: ONCE },
    { extends: /^CommandRunner$/, method: /^run$/, role: { role: "once", label: "a command" } },
  ],
  objects: [{ has: ["provide", "useFactory"], property: /^useFactory$/, role: { role: "once", label: "a provider's factory" } }],
  // https://docs.nestjs.com/fundamentals/provider-scopes: the scope of what is injected goes over to the class that has it injected.
  container: {
    decorators: /^(Injectable|Controller|Resolver|Catch|WebSocketGateway|Processor)\(\)$/,
    perRequest: /^Scope\.REQUEST$/,
    inject: /^Inject\(\)$/,
    references: /^forwardRef$/,
    requestTokens: /^(REQUEST|CONTEXT)$/,
    durableBy: /^ContextIdFactory\.apply$/,
  },
  startups: [/^NestFactory\.create\w*\(\)\.(listen|startAllMicroservices|init)$/, /^NestFactory\.createApplicationContext$/],
};
