import { type IdentityAuthorities, identityAuthorities } from '@muster/testkit/identity-server';
import { IdentityWorld } from '@muster/testkit/identity-world';
import { beforeAll, describe, expect, test } from 'vitest';

const DAY = 86_400_000;
let authorities: IdentityAuthorities;
beforeAll(async () => {
  authorities = await identityAuthorities(new Date('2026-05-01T00:00:00.000Z'));
});

/** One device record, one certificate in use, and nothing issued that nobody uses but for one successor. */
function expectTidy({ server }: IdentityWorld, story: string): void {
  expect(new Set(server.rows.map(({ deviceId }) => deviceId)).size, story).toBe(1);
  const unused = server.rows.filter(({ state }) => state === 'issued');
  expect(unused.length, story).toBeLessThanOrEqual(1);
  expect(server.rows.filter(({ state }) => state === 'active').length, story).toBe(1);
}

async function enrolled(): Promise<IdentityWorld> {
  const world = new IdentityWorld(authorities);
  await bundle(world, 10);
  world.boot();
  expect(await world.run(() => world.settled()), world.told.join('\n')).toBe(true);
  return world;
}

async function bundle({ server }: IdentityWorld, number: number): Promise<void> {
  server.bundles.push(await server.bundle(number, 0, [server.trustKey(0)]));
}

/** Enrols, renews once and takes two bundles on the way, with power failing at `cuts`, counted from where the renewal window opens. */
async function renews(cuts: readonly number[]): Promise<IdentityWorld> {
  const world = await enrolled();
  const before = world.server.rows.length;
  world.clock.advance(60 * DAY);
  world.cuts = cuts.map((cut) => world.points + cut);
  await bundle(world, 11);
  await bundle(world, 12);
  const done = () => world.settled() && world.server.rows.length > before && world.store!.identity.trustBundle === 12;
  expect(await world.run(done), `cuts at ${cuts}\n${world.told.join('\n')}`).toBe(true);
  return world;
}

describe('power that fails', () => {
  test('anywhere in an enrolment leaves a device that enrols, once', async () => {
    const plain = await enrolled();
    for (let first = 1; first <= plain.points; first++)
      for (const second of [0, 1, 2, 3, 5, 8]) {
        const world = new IdentityWorld(authorities);
        world.cuts = [first, first + second];
        world.boot();
        const story = `cuts at ${world.cuts}`;
        expect(await world.run(() => world.settled()), `${story}\n${world.told.join('\n')}`).toBe(true);
        expectTidy(world, story);
        expect(world.server.rows.length, story).toBe(1);
      }
  }, 60_000);

  test('anywhere in a renewal leaves a device with a working certificate and no orphans', async () => {
    const plain = await renews([]);
    const points = plain.points;
    const before = (await enrolled()).points;
    expect(points - before).toBeGreaterThan(8);
    for (let first = 1; first <= points - before; first++)
      for (const second of [0, 1, 2, 3, 5, 8]) {
        const world = await renews([first, first + second]);
        expectTidy(world, `cuts at ${[first, first + second]}`);
        expect(world.server.rows.filter(({ state }) => state === 'revoked').length).toBe(0);
      }
  }, 120_000);
});
