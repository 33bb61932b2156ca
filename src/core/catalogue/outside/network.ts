import type { Outside } from "./index.js";

const VERBS = "get|post|put|patch|delete|head|options";

/** Clients of the web, of services, of stores that are not the transaction's own database. */
export const NETWORK: readonly Outside[] = [
  { what: "network", globals: ["fetch"] },
  // https://axios-http.com/docs/api_intro, https://axios-http.com/docs/instance
  { what: "network", modules: ["axios"], functions: new RegExp(`^(|request|postForm|putForm|patchForm|${VERBS})$`), methods: new RegExp(`^(request|postForm|putForm|patchForm|${VERBS})$`) },
  { what: "network", modules: ["got", "ky", "ofetch"], functions: new RegExp(`^(|got|ofetch|\\$fetch|ofetch\\.raw|\\$fetch\\.raw|raw|${VERBS})$`) },
  { what: "network", modules: ["superagent", "needle"], functions: new RegExp(`^(|needle|request|${VERBS}|del)$`) },
  { what: "network", modules: ["node-fetch", "cross-fetch", "isomorphic-fetch"], functions: /^(|fetch)$/ },
  { what: "network", modules: ["undici"], functions: /^(fetch|request|stream)$/, methods: /^(request|fetch)$/ },
  { what: "network", modules: ["node:dns/promises", "dns/promises"], functions: /^(lookup|resolve\w*|reverse)$/ },
  // Mail: https://nodemailer.com/usage, https://resend.com/docs/send-with-nodejs
  { what: "network", modules: ["nodemailer"], methods: /^(sendMail|verify)$/ },
  { what: "network", modules: ["resend", "postmark"], methods: /^(send|create|sendEmail\w*|sendBatch\w*|get|list|update|remove)$/ },
  { what: "network", modules: ["@sendgrid/mail"], functions: /^(send|sendMultiple)$/, methods: /^(send|sendMultiple)$/ },
  // Clients of services that are classes: every request is a method of an instance.
  { what: "network", modules: ["stripe"], methods: /^(create\w*|retrieve\w*|update\w*|cancel|list\w*|del|search|confirm|capture|pay|finalizeInvoice|voidInvoice|sendInvoice|attach|detach|expire|resume|reject|approve)$/ },
  { what: "network", modules: ["@aws-sdk/client-", "@aws-sdk/lib-dynamodb"], methods: /^send$/ },
  { what: "network", modules: ["aws-sdk"], methods: /^promise$/ },
  { what: "network", modules: ["@aws-sdk/lib-storage"], methods: /^done$/ },
  { what: "network", modules: ["googleapis"], methods: /^(request|get|list|insert|update|patch|delete|create|send|getToken|cancel|acknowledge|refreshAccessToken)$/ },
  { what: "network", modules: ["google-auth-library"], methods: /^(request|getToken|getAccessToken|getRequestHeaders|verifyIdToken|fetchIdToken)$/ },
  { what: "network", modules: ["@google-cloud/storage"], methods: /^(save|upload|download|delete|exists|copy|move|getFiles|getMetadata|setMetadata|getSignedUrl|makePublic)$/ },
  { what: "network", modules: ["@azure/storage-blob"], methods: /^(upload\w*|download\w*|delete\w*|exists|getProperties|createIfNotExists|syncCopyFromURL)$/ },
  { what: "network", modules: ["minio"], methods: /^(putObject|fPutObject|getObject|fGetObject|removeObjects?|statObject|copyObject|makeBucket|bucketExists)$/ },
  { what: "network", modules: ["@slack/web-api"], methods: /^(postMessage|postEphemeral|apiCall|update|delete|open|list|info|invite|join|create|upload|uploadV2)$/ },
  { what: "network", modules: ["@slack/webhook"], methods: /^send$/ },
  { what: "network", modules: ["twilio"], methods: /^(create|fetch|update|remove|list)$/ },
  { what: "network", modules: ["@octokit/rest", "@octokit/core", "@octokit/request", "octokit"], functions: /^request$/, methods: /^(request|graphql|paginate|get\w*|list\w*|create\w*|update\w*|delete\w*|add\w*|remove\w*|merge)$/ },
  { what: "network", modules: ["auth0", "@clerk/backend", "@clerk/clerk-sdk-node"], methods: /^(get\w*|list|create\w*|update\w*|delete\w*|assign\w*|remove\w*|ban\w*|revoke\w*)$/ },
  { what: "network", modules: ["web-push"], functions: /^sendNotification$/ },
  { what: "network", modules: ["expo-server-sdk"], methods: /^(sendPushNotificationsAsync|getPushNotificationReceiptsAsync)$/ },
  { what: "network", modules: ["graphql-request"], functions: /^(request|rawRequest|batchRequests)$/, methods: /^(request|rawRequest|batchRequests)$/ },
  // https://nodeshift.dev/opossum/: a breaker guards a call that may fail or hang, most often another server's.
  { what: "network", modules: ["opossum"], methods: /^fire$/ },
  // Feeds: https://github.com/rbren/rss-parser, https://github.com/alabeduarte/feedparser-promised
  { what: "network", modules: ["rss-parser"], methods: /^parseURL$/ },
  { what: "network", modules: ["feedparser-promised"], functions: /^parse$/ },
  // Search: https://www.meilisearch.com/docs/reference/api
  { what: "network", modules: ["meilisearch"], methods: /^(search|addDocuments\w*|updateDocuments\w*|deleteDocuments?|deleteAllDocuments|getDocuments?|createIndex|deleteIndex\w*|updateSettings|update\w+Attributes|waitForTasks?|getTasks?|getStats|health|multiSearch)$/ },
  { what: "network", modules: ["algoliasearch"], methods: /^(search\w*|saveObjects?|partialUpdateObjects?|deleteObjects?|deleteBy|getObjects?|waitTask|clearObjects)$/ },
  { what: "network", modules: ["@elastic/elasticsearch", "@opensearch-project/opensearch"], methods: /^(search|index|bulk|create|update|updateByQuery|delete|deleteByQuery|get|mget|exists|count|refresh|reindex)$/ },
  { what: "network", modules: ["typesense"], methods: /^(search|create|upsert|update|delete|retrieve|import|export|perform)$/ },
  { what: "network", modules: ["@pinecone-database/pinecone", "@qdrant/js-client-rest", "chromadb"], methods: /^(upsert|query|search|add|delete\w*|update|fetch|scroll|retrieve|createCollection|getOrCreateCollection)$/ },
  // Stores beside the database.
  { what: "network", modules: ["ioredis", "redis", "@upstash/redis"], methods: /^(get|set|setex|setEx|setnx|getdel|getDel|mget|mGet|mset|mSet|del|unlink|exists|expire|incr\w*|decr\w*|hget\w*|hGet\w*|hset\w*|hSet\w*|hdel|hDel|lpush|lPush|rpush|rPush|lpop|lPop|rpop|rPop|lrange|lRange|sadd|sAdd|srem|sRem|smembers|sMembers|zadd|zAdd|zrange\w*|zRange\w*|zrem|zRem|publish|xadd|xAdd|xread\w*|xRead\w*|xack|xAck|zscore|zScore|zcard|zCard|zcount|zCount|z(rev)?rank|z(Rev)?Rank|zrevrange\w*|zRevRange\w*|zincrby|zIncrBy|zpop\w*|zPop\w*|sismember|sIsMember|scard|sCard|spop|sPop|hexists|hExists|hkeys|hKeys|hvals|hVals|hlen|hLen|hincrby\w*|hIncrBy\w*|hmget|hmGet|hmset|llen|lLen|lrem|lRem|ltrim|lTrim|lindex|lIndex|ttl|pttl|pTTL|persist|pexpire|pExpire|blpop|blPop|brpop|brPop|getset|getSet|eval|evalsha|exec|scan|keys|ping|connect)$/ },
  { what: "network", modules: ["ldapts"], methods: /^(bind|unbind|search|add|modify|del|compare)$/ },
  { what: "network", modules: ["puppeteer", "playwright"], functions: /^(launch|(chromium|firefox|webkit)\.launch)$/, methods: /^(goto|newPage|screenshot|pdf|content|waitFor\w*|evaluate|setContent|click)$/ },
];
