import { selectGroups } from "../core/edit.js";
import type { EditGroup } from "../core/edit.js";

export interface Bisection<Failure> {
  /** What is wrong when just these groups are made; `undefined` when nothing is. */
  check: (groups: readonly EditGroup[]) => Promise<Failure | undefined>;
  /** Told of each group that must go, with what it broke. */
  takeBack: (group: EditGroup, failure: Failure) => void;
  /** The failure of a group that cannot be made beside the others. */
  refusal: (group: EditGroup, reason: string) => Failure;
}

/**
 * The largest part of the groups, in their order, that passes the check: one check when all do; else each bad group
 * among n costs at most about 2·log₂ n checks, and the others still stand. Every set that is returned has passed.
 *
 * @param known what the check of all groups is known to say, so that it is not asked again.
 */
export async function largestGood<Failure>(groups: readonly EditGroup[], bisection: Bisection<Failure>, known?: Failure): Promise<EditGroup[]> {
  const grow = async (good: readonly EditGroup[], more: readonly EditGroup[], failed: Failure | undefined): Promise<EditGroup[]> => {
    const { accepted, refused } = selectGroups([...good, ...more]);
    for (const { group, reason } of refused) bisection.takeBack(group, bisection.refusal(group, reason));
    const added = accepted.filter((group) => !good.includes(group));
    if (added.length === 0) return [...good];
    const failure = (refused.length === 0 ? failed : undefined) ?? (await bisection.check(accepted));
    if (failure === undefined) return accepted;
    const [only] = added;
    if (added.length === 1 && only !== undefined) {
      bisection.takeBack(only, failure);
      return [...good];
    }
    const middle = Math.ceil(added.length / 2);
    const left = await grow(good, added.slice(0, middle), undefined);
    // When the first half stands, the two together are what has just failed.
    const isWhole = left.length === good.length + middle;
    return grow(left, added.slice(middle), isWhole ? failure : undefined);
  };
  return grow([], groups, known);
}
