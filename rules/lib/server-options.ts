/** What names a server, in the options of any client: one of them is enough to say which one is meant. */
export const SERVER = /^(host|hostname|server|address|connectionString|uri|url|socketPath|endpoint|databaseUrl|datasourceUrl)$/i;
/** Options that lead to those: `{ connection: { host } }`, `{ datasources: { db: { url } } }`. */
export const HOLDER = /^(connection|config|options|datasources|db|primary)$/i;
