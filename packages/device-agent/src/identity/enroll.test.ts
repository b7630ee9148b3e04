import { generateDeviceKey, keyToPem } from '@muster/pki/client/device-key';
import { type IdentityAuthorities, identityAuthorities } from '@muster/testkit/identity-server';
import { IdentityWorld } from '@muster/testkit/identity-world';
import { beforeAll, describe, expect, test } from 'vitest';
import type { EnrollmentRefused } from './read-answer.js';
import { openWay, type WayIn } from './way-in.js';

const ENROLL = '/device/v1/enroll';
const rootSha256 = 'ab'.repeat(32);
let authorities: IdentityAuthorities;
beforeAll(async () => {
  authorities = await identityAuthorities(new Date('2026-05-01T00:00:00.000Z'));
});

function asking(): IdentityWorld {
  const world = new IdentityWorld(authorities);
  world.server.asks = true;
  world.wayIn = { rootSha256, tenant: 'acme' };
  world.boot();
  return world;
}
const decide = ({ server }: IdentityWorld, decision: 'approved' | 'rejected') =>
  server.approvals.set([...server.approvals.keys()][0]!, decision);

describe('a device without a credential', () => {
  test('asks with the same request, over power cuts, no sooner than told, until a person lets it in', async () => {
    const world = asking();
    for (const times of [2, 4, 6]) {
      await world.run(() => world.server.askedFor(ENROLL).length >= times);
      await world.cut();
    }
    const asked = world.server.askedFor(ENROLL);
    expect(new Set(asked.map(({ csr }) => csr)).size).toBe(1);
    expect(world.server.approvals.size).toBe(1);
    expect(asked[1]!.at - asked[0]!.at).toBeGreaterThanOrEqual(30_000);
    expect(world.server.asked[0]!.body).toMatchObject({ tenant: 'acme', serial: 'S-1' });
    decide(world, 'approved');
    expect(await world.run(() => world.settled())).toBe(true);
    expect(world.server.rows.length).toBe(1);
  });

  test('that is turned away stops, and asks nothing new when it is started again', async () => {
    const world = asking();
    await world.run(() => world.server.approvals.size === 1);
    decide(world, 'rejected');
    await world.run(() => world.refusedWith !== null);
    expect(world.refusedWith).toBe('enrollment_rejected');
    await world.cut();
    await world.run(() => false, { steps: 5 });
    expect(world.server.approvals.size).toBe(1);
  });
});

test('a device whose key was refused asks with another one', async () => {
  const world = new IdentityWorld(authorities);
  world.server.instead.push([409, { code: 'key_in_use' }]);
  world.boot();
  await world.run(() => world.refusedWith !== null);
  world.end();
  expect(await world.run(() => world.settled())).toBe(true);
  const [first, second] = world.server.askedFor(ENROLL);
  expect(second!.csr).not.toBe(first!.csr);
});

test('a device with a key of its own enrols with this one', async () => {
  const world = new IdentityWorld(authorities);
  const key = keyToPem(generateDeviceKey());
  world.server.asks = true;
  world.wayIn = { rootSha256, key };
  world.boot();
  await world.run(() => world.server.approvals.size === 1);
  decide(world, 'approved');
  expect(await world.run(() => world.settled())).toBe(true);
  expect(world.store!.identity.key).toBe(key);
});

describe('a credential', () => {
  const codeOf = (way: WayIn) => {
    try {
      openWay(way);
      return 'ok';
    } catch (error) {
      return (error as EnrollmentRefused).code;
    }
  };
  const certificate = () => authorities.root.pem;

  test.each<[string, () => WayIn, string]>([
    ['a token cut short', () => ({ token: 'mst_abc' }), 'token_invalid'],
    ['a digest that is none', () => ({ rootSha256: 'abc' }), 'root_pin_malformed'],
    ['a digest as openssl prints it', () => ({ rootSha256: `${'AB:'.repeat(31)}AB` }), 'ok'],
    ['a key that cannot be read', () => ({ rootSha256, key: 'x' }), 'key_malformed'],
    [
      'a certificate that cannot be read',
      () => ({ rootSha256, entry: { certificate: 'x', key: keyToPem(generateDeviceKey()) } }),
      'certificate_malformed',
    ],
    [
      'a key of another certificate',
      () => ({ rootSha256, entry: { certificate: certificate(), key: keyToPem(generateDeviceKey()) } }),
      'key_mismatch',
    ],
  ])('that is %s is judged before anything is asked', (_, way, code) => {
    expect(codeOf(way())).toBe(code);
  });
});
