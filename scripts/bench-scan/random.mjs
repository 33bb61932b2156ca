/** Numbers from 0 up to 1 that depend on the seed alone (mulberry32). */
export function seeded(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = state;
    value = Math.imul(value ^ (value >>> 15), value | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    /** A whole number from `least` to `most`, both included. */
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    pick: (list) => list[Math.floor(next() * list.length)],
    /** Up to `count` different items. */
    some(list, count) {
      const found = new Set();
      for (let tries = 0; found.size < Math.min(count, list.length) && tries < count * 4; tries++) found.add(list[Math.floor(next() * list.length)]);
      return [...found];
    },
    chance: (probability) => next() < probability,
  };
}
