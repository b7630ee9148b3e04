/** What the core tells its supervisor by ending. */
export const exitCodes = {
  done: 0,
  /** Trying again with the same input would end the same way. */
  refused: 2,
  /** Start again, from whatever slot is now current. */
  restart: 75,
} as const;
