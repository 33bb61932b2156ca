/**
 * What GitHub takes of a SARIF file.
 * Source: https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit and
 * https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
 */
export const SARIF_LIMITS = {
  /** More refuse the upload. */
  results: 25_000,
  /** Of these, shown; chosen by severity. */
  resultsShown: 5_000,
  rules: 25_000,
  locationsOfThreadFlow: 10_000,
  locationsOfResult: 1_000,
  tagsOfRule: 20,
  /** Bytes after gzip. */
  file: 10 * 1024 * 1024,
} as const;

/**
 * Annotations of one level that GitHub keeps of one step.
 * Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
export const ANNOTATIONS_OF_LEVEL = 10;
