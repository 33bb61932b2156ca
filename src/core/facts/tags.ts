export interface CommentText {
  range: [number, number];
  value: string;
}

const TAG = /(?:^|[\s*])@([A-Za-z][\w-]*)/g;
const BLANK = /\s*/y;

/**
 * Which `@word`s stand in the comments directly before an offset: offset of the first code after the comments → words
 * without the `@`. Comments in a row count together.
 */
export function readTags(text: string, comments: readonly CommentText[]): Map<number, string[]> {
  const tags = new Map<number, string[]>();
  // From the last to the first: a comment that is followed by another one hands its words on to what comes after it.
  const anchors = new Map<number, number>();
  for (let i = comments.length - 1; i >= 0; i--) {
    const comment = comments[i];
    if (!comment) continue;
    BLANK.lastIndex = comment.range[1];
    BLANK.test(text);
    const next = BLANK.lastIndex;
    const anchor = anchors.get(next) ?? next;
    anchors.set(comment.range[0], anchor);
    if (!comment.value.includes("@")) continue;
    const words = [...comment.value.matchAll(TAG)].flatMap((match) => match[1] ?? []);
    if (words.length > 0) tags.set(anchor, [...new Set([...words, ...(tags.get(anchor) ?? [])])]);
  }
  return tags;
}
