import type { Outside } from "./index.js";

/** Clients of one service each. What only builds a value (a signed token, a link that is computed here) is not among the names. */
export const SERVICES: readonly Outside[] = [
  // Mail: https://documentation.mailgun.com/docs/mailgun/sdk/nodejs_sdk, https://dev.mailjet.com, https://developers.brevo.com, https://loops.so/docs/sdks/javascript
  { what: "network", modules: ["mailgun.js"], methods: /^(create|get|list|destroy|update|validate)$/ },
  { what: "network", modules: ["node-mailjet"], methods: /^request$/ },
  { what: "network", modules: ["@getbrevo/brevo", "sib-api-v3-sdk"], methods: /^(send|create|get|update|delete|add|remove)[A-Z]\w*$/ },
  { what: "network", modules: ["loops"], methods: /^(sendEvent|sendTransactionalEmail|createContact|updateContact|deleteContact|findContact)$/ },
  { what: "network", modules: ["@azure/communication-email"], methods: /^(beginSend|pollUntilDone)$/ },
  // Push and chat: https://firebase.google.com/docs/reference/admin/node, https://docs.knock.app/sdks/node/overview, https://grammy.dev, https://telegraf.js.org
  { what: "network", modules: ["firebase-admin"], methods: /^(send|sendEach\w*|sendMulticast|sendAll|sendToDevice|sendToTopic|subscribeToTopic|unsubscribeFromTopic|createUser|updateUser|deleteUsers?|getUser\w*|listUsers|setCustomUserClaims|revokeRefreshTokens)$/ },
  { what: "network", modules: ["pusher"], methods: /^(trigger|triggerBatch)$/ },
  { what: "network", modules: ["ably"], methods: /^publish$/ },
  { what: "network", modules: ["@knocklabs/node", "@novu/node", "@novu/api"], methods: /^(notify|trigger|triggerBulk|identify|create|update|delete|get|list)$/ },
  { what: "network", modules: ["telegraf", "grammy", "node-telegram-bot-api"], methods: /^(send[A-Z]\w*|reply\w*|editMessage\w*|deleteMessages?|forwardMessages?|copyMessages?|answerCallbackQuery|getFile|getChat\w*|setWebHook|setWebhook)$/ },
  // https://baileys.wiki, https://docs.wwebjs.dev, https://discord.js.org/docs/packages/discord.js
  { what: "network", modules: ["@whiskeysockets/baileys", "@adiwajshing/baileys", "baileys"], methods: /^(sendMessage|relayMessage|sendPresenceUpdate|readMessages|onWhatsApp|fetchStatus|profilePictureUrl|group(Metadata|Create|Leave|ParticipantsUpdate|FetchAllParticipating|InviteCode))$/ },
  { what: "network", modules: ["whatsapp-web.js", "venom-bot", "@wppconnect-team/wppconnect"], methods: /^(send(Message|Text|Image|File|Document|Location|Seen)\w*|reply|getChats|getChatById|getContacts|getContactById|getNumberId|isRegisteredUser|downloadMedia)$/ },
  { what: "network", modules: ["discord.js"], methods: /^(reply|editReply|deleteReply|followUp|deferReply|deferUpdate|showModal|send|createDM|bulkDelete)$/ },
  // Payment: https://plaid.com/docs/api, https://docs.mollie.com, https://razorpay.com/docs/api, https://developer.paddle.com
  { what: "network", modules: ["plaid"], methods: /^(accounts|asset|auth|identity|institutions|investments|item|items|liabilities|link|payment|processor|sandbox|signal|transactions|transfer|user|webhook)[A-Z]\w*$/ },
  { what: "network", modules: ["@mollie/api-client", "razorpay", "@paddle/paddle-node-sdk", "@polar-sh/sdk", "dodopayments"], methods: /^(create|get|list|update|cancel|capture|refund|fetch|all|edit|delete|page|revoke|pause|resume)$/ },
  { what: "network", modules: ["@paypal/checkout-server-sdk"], methods: /^execute$/ },
  { what: "network", modules: ["midtrans-client"], methods: /^(createTransaction\w*|charge|capture|status|approve|deny|cancel|expire|refund\w*)$/ },
  { what: "network", modules: ["xendit-node"], methods: /^(create|get|expire|simulate|cancel|capture|refund|list)[A-Z]?\w*$/ },
  { what: "network", modules: ["square"], methods: /^(create|retrieve|list|update|cancel|complete|search|get|pay|charge)[A-Z]?\w*$/ },
  { what: "network", modules: ["braintree"], methods: /^(sale|find|create|update|delete|cancel|refund|void|submitForSettlement|generate|retryCharge)$/ },
  { what: "network", modules: ["@lemonsqueezy/lemonsqueezy.js"], functions: /^(create|get|list|update|cancel|delete|activate|deactivate|validate|issue)[A-Z]\w*$/ },
  // Files and pictures: https://vercel.com/docs/vercel-blob/using-blob-sdk, https://cloudinary.com/documentation/node_integration, https://docs.uploadthing.com/api-reference/ut-api
  { what: "network", modules: ["@vercel/blob"], functions: /^(put|del|list|head|copy)$/ },
  { what: "network", modules: ["cloudinary"], functions: /^(v2\.)?(uploader|api)\.(upload\w*|destroy|rename|explicit|resources?\w*|delete_\w+)$/ },
  { what: "network", modules: ["uploadthing"], methods: /^(uploadFiles|uploadFilesFromUrl|deleteFiles|listFiles|renameFiles|getFileUrls)$/ },
  { what: "network", modules: ["imagekit"], methods: /^(upload|deleteFile|getFileDetails|listFiles|updateFileDetails|bulkDeleteFiles)$/ },
  { what: "network", modules: ["ssh2-sftp-client", "basic-ftp", "webdav"], methods: /^(connect|access|put|get|fastPut|fastGet|list|delete|rename|mkdir|rmdir|exists|stat|upload\w*|download\w*|ensureDir|remove\w*|(get|put)(File|Directory)Contents|createDirectory|deleteFile|moveFile|copyFile)$/ },
  // Other machines: https://github.com/mscdex/ssh2, https://github.com/steelbrain/node-ssh, https://github.com/aluisiora/node-routeros, https://github.com/trakkasure/mikronode
  { what: "network", modules: ["node-ssh"], methods: /^(connect|exec|execCommand|getFile|putFiles?|putDirectory|getDirectory|requestSFTP)$/ },
  { what: "network", modules: ["node-routeros", "routeros-client", "routeros-api", "mikronode", "mikronode-ng"], methods: /^(connect|write|get|add|update|set|remove|exec|menu)$/ },
  { what: "network", modules: ["modbus-serial"], methods: /^(connect\w+|read\w+|write\w+)$/ },
  // Clouds: https://cloud.google.com/nodejs/docs/reference, https://supabase.com/docs/reference/javascript, https://github.com/kubernetes-client/javascript
  { what: "network", modules: ["@vercel/kv"], functions: /^(kv\.)?(get|set|del|incr\w*|decr\w*|hget\w*|hset\w*|hdel|expire|exists|mget|mset|sadd|srem|smembers|lpush|rpush|lrange|zadd|zrange|zrem)$/, methods: /^(get|set|del|incr\w*|decr\w*|hget\w*|hset\w*|hdel|expire|exists|mget|mset|sadd|srem|smembers|lpush|rpush|lrange|zadd|zrange|zrem)$/ },
  { what: "network", modules: ["@google-cloud/tasks"], methods: /^(createTask|deleteTask|getTask|listTasks|runTask)$/ },
  { what: "network", modules: ["@google-cloud/bigquery"], methods: /^(query|insert|createQueryJob|createJob|getQueryResults|load)$/ },
  { what: "network", modules: ["@google-cloud/secret-manager"], methods: /^(accessSecretVersion|addSecretVersion|createSecret|getSecret)$/ },
  { what: "network", modules: ["@google-cloud/translate", "@google-cloud/vision", "@google-cloud/text-to-speech", "@google-cloud/speech"], methods: /^(translate\w*|detect\w*|\w+Detection|annotateImage|synthesizeSpeech|recognize|longRunningRecognize)$/ },
  { what: "network", modules: ["@supabase/supabase-js", "@supabase/ssr"], methods: /^(upload|uploadToSignedUrl|download|move|copy|createSignedUrls?|invoke|signUp|signIn\w+|signOut|getUser|createUser|updateUserById|deleteUser|inviteUserByEmail|generateLink|listUsers|getUserById)$/ },
  { what: "network", modules: ["@kubernetes/client-node"], methods: /^(create|read|delete|patch|replace|list)[A-Z]\w*$/ },
  { what: "network", modules: ["dockerode"], methods: /^(createContainer|listContainers|inspect|start|stop|kill|remove|restart|pull|createNetwork|createVolume|wait)$/ },
  // Work and knowledge: https://developers.notion.com/reference, https://developers.linear.app/docs/sdk/getting-started, https://developers.hubspot.com/docs/api-reference
  { what: "network", modules: ["@notionhq/client"], methods: /^(retrieve|query|create|update|delete|append|list|search)$/ },
  { what: "network", modules: ["@linear/sdk"], methods: /^(create|update|delete|archive)[A-Z]\w*$|^(issues?|teams?|projects?|users?|viewer|searchIssues)$/ },
  { what: "network", modules: ["@hubspot/api-client"], methods: /^(create|update|archive|getById|getPage|doSearch|upsert|apiRequest)$/ },
  // Shops: https://shopify.dev/docs/api/shopify-app-remix, https://woocommerce.github.io/woocommerce-rest-api-docs
  { what: "network", modules: ["@shopify/shopify-api", "@shopify/admin-api-client", "@shopify/graphql-client", "shopify-api-node"], methods: /^(request|query|get|post|put|delete|fetch|graphql|create|update|list)$/ },
  { what: "network", modules: ["@woocommerce/woocommerce-rest-api"], methods: /^(get|post|put|delete)$/ },
  // Who somebody is: https://workos.com/docs/reference, https://github.com/panva/openid-client, https://github.com/auth0/node-jwks-rsa
  { what: "network", modules: ["@workos-inc/node"], methods: /^(get|list|create|update|delete|authenticate|send)[A-Z]\w*$/ },
  { what: "network", modules: ["openid-client"], functions: /^(discovery|authorizationCodeGrant|refreshTokenGrant|clientCredentialsGrant|fetchUserInfo|Issuer\.discover)$/, methods: /^(callback|userinfo|refresh|grant|introspect|revoke)$/ },
  { what: "network", modules: ["jwks-rsa"], methods: /^(getSigningKeys?|getKeys)$/ },
  // Chains: https://viem.sh/docs/clients/public, https://docs.ethers.org/v6/api/providers, https://solana-foundation.github.io/solana-web3.js
  { what: "network", modules: ["viem"], methods: /^(readContract|writeContract|simulateContract|multicall|getBalance|getBlock\w*|getTransaction\w*|getLogs|getGasPrice|getBytecode|getCode|estimateGas|waitForTransactionReceipt|sendTransaction|sendRawTransaction|call)$/ },
  { what: "network", modules: ["ethers"], methods: /^(getBlock\w*|getBalance|getTransaction\w*|getLogs|getNetwork|getFeeData|getCode|estimateGas|waitForTransaction|sendTransaction|broadcastTransaction)$/ },
  { what: "network", modules: ["@solana/web3.js"], methods: /^(get[A-Z]\w*|send[A-Z]\w*|confirmTransaction|simulateTransaction|requestAirdrop)$/ },
  // What others publish: https://github.com/jshemas/openGraphScraper
  { what: "network", modules: ["open-graph-scraper", "unfurl.js", "link-preview-js"], functions: /^(|unfurl|getLinkPreview)$/ },
  { what: "network", modules: ["node-geocoder"], methods: /^(geocode|reverse|batchGeocode)$/ },
];
