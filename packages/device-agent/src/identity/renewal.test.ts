import { type IdentityAuthorities, identityAuthorities, type Said } from '@muster/testkit/identity-server';
import { fingerprintOf, IdentityWorld } from '@muster/testkit/identity-world';
import { beforeAll, describe, expect, test } from 'vitest';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const RENEW = '/device/v1/renew';
let authorities: IdentityAuthorities;
beforeAll(async () => {
  authorities = await identityAuthorities(new Date('2026-05-01T00:00:00.000Z'));
});

async function enrolled(change: (world: IdentityWorld) => void = () => {}): Promise<IdentityWorld> {
  const world = new IdentityWorld(authorities);
  change(world);
  world.boot();
  expect(await world.run(() => world.settled()), world.told.join('\n')).toBe(true);
  return world;
}

/** Past the window, before the end. */
async function due(): Promise<IdentityWorld> {
  const world = await enrolled();
  world.offline = true;
  world.clock.advance(60.5 * DAY);
  return world;
}

const renewed = (world: IdentityWorld) => () => world.settled() && world.server.rows.length > 1;
const gaps = (world: IdentityWorld) =>
  world.server.askedFor(RENEW).flatMap(({ at }, n, all) => (n === 0 ? [] : [at - all[n - 1]!.at]));

describe('a renewal', () => {
  test('comes inside the window the server named, with a new key, at the same moment after a restart', async () => {
    const world = await enrolled();
    const { start, end } = world.store!.identity.renew;
    await world.cut();
    const hourly = { steps: 30 * 24, stepMs: HOUR };
    world.clock.advance(44 * DAY);
    expect(await world.run(renewed(world), hourly), world.told.join('\n')).toBe(true);
    const [{ at } = { at: 0 }] = world.server.askedFor(RENEW);
    expect(at).toBeGreaterThanOrEqual(Date.parse(start));
    expect(at).toBeLessThanOrEqual(Date.parse(end) + HOUR);
    const [first, second] = world.server.rows;
    expect(second!.keyHash).not.toBe(first!.keyHash);
    expect(first!.state).toBe('superseded');
  });

  test.each<[string, Said]>([
    ['a busy server', [503, { code: 'unavailable' }, { 'retry-after': '7200' }]],
    ['a limit', [429, { code: 'rate_limited' }, { 'retry-after': '7200' }]],
  ])('comes again after %s no sooner than told', async (_, said) => {
    const world = await due();
    world.offline = false;
    world.server.instead.push(said, said);
    expect(await world.run(renewed(world), { steps: 2000 }), world.told.join('\n')).toBe(true);
    for (const gap of gaps(world)) expect(gap).toBeGreaterThanOrEqual(7_200_000);
  });

  test('that finds no server backs off, and is tried every hour at least once it is overdue', async () => {
    const world = await due();
    world.clock.advance(DAY);
    world.offline = false;
    const away: Said = [500, { code: 'internal' }];
    for (let n = 0; n < 30; n++) world.server.instead.push(away);
    await world.run(() => world.server.instead.length === 0, { steps: 4000 });
    expect(Math.max(...gaps(world))).toBeLessThanOrEqual(HOUR + 60_000);
    expect(Math.max(...gaps(world).slice(-10))).toBeGreaterThan(10 * 60_000);
    expect(world.keeping!.renewal.overdue).toBe(true);
    expect(await world.run(renewed(world))).toBe(true);
    expect(world.keeping!.renewal.overdue).toBe(false);
  });

  test('after the end, within the grace, comes by itself', async () => {
    const world = await due();
    world.clock.advance(35 * DAY);
    world.offline = false;
    expect(await world.run(renewed(world)), world.told.join('\n')).toBe(true);
  });

  test('beyond the grace waits for a person with the same request, over a power cut, and goes on when let in', async () => {
    const world = await due();
    world.clock.advance(70 * DAY);
    world.offline = false;
    await world.run(() => world.server.askedFor(RENEW).length === 3);
    await world.cut();
    await world.run(() => world.server.askedFor(RENEW).length === 6);
    expect(new Set(world.server.askedFor(RENEW).map(({ csr }) => csr)).size).toBe(1);
    for (const gap of gaps(world).slice(0, 2)) expect(gap).toBeGreaterThanOrEqual(30_000);
    expect(world.server.approvals.size).toBe(1);
    expect(world.told.join('\n')).toMatch(/a person has to let this device in.*"words":"[a-z]+( [a-z]+){5}"/);
    world.server.approvals.set([...world.server.approvals.keys()][0]!, 'approved');
    expect(await world.run(renewed(world)), world.told.join('\n')).toBe(true);
  });

  test.each(['certificate_revoked', 'device_tombstoned', 'enrollment_rejected'])(
    'refused with %s is asked for twice a day at most, and still is',
    async (code) => {
      const world = await due();
      world.offline = false;
      for (let n = 0; n < 50; n++) world.server.instead.push([403, { code }]);
      await world.run(() => false, { steps: 10 * 24, stepMs: HOUR });
      const asked = world.server.askedFor(RENEW);
      expect(asked.length).toBeGreaterThan(9);
      expect(asked.length).toBeLessThanOrEqual(21);
      expect(new Set(asked.map(({ csr }) => csr)).size).toBe(1);
    },
  );

  test.each(['key_reused', 'key_in_use'])('refused with %s comes again with another key', async (code) => {
    const world = await due();
    world.offline = false;
    world.server.instead.push([409, { code }]);
    expect(await world.run(renewed(world))).toBe(true);
    const [first, second] = world.server.askedFor(RENEW);
    expect(second!.csr).not.toBe(first!.csr);
  });

  test('never brings the key in use, also when its request came back from the disk', async () => {
    const world = await due();
    const { key } = world.store!.settled;
    await world.disk.replace('identity/next.json', JSON.stringify({ key, csr: 'what it enrolled with' }));
    world.offline = false;
    expect(await world.run(renewed(world))).toBe(true);
    expect(world.server.askedFor(RENEW).length).toBe(1);
  });

  test('starts afresh with a window that the server moved', async () => {
    const world = await enrolled();
    world.server.rows[0]!.requestedAt = world.clock.now();
    expect(await world.run(renewed(world)), world.told.join('\n')).toBe(true);
  });
});

