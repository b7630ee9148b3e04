import { byRank, interleave, type Ranked } from './interleave.js';

/** What wave membership looks at: who the device is and which mix of the fleet it stands for. */
export interface EligibleTarget {
  readonly deviceId: string;
  readonly model: string;
  readonly site: string | null;
  readonly version: string | null;
}

/**
 * 53-bit hash of two strings (cyrb53). Not cryptographic: it only has to spread, be the same on every machine and
 * every run, and need nothing but arithmetic, since rules run in browsers and agents too.
 */
export function hashRank(seed: string, text: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  const input = `${seed}\u0000${text}`;
  for (let i = 0; i < input.length; i++) {
    const unit = input.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
}

type Tree = Map<string, Map<string, Map<string, Ranked[]>>>;

const at = <V>(map: Map<string, V>, key: string, make: () => V): V => {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
};

function grow(seed: string, targets: readonly EligibleTarget[]): Tree {
  const tree: Tree = new Map();
  for (const { deviceId, model, site, version } of targets) {
    const versions = at(tree, model, () => new Map<string, Map<string, Ranked[]>>());
    const sites = at(versions, version ?? '', () => new Map<string, Ranked[]>());
    at(sites, site ?? '', (): Ranked[] => []).push({ deviceId, rank: hashRank(seed, deviceId) });
  }
  return tree;
}

const HALF = 0.5;
const RANKS = 2 ** 53;
/** The golden ratio: its multiples, taken modulo 1, keep apart better than those of any other number. */
const GOLDEN = 0.6180339887498949;

const byName = <V>(map: Map<string, V>): [string, V][] => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

/**
 * Puts targets in the order waves are cut from. Every prefix holds each model, each version within a model and each site
 * within those in about its share of the fleet, so a 1% wave is not one site by accident. Models and versions are few
 * and rounded to the nearest device; sites are many, and which of the small ones come first is drawn, for each version
 * at another point, so that a site that came early in one comes late in the next. The order depends on the seed and the
 * set of targets alone, never on the order they come in; among devices of one mix it depends on the seed and the device.
 */
export function orderTargets(seed: string, targets: readonly EligibleTarget[]): string[] {
  let drawn = 0;
  const models = byName(grow(seed, targets)).map(([, versions]) => {
    const parts = byName(versions).map(([, sites]) => {
      const shift = drawn++ * GOLDEN;
      const mixes = [...sites].map(([site, members]) => ({
        members: members.sort(byRank),
        start: (hashRank(seed, site) / RANKS + shift) % 1,
      }));
      return { members: interleave(mixes), start: HALF };
    });
    return { members: interleave(parts), start: HALF };
  });
  return interleave(models).map((member) => member.deviceId);
}
