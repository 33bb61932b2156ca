/** The page that explains a rule: what it reports, why, and how to mend it. */
export function rulePage(rule: string): string {
  return `https://github.com/sessionfix/sessionfix/blob/main/rules/docs/${rule}.md`;
}
