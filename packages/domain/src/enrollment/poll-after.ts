const SOONEST_S = 15;
const LATEST_S = 900;

/** Seconds after which a waiting device asks again: often while somebody may be standing beside it, seldom after a day. */
export const pollAfter = (askedFirst: Date, now: Date): number => {
  const waitedS = Math.max(0, (now.getTime() - askedFirst.getTime()) / 1000);
  return Math.round(Math.min(LATEST_S, Math.max(SOONEST_S, waitedS / 10)));
};
