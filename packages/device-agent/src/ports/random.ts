import { randomInt } from 'node:crypto';

/** Chance: uniform in [0, 1). Seeded for simulated devices, so that a run can be repeated. */
export type Random = () => number;

export const systemRandom: Random = () => randomInt(0, 2 ** 47) / 2 ** 47;

export const integerBelow = (random: Random, limit: number): number => Math.floor(random() * limit);

/** An epoch names one unbroken history; it never needs to be guessed, only to differ. */
export const newEpoch = (random: Random): number => 1 + integerBelow(random, 2_147_483_646);
