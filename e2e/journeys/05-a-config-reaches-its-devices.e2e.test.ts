import {
  addConfigVersion,
  createConfig,
  diffConfig,
  getConfig,
  patchConfig,
  publishConfig,
} from '@muster/contracts/configs/configs.routes';
import type { ConfigDocument, GoldenConfigDetail } from '@muster/contracts/configs/configs.schema';
import { driftByPath, getTwin, listDrift, twinHistory } from '@muster/contracts/devices/devices.routes';
import { type Fleet, startFleet } from '@muster/fleet-sim/fleet';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Stack } from '../stack/stack.js';

const DEVICES = 5;
const SITE = 'Berlin';
let stack: Stack;
let fleet: Fleet;
let config: GoldenConfigDetail;

beforeAll(async () => {
  stack = await Stack.start({ cluster: inject('postgres') });
  fleet = await startFleet({
    url: stack.deviceUrl,
    groups: [{ token: await stack.enrollmentToken(DEVICES, SITE), site: SITE }],
    devices: DEVICES,
    seed: 5,
    models: ['edge-gateway-100'],
    firmwareVersions: ['1.0.0'],
    tempo: { agent: { backoff: { baseMs: 100, capMs: 500, stableMs: 1_000 } } },
  });
  await assertEventually(() => expect(fleet.online()).toBe(DEVICES), { within: 30_000 });
});
afterAll(async () => {
  await fleet?.stop();
  await stack?.stop();
});

const ids = () => fleet.devices.map((device) => device.deviceId!);
const twinOf = (deviceId: string) => stack.client.call(getTwin, { params: { deviceId } });
const ifMatch = () => ({ match: config.version });
const publish = async (number: number) => {
  config = await stack.client.call(publishConfig, { params: { configId: config.id, number }, ...ifMatch() });
};
const publishDocument = async (document: ConfigDocument) => {
  const params = { configId: config.id };
  config = await stack.client.call(addConfigVersion, { params, body: { document, notes: '' }, ...ifMatch() });
  await publish(config.draftNumber!);
};
const converged = () =>
  assertEventually(
    async () => {
      config = await stack.client.call(getConfig, { params: { configId: config.id } });
      expect(config).toMatchObject({ devices: DEVICES, converged: DEVICES, drifted: 0 });
      const { document } = config.versions.find(({ number }) => number === config.publishedNumber)!;
      for (const id of ids()) {
        const twin = await twinOf(id);
        expect(twin.desired).toMatchObject({ config: document });
        expect(twin.ackedVersion).toBe(twin.desiredVersion);
      }
    },
    { within: 30_000 },
  );

describe('a golden config', () => {
  it('is published and every device of its selector converges', async () => {
    config = await stack.client.call(createConfig, {
      body: {
        name: 'Berlin',
        layer: 'group',
        selector: { site: [SITE] },
        policy: 'report',
        document: { heartbeatS: 5, telemetryS: 5, own: { mode: 'eco', floor: 12 } },
        notes: 'first',
      },
    });
    await publish(1);
    await converged();
    for (const id of ids()) expect((await twinOf(id)).reported).toMatchObject({ config: { own: { mode: 'eco' } } });
  });

  it('shows drift by field while a device is away, and only changed keys travel to it', async () => {
    const away = fleet.devices[0]!;
    await away.setOffline(true);
    await assertEventually(() => expect(away.online).toBe(false));
    await publishDocument({ heartbeatS: 5, telemetryS: 5, own: { mode: 'boost', floor: 12 } });
    const { changes } = await stack.client.call(diffConfig, {
      params: { configId: config.id },
      query: { from: 1, to: 2 },
    });
    expect(changes).toEqual([{ path: '/own/mode', op: 'replace', from: 'eco', to: 'boost' }]);
    await assertEventually(async () => {
      const { items } = await stack.client.call(listDrift, { query: { pageSize: 50 } });
      expect(items).toMatchObject([
        {
          deviceId: away.deviceId,
          path: '/config/own/mode',
          class: 'unacknowledged',
          desired: 'boost',
          reported: 'eco',
        },
      ]);
    });
    const history = await stack.client.call(twinHistory, {
      params: { deviceId: away.deviceId! },
      query: { pageSize: 1 },
    });
    expect(history.items[0]!.patch).toEqual({ config: { own: { mode: 'boost' } } });
    await away.setOffline(false);
    await converged();
  });

  it('sees a device that was edited by hand, and leaves it where the policy is to report', async () => {
    const edited = fleet.devices[1]!;
    await edited.agent!.editConfig({ own: { floor: 99 } });
    await assertEventually(async () => {
      const { drifts } = await twinOf(edited.deviceId!);
      expect(drifts).toMatchObject([{ path: '/config/own/floor', class: 'diverged', desired: 12, reported: 99 }]);
    });
    const overview = await stack.client.call(driftByPath, {});
    expect(overview).toMatchObject({ drifted: 1, total: DEVICES });
  });

  it('puts it back once the policy is to remediate', async () => {
    const params = { configId: config.id };
    config = await stack.client.call(getConfig, { params });
    config = await stack.client.call(patchConfig, { params, body: { policy: 'remediate' }, ...ifMatch() });
    const other = fleet.devices[2]!;
    await other.agent!.editConfig({ own: { floor: 77 } });
    await converged();
    for (const id of ids()) expect((await twinOf(id)).reported).toMatchObject({ config: { own: { floor: 12 } } });
  });
});