describe('a clock that is wrong', () => {
  test('by ten years ahead costs one question; the server says when', async () => {
    const world = await enrolled();
    world.clockOffsetMs = 3650 * DAY;
    await world.cut();
    await world.run(() => false, { steps: 48, stepMs: HOUR });
    expect(world.server.askedFor(RENEW).length).toBe(1);
    world.clock.advance(60 * DAY);
    expect(await world.run(renewed(world)), world.told.join('\n')).toBe(true);
    expect(world.server.askedFor(RENEW).length).toBeLessThanOrEqual(3);
  });

  test('at 1970 renews when it is time', async () => {
    const world = await enrolled();
    world.clockOffsetMs = -world.clock.now().getTime();
    await world.cut();
    expect(await world.run(() => world.settled())).toBe(true);
    world.clock.advance(44 * DAY);
    expect(await world.run(renewed(world), { steps: 20 * 24, stepMs: HOUR }), world.told.join('\n')).toBe(true);
    const { start } = world.store!.identity.renew;
    expect(Date.parse(start)).toBeGreaterThan(world.clock.now().getTime());
  });

  test('is not believed for judging what ends, until a server was heard', async () => {
    const world = await enrolled();
    world.clockOffsetMs = -world.clock.now().getTime();
    await world.cut();
    await world.run(() => world.settled(), { steps: 3, stepMs: 0 });
    expect(world.keeping!.time.forJudging()).toBeNull();
    await world.run(() => world.keeping?.time.forJudging() !== null);
    expect(world.keeping!.time.forJudging()!.getTime()).toBeGreaterThan(world.clock.now().getTime() - 1000);
  });
});

describe('a renewed certificate', () => {
  test('is kept when the broker is away and the device API takes it', async () => {
    const world = await due();
    world.brokerDown = true;
    world.offline = false;
    await world.run(() => world.server.rows[1]?.state === 'active');
    expect(world.store!.renewing).toBe(false);
    world.brokerDown = false;
    expect(await world.run(() => world.settled())).toBe(true);
  });

  test('that ended before it proved itself is renewed all the same', async () => {
    const world = await due();
    world.brokerDown = true;
    world.offline = false;
    await world.run(() => world.store?.renewing === true);
    await world.cut();
    world.clock.advance(100 * DAY);
    world.brokerDown = false;
    expect(await world.run(() => world.settled() && world.server.rows.length === 3), world.told.join('\n')).toBe(true);
  });

  test('the server knows nothing of any more is given up, and the old one renews again', async () => {
    const world = await due();
    world.brokerDown = true;
    world.offline = false;
    await world.run(() => world.store?.renewing === true);
    world.server.rows[1]!.state = 'revoked';
    world.brokerDown = false;
    expect(await world.run(() => world.settled() && world.server.rows.length === 3), world.told.join('\n')).toBe(true);
  });

  test('is not proved by what the session before it still gets acknowledged', async () => {
    const world = await enrolled();
    const { store, keeping } = world;
    const old = store!.settled.certificate;
    await store!.stage({ ...store!.identity, certificate: world.server.rows[0]!.pem.trim(), key: store!.identity.key });
    await keeping!.acknowledged();
    expect(store!.renewing).toBe(true);
    expect(fingerprintOf(store!.settled.certificate)).toBe(fingerprintOf(old));
  });
});
