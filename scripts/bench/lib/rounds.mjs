/**
 * Runs the forms in turn, round after round, so that whatever else the machine does hits all alike. Each round begins with
 * another form, so that none always comes after the same one.
 *
 * @param forms `run(times)` does the work that often.
 * @returns for each form, microseconds for one piece of work in each round.
 */
export async function interleave(bench, forms, { rounds, times, warmUp, share }) {
  const samples = forms.map(() => []);
  for (let round = 0; round < warmUp; round++) for (const form of forms) await form.run(times);
  for (const round of bench.rounds(rounds, { share })) {
    for (let n = 0; n < forms.length; n++) {
      const index = (n + round) % forms.length;
      await forms[index].prepare?.();
      const start = performance.now();
      await forms[index].run(times);
      samples[index].push(((performance.now() - start) / times) * 1_000);
      await forms[index].tidy?.();
    }
  }
  return samples;
}

/** Counts how long the event loop did not come round. */
export function watchLoop() {
  let longest = 0;
  let last = performance.now();
  const look = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(look, 1);
  return () => {
    clearInterval(timer);
    look();
    return longest;
  };
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
