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

const stratumOf = (target: EligibleTarget): string =>
  `${target.model}\u0000${target.site ?? ''}\u0000${target.version ?? ''}`;

/**
 * Puts targets in the order waves are cut from. Every prefix holds each mix of model, site and version in about its
 * share of the fleet, so a 1% wave is not one site by accident. The order depends on the seed and the set of targets
 * alone, never on the order they come in.
 */
export function orderTargets(seed: string, targets: readonly EligibleTarget[]): string[] {
  const strata = new Map<string, { deviceId: string; rank: number }[]>();
  for (const target of targets) {
    const key = stratumOf(target);
    const members = strata.get(key);
    const member = { deviceId: target.deviceId, rank: hashRank(seed, target.deviceId) };
    if (members === undefined) strata.set(key, [member]);
    else members.push(member);
  }

  const placed: { deviceId: string; rank: number; at: number }[] = [];
  for (const members of strata.values()) {
    members.sort(byRank);
    // The middle of each member's slot: a stratum of n spreads its members evenly over 0..1.
    for (const [i, member] of members.entries()) placed.push({ ...member, at: (i + 0.5) / members.length });
  }
  placed.sort((x, y) => x.at - y.at || byRank(x, y));
  return placed.map((member) => member.deviceId);
}

const byRank = (x: { deviceId: string; rank: number }, y: { deviceId: string; rank: number }): number =>
  x.rank - y.rank || (x.deviceId < y.deviceId ? -1 : 1);
