/** What the core tells its supervisor by ending. */
export const exitCodes = {
  done: 0,
  /** Trying again with the same input would end the same way. */
  refused: 2,
  /** A person turned this device away. */
  rejected: 3,
  /** Told not to wait, and a person has not decided. */
  waiting: 4,
  /** Start again, from whatever slot is now current. */
  restart: 75,
} as const;

/** After these nobody starts the core again. */
export const finalCodes: ReadonlySet<number | null> = new Set<number | null>([
  exitCodes.done,
  exitCodes.refused,
  exitCodes.rejected,
  exitCodes.waiting,
]);
