import { setTimeout as pause } from 'node:timers/promises';

/** Some moment between two times, in milliseconds: when a kill strikes is the chance of the story, nothing is waited for. */
export const randomMoment = (from: number, until: number): Promise<void> =>
  pause(from + Math.random() * (until - from));
