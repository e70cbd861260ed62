// Numbers from times, and tables from numbers.

/** The value below which a share of the times lies. */
export function quantile(times, share) {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

export const median = (times) => quantile(times, 0.5);

/** Runs every contender in turn, `rounds` times; gives the times of each in milliseconds. The first round warms up. */
export async function alternate(rounds, contenders) {
  const times = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, run] of Object.entries(contenders)) {
      const took = await run();
      if (round > 0) times[name].push(...(Array.isArray(took) ? took : [took]));
    }
  }
  return times;
}

/** The time that something takes, in milliseconds. */
export async function timed(run) {
  const started = performance.now();
  await run();
  return performance.now() - started;
}

/** The times of each of many runs, one after the other. */
export async function each(count, run) {
  const times = new Array(count);
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    await run();
    times[i] = performance.now() - started;
  }
  return times;
}

export function show(milliseconds) {
  if (milliseconds === undefined) return "-";
  if (milliseconds < 1) return `${(milliseconds * 1000).toFixed(1)} µs`;
  return `${milliseconds.toFixed(milliseconds < 100 ? 2 : 0)} ms`;
}
