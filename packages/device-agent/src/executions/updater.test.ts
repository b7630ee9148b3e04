import { allowing, busy, id, label, manifest, offer, UpdateWorld } from '@muster/testkit/update-world';
import { describe, expect, test } from 'vitest';

describe('an update', () => {
  test('ends the same wherever the power fails once', async () => {
    const smooth = new UpdateWorld();
    expect(await smooth.settle(offer(1, manifest('2.0.0')))).toBe('succeeded');
    for (let cutAt = 1; cutAt <= smooth.points; cutAt++) {
      const world = new UpdateWorld();
      world.cutAt = cutAt;
      expect(await world.settle(offer(1, manifest('2.0.0'))), `power cut at point ${cutAt}`).toBe('succeeded');
      expect(world.disk.current.version).toBe('2.0.0');
      expect(world.disk.other?.version).toBe('1.0.0');
    }
  });

  test('to an unhealthy release ends on the old one wherever the power fails once', async () => {
    const unwell = (version: string) => version !== '2.0.0';
    const smooth = new UpdateWorld();
    smooth.healthy = unwell;
    expect(await smooth.settle(offer(1, manifest('2.0.0')))).toBe('failed');
    for (let cutAt = 1; cutAt <= smooth.points; cutAt++) {
      const world = new UpdateWorld();
      world.healthy = unwell;
      world.cutAt = cutAt;
      expect(await world.settle(offer(1, manifest('2.0.0'))), `power cut at point ${cutAt}`).toBe('failed');
      expect(world.disk.current.version, `power cut at point ${cutAt}`).toBe('1.0.0');
    }
  });

  test('offered twice is installed once', async () => {
    const world = new UpdateWorld();
    const order = offer(1, manifest('2.0.0'));
    await world.settle(order);
    await world.updater.receive(order);
    await world.updater.receive(order);
    expect(world.installs).toBe(1);
    expect(world.reports.at(-1)).toMatchObject({ state: 'succeeded' });
  });

  test.each([
    ['other hardware', manifest('2.0.0', { models: ['other'] }), {}, 'hardware_incompatible'],
    ['an offer that is over', manifest('2.0.0'), { deadline: '2020-01-01T00:00:00.000Z' }, 'deadline_passed'],
    ['a campaign of another kind', manifest('2.0.0'), { kind: 'config' as const }, 'offer_incomplete'],
  ])('for %s is rejected before a byte is fetched', async (_, of, change, code) => {
    const world = new UpdateWorld();
    expect(await world.settle(offer(1, of, change))).toBe('rejected');
    expect(world.reports.map(({ state, reasonCode }) => [state, reasonCode])).toEqual([['rejected', code]]);
  });

  test('never goes below the rollback index that was confirmed', async () => {
    const world = new UpdateWorld();
    await world.settle(offer(1, manifest('2.0.0', { rollbackIndex: 5 })));
    world.reports.length = 0;
    const back = offer(2, manifest('1.9.0', { rollbackIndex: 4 }), { offer: allowing({ rollback: true }) });
    expect(await world.settle(back)).toBe('rejected');
    expect(world.reports[0]).toMatchObject({ reasonCode: 'rollback_index_too_low' });
  });

  test('with other content under the version that runs is refused', async () => {
    const world = new UpdateWorld();
    world.disk.current = { ...label('1.0.0'), sha256: 'ab'.repeat(32) };
    expect(await world.settle(offer(1, manifest('1.0.0')))).toBe('rejected');
    expect(world.reports[0]).toMatchObject({ reasonCode: 'version_reused' });
    expect(world.downloads).toBe(0);
  });

  test('to what already runs is satisfied at once', async () => {
    const world = new UpdateWorld();
    expect(await world.settle(offer(1, manifest('1.0.0')))).toBe('succeeded');
    expect(world.reports).toHaveLength(1);
    expect(world.reports[0]).toMatchObject({ reasonCode: 'already_satisfied', firmwareVersion: '1.0.0' });
    expect(world.installs).toBe(0);
  });

  test.each([
    ['no signed offer', { offer: undefined }, 'offer_unsigned'],
    ['an offer that is over', { offer: 'expired' }, 'offer_expired'],
    ['an offer for another device', { offer: 'audience_mismatch' }, 'audience_mismatch'],
    ['an offer of another tenant', { offer: 'issuer_mismatch' }, 'issuer_mismatch'],
    ['an offer of another execution', { offer: 'identity_mismatch' }, 'identity_mismatch'],
    ['an offer of another release', { offer: allowing({ releaseId: id(7) }) }, 'identity_mismatch'],
    ['an altered offer', { offer: 'signature_invalid' }, 'signature_invalid'],
    ['an offer signed with a key nobody knows', { offer: 'key_unknown' }, 'key_unknown'],
  ])('with %s is rejected by name', async (_, change, code) => {
    const world = new UpdateWorld();
    expect(await world.settle(offer(1, manifest('2.0.0'), change))).toBe('rejected');
    expect(world.reports.map(({ state, reasonCode }) => [state, reasonCode])).toEqual([['rejected', code]]);
    expect(world.downloads).toBe(0);
  });

  test('with a false offer does not disturb the one that is under way', async () => {
    const world = await busy();
    await world.updater.receive(offer(2, manifest('3.0.0'), { offer: 'signature_invalid' }));
    expect(world.told()).toEqual(['accepted', 'downloading', 'rejected signature_invalid']);
    world.downloaded!();
    await world.told('rebooting');
  });

  test.each([
    ['an older version', '0.9.0', {}, 'downgrade_refused'],
    ['a pre-release of the version it runs', '1.0.0-rc.1', {}, 'downgrade_refused'],
  ])('to %s is refused unless the offer says so', async (_, version, change, code) => {
    const refused = new UpdateWorld();
    expect(await refused.settle(offer(1, manifest(version), change))).toBe('rejected');
    expect(refused.reports[0]).toMatchObject({ reasonCode: code });
    for (const allowed of [{ downgrade: true }, { rollback: true }]) {
      const world = new UpdateWorld();
      expect(await world.settle(offer(1, manifest(version), { offer: allowing(allowed) }))).toBe('succeeded');
    }
  });

  test('of a device whose version is no semantic one is not refused as a downgrade', async () => {
    const world = new UpdateWorld();
    world.disk.current = label('factory-2019');
    expect(await world.settle(offer(1, manifest('0.0.1')))).toBe('succeeded');
  });

  test.each([
    ['another hardware revision', { hardwareRevisions: ['A', 'C'] }, 'hardware_incompatible'],
    ['devices that run more than this one', { minVersion: '1.0.1' }, 'below_min_version'],
  ])('for %s is rejected', async (_, change, code) => {
    const world = new UpdateWorld();
    expect(await world.settle(offer(1, manifest('2.0.0', change)))).toBe('rejected');
    expect(world.reports[0]).toMatchObject({ reasonCode: code });
  });

  test('for its hardware revision and from its version is installed', async () => {
    const of = manifest('2.0.0', { hardwareRevisions: ['A', 'B'], minVersion: '1.0.0' });
    expect(await new UpdateWorld().settle(offer(1, of))).toBe('succeeded');
  });
});
