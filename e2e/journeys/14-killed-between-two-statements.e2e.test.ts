import { createCampaign, getCampaign, launchCampaign } from '@muster/contracts/campaigns/campaigns.routes';
import { type Behaviour, drawFault, simulatedArtifact } from '@muster/fleet-sim/behaviour';
import { publishContent } from '@muster/launcher/demo/publish-release';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { type DeadlyProxy, type StrikePoint, startDeadlyProxy } from '@muster/testkit/deadly-proxy';
import { expect, inject, it } from 'vitest';
import { openStage } from '../stack/campaign-stage.js';
import type { ServerProcess } from '../stack/process.js';

const DEVICES = 80;
const CAP = 8;
const VERSION = '2.0.0';
const behaviour: Behaviour = [{ share: 0.1, fault: { kind: 'fails_install', atPercent: 40 } }];

const LEASE = 'update campaigns set lease_owner';
const OFFER = `update executions set state = 'offered'`;
const REPORT = 'update executions set state = $3, reason_code';
const POSITIONS = `nextval('outbox_position')`;

/** Between which two lines of the engine a worker dies. */
const points: readonly StrikePoint[] = [
  { name: 'before it takes the lease', at: LEASE, when: 'before' },
  { name: 'with the lease in hand', seen: LEASE, at: 'COMMIT', when: 'after' },
  { name: 'after it decided, before it applies', at: 'for update of c', when: 'before' },
  { name: 'offers written, counts not', seen: OFFER, at: 'update campaign_waves set counters', when: 'before' },
  { name: 'offers and counts written, letters not', seen: OFFER, at: 'insert into outbox', when: 'before' },
  { name: 'everything of an offer written, not committed', seen: OFFER, at: 'COMMIT', when: 'before' },
  { name: 'an offer committed, nobody told', seen: OFFER, at: 'COMMIT', when: 'after' },
  { name: 'letters in order, their jobs not committed', seen: POSITIONS, at: 'COMMIT', when: 'before' },
  { name: 'a device heard, not committed', seen: REPORT, at: 'COMMIT', when: 'before' },
  { name: 'a device heard and committed, not acknowledged', seen: REPORT, at: 'COMMIT', when: 'after' },
];

/** Arms both workers; the first that comes by the point dies, and is started again. */
async function strike(point: StrikePoint, workers: readonly ServerProcess[], proxies: readonly DeadlyProxy[]) {
  let hit: ServerProcess | null = null;
  for (const [i, proxy] of proxies.entries())
    proxy.arm(point, () => {
      hit = workers[i]!;
      process.kill(hit.pid!, 'SIGKILL');
      for (const other of proxies) other.disarm();
    });
  const victim = await assertEventually(
    () => {
      expect(hit, point.name).not.toBeNull();
      return hit as unknown as ServerProcess;
    },
    { within: 90_000 },
  );
  await victim.kill();
  await victim.start();
  return victim.name;
}

it('two workers, one of them killed at each of ten points, bring a campaign to the same end', async () => {
  const cluster = inject('postgres');
  const { hostname: host, port } = new URL(cluster.adminUrl);
  const proxies = [
    await startDeadlyProxy({ host, port: Number(port) }),
    await startDeadlyProxy({ host, port: Number(port) }),
  ];
  const workersVia = proxies.map((proxy) => proxy.port);
  const stage = await openStage({ cluster, devices: DEVICES, broker: 'mosquitto', workersVia });
  try {
    const { client, name, models } = stage;
    const content = simulatedArtifact(VERSION, 128 * 1024, behaviour);
    const release = await publishContent(client, { name, version: VERSION, models, content });
    const draft = stage.campaign(release.id);
    const gate = { ...draft.plan.gate, maxFailureRate: 1, minSuccessRate: 0 };
    const plan = { ...draft.plan, gate, concurrency: CAP, deadlineS: 600, stepTimeoutS: 300 };
    const made = await client.call(createCampaign, { body: { ...draft, plan } });
    const params = { campaignId: made.id };
    await client.call(launchCampaign, { params, body: {}, match: made.version });

    for (const point of points) console.log(`${await strike(point, stage.stack.workers, proxies)} died ${point.name}`);

    const ended = await assertEventually(
      async () => {
        const now = await client.call(getCampaign, { params });
        expect(now.state, now.sentence).toBe('completed_with_stragglers');
        return now;
      },
      { within: 300_000, every: 500 },
    );
    const failing = stage.fleet.devices.filter((device) => drawFault(behaviour, device.serial, VERSION) !== null);
    expect(failing.length).toBeGreaterThan(0);
    expect(ended.counters).toMatchObject({
      succeeded: DEVICES - failing.length,
      failed: failing.length,
      timedOut: 0,
      waiting: 0,
      queued: 0,
      inFlight: 0,
    });
    for (const device of stage.fleet.devices)
      expect(device.runningVersion).toBe(failing.includes(device) ? device.plan.firmwareVersion : VERSION);
    const offers = await stage.offers(made.id);
    expect(offers).toHaveLength(DEVICES);
    expect(new Set(offers.map((offer) => offer.deviceId)).size).toBe(DEVICES);
    expect(stage.mostInFlight(offers)).toBeLessThanOrEqual(CAP);
  } finally {
    await stage.stop();
    for (const proxy of proxies) await proxy.stop();
  }
});
