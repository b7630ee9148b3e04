import { type IdentityAuthorities, identityAuthorities } from '@muster/testkit/identity-server';
import { IdentityWorld } from '@muster/testkit/identity-world';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

let authorities: IdentityAuthorities;
let world: IdentityWorld;
beforeAll(async () => {
  authorities = await identityAuthorities(new Date('2026-05-01T00:00:00.000Z'));
});

/** Enrolled with bundle 10, signed by key 0, which announces key 1. */
beforeEach(async () => {
  world = new IdentityWorld(authorities);
  const { server } = world;
  server.bundles = [await server.bundle(10, 0, [server.trustKey(0, 'active'), server.trustKey(1, 'next')])];
  world.boot();
  await world.run(() => world.settled());
});

const inForce = () => world.store!.identity.trustBundle;
const obey = (jws: string, bundle: number) => world.keeping!.obey({ schemaVersion: 1, bundle, jws });
const report = () => world.reports.at(-1);

describe('trust bundles', () => {
  test('the one of the enrolment is taken on the pinned root', () => {
    expect(inForce()).toBe(10);
    expect(world.store!.identity.trust.map(({ kid }) => kid)).toEqual(['trust-0', 'trust-1']);
  });

  test('the next one is applied in one step, roots and keys and number, and acknowledged', async () => {
    const { server } = world;
    const other = (await identityAuthorities(new Date('2026-05-01T00:00:00.000Z'))).root.pem;
    const roots = [server.root, other];
    const keys = [server.trustKey(0, 'retired'), server.trustKey(1, 'active')];
    world.points = 0;
    await obey(await server.bundle(11, 0, keys, { roots }), 11);
    // One file replaced: before it and after it are the only two points at which power may fail.
    expect(world.points).toBe(2);
    expect(report()).toMatchObject({ bundle: 11 });
    expect(world.store!.identity.root).toBe(roots.map((pem) => pem.trim()).join('\n'));
    await obey(await server.bundle(12, 1, [server.trustKey(1, 'active')]), 12);
    expect(report()).toMatchObject({ bundle: 12 });
    expect(world.store!.identity.root).toBe(server.root.trim());
    await world.cut();
    await world.run(() => world.settled());
    expect(inForce()).toBe(12);
  });

  test('a device that slept over several takes them in order', async () => {
    const { server } = world;
    const [old, young] = [server.trustKey(0, 'retired'), server.trustKey(1, 'active')];
    server.bundles.push(
      await server.bundle(11, 0, [server.trustKey(0, 'active'), server.trustKey(1, 'next')]),
      await server.bundle(12, 0, [old, young]),
      await server.bundle(13, 1, [young]),
    );
    await obey(server.bundles.at(-1)!, 13);
    expect(report()).toMatchObject({ bundle: 13 });
    expect(report()).not.toHaveProperty('refused');
  });

  test('one that an older agent knew by its number alone is taken when it is shown', async () => {
    const { server } = world;
    const other = (await identityAuthorities(new Date('2026-05-01T00:00:00.000Z'))).root.pem;
    await world.store!.amend({ trustBundle: 11, trustSigned: false });
    const roots = [server.root, other];
    await obey(await server.bundle(11, 0, [server.trustKey(0)], { roots }), 11);
    expect(report()).toMatchObject({ bundle: 11 });
    expect(world.store!.identity.root).toBe(roots.map((pem) => pem.trim()).join('\n'));
  });

  test('a server that is away is asked again', async () => {
    const { server } = world;
    server.bundles.push(
      await server.bundle(11, 0, [server.trustKey(0, 'active')]),
      await server.bundle(12, 0, [server.trustKey(0, 'active')]),
    );
    world.offline = true;
    await obey(server.bundles.at(-1)!, 12);
    expect(inForce()).toBe(10);
    world.offline = false;
    await world.run(() => inForce() === 12);
    expect(inForce()).toBe(12);
  });

  test.each<[string, (w: IdentityWorld) => Promise<[string, number]>, string]>([
    [
      'signed only by the key it brings',
      async ({ server }) => [await server.bundle(11, 1, [server.trustKey(1, 'active')]), 11],
      'key_unknown',
    ],
    [
      'of another tenant',
      async ({ server }) => [await server.bundle(11, 0, [server.trustKey(0)], { tenant: 'other' }), 11],
      'audience_mismatch',
    ],
    [
      'that was over long ago, played back',
      async ({ server }) => [await server.bundle(9, 0, [server.trustKey(0)]), 9],
      'replayed',
    ],
    [
      'changed on its way',
      async ({ server }) => {
        const [head, , tail] = (await server.bundle(11, 0, [server.trustKey(0)])).split('.');
        const claims = { schemaVersion: 1, number: 11, tenant: server.tenant, roots: [server.root], keys: [] };
        return [`${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${tail}`, 11];
      },
      'signature_invalid',
    ],
    [
      'without a key that could sign the next',
      async ({ server }) => [await server.bundle(11, 0, [server.trustKey(0, 'retired')]), 11],
      'payload_malformed',
    ],
    [
      'whose roots cannot be read',
      async ({ server }) => [await server.bundle(11, 0, [server.trustKey(0)], { roots: ['x'] }), 11],
      'payload_malformed',
    ],
    [
      'without a signature (alg none)',
      async ({ server }) => [unsigned(server.root, { alg: 'none' }), 11],
      'key_unknown',
    ],
    [
      'that brings its key in the header',
      async ({ server }) => [unsigned(server.root, { alg: 'ES256', kid: 'trust-0', jwk: server.trustKey(1) }), 11],
      'signature_invalid',
    ],
    [
      'that is a command',
      async ({ server }) => [unsigned(server.root, { alg: 'ES256', kid: 'trust-0', typ: 'cmd+jws' }), 11],
      'type_mismatch',
    ],
    [
      'with an extension nobody knows (crit)',
      async ({ server }) => [unsigned(server.root, { alg: 'ES256', kid: 'trust-0', crit: ['x'] }), 11],
      'signature_invalid',
    ],
  ])('one %s changes nothing and is reported', async (_, make, fault) => {
    const before = structuredClone(world.store!.identity);
    await obey(...(await make(world)));
    expect(report()).toMatchObject({ bundle: 10, refused: fault });
    expect(world.store!.identity).toEqual(before);
  });

  test('keys nobody signed are not taken, with or without a certificate', async () => {
    const stranger = { ...world.server.trustKey(1), kid: 'stranger' };
    await world.keeping!.obey({ schemaVersion: 1, bundle: 11, keys: [stranger] });
    expect(report()).toMatchObject({ bundle: 10 });
    world.server.rows[0]!.requestedAt = world.clock.now();
    await world.run(() => world.settled() && world.server.rows.length === 2);
    expect(world.store!.identity.trust.map(({ kid }) => kid)).toEqual(['trust-0', 'trust-1']);
  });

  test('a stranger who sends what is not ours cannot make a device ask the server all day', async () => {
    const forged = await world.server.bundle(11, 1, [world.server.trustKey(1)]);
    const before = world.server.asked.length;
    for (let n = 0; n < 20; n++) await obey(forged, 11);
    expect(world.server.asked.length - before).toBe(1);
  });
});

const unsigned = (root: string, header: object) => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { schemaVersion: 1, number: 11, tenant: 'acme', roots: [root], keys: [{ kid: 'x', use: 'trust' }] };
  return `${part({ typ: 'trust+jws', ...header })}.${part(claims)}.${Buffer.alloc(64, 1).toString('base64url')}`;
};
