/** Wrong use: a message for people, and exit code 2. */
export class UsageError extends Error {}
