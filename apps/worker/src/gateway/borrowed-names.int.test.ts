/** Rows 36, 60, 62, 63, 65 and 67 of the attack list: both brokers, with the worker and the database behind them. */
import { devicePrefix, topicFor } from '@muster/contracts/mqtt/topics';
import { assertEventually } from '@muster/testkit/assert-eventually';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  asDevice,
  asService,
  closeWorld,
  embedded,
  type Identity,
  mosquitto,
  newIdentity,
  openWorld,
  tenant,
  test,
} from '../devices/clones.harness.js';

const MINUTE_MS = 60_000;
const YEAR_MS = 365 * 86_400_000;

beforeAll(openWorld);
afterAll(closeWorld);

const up = ({ deviceId }: Identity, of = tenant) =>
  topicFor({ tenant: of, device: deviceId, direction: 'up', channel: 'telemetry', place: null });
const down = ({ deviceId }: Identity) => `${devicePrefix(tenant, deviceId)}/down`;
const reading = ({ deviceId }: Identity, seqNo: number, at = new Date()) => {
  const header = { msgId: uuidv7(), deviceId, seqNo, producedAt: at.toISOString(), schemaVersion: 1 };
  return JSON.stringify({ ...header, readings: [{ values: { load: seqNo } }] });
};
const stored = ({ deviceId }: Identity) =>
  test.database.system((tx) =>
    tx.query<{ seqNo: number; correctedAt: Date | null }>(
      `select m.seq_no::int as "seqNo", m.corrected_at as "correctedAt"
       from messages m join devices d using (device_key) where d.id = $1 and m.kind = 2 order by m.seq_no`,
      [deviceId],
    ),
  );
const numbers = async (device: Identity) => (await stored(device)).map(({ seqNo }) => seqNo);
const deadLetters = async ({ deviceId }: Identity) =>
  (
    await test.database.system((tx) =>
      tx.query<{ reason: string }>('select reason from dead_letters where device_id = $1', [deviceId]),
    )
  ).map(({ reason }) => reason);

describe.each([
  ['embedded', embedded],
  ['mosquitto', mosquitto],
] as const)('on the %s broker', (name, start) => {
  let broker: { readonly port: number } & AsyncDisposable;
  const clients: MqttClient[] = [];
  beforeAll(async () => {
    broker = await start();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.endAsync(true);
  });
  afterAll(() => broker?.[Symbol.asyncDispose]());

  const enter = async (as: IClientOptions, more: IClientOptions = {}) => {
    const client = mqtt.connect(`mqtts://localhost:${broker.port}`, { ...as, reconnectPeriod: 0, ...more });
    clients.push(client);
    const heard: string[] = [];
    client.on('message', (topic) => heard.push(topic)).on('error', () => {});
    const closed = new Promise<false>((resolve) => client.once('close', () => resolve(false)));
    const isIn = await Promise.race([
      new Promise<true>((resolve) => client.once('connect', () => resolve(true))),
      closed,
    ]);
    return {
      client,
      heard,
      isIn,
      closed,
      /** Until the broker took it or closed. */
      publish: (topic: string, payload: string | Buffer, retain = false) =>
        Promise.race([client.publishAsync(topic, payload, { qos: 1, retain }).catch(() => false), closed]),
      subscribe: (...filters: string[]) =>
        Promise.race([client.subscribeAsync(filters, { qos: 1 }).catch(() => false), closed]),
    };
  };
  type Entered = Awaited<ReturnType<typeof enter>>;

  /** A session that hears its own downlinks. */
  const listen = async (device: Identity, more?: IClientOptions) => {
    const session = await enter(asDevice(device), more);
    expect(session.isIn).toBe(true);
    await session.subscribe(`${down(device)}/#`);
    return session;
  };
  /** A message and the answer of the control plane to it: what was sent to this session before has come by then. */
  const roundTrip = async (session: Entered, device: Identity, seqNo: number) => {
    await session.publish(up(device), reading(device, seqNo));
    await assertEventually(() => expect(session.heard).toContain(`${down(device)}/ack`));
    await assertEventually(async () => expect(await numbers(device)).toContain(seqNo));
  };

  it('a device hears nothing of others and takes nothing from them, whatever it subscribes to (row 62)', async () => {
    const [victim, spy] = [await newIdentity(), await newIdentity()];
    const theirs = devicePrefix(tenant, victim.deviceId);
    const spying = await listen(spy);
    const filters = [
      ...['#', '+/+/+/+/#', 'muster/v1/+/+/down/#', 'muster/v1/other/+/up/#', `muster/v1/+/${victim.deviceId}/#`],
      ...[`${theirs}/down/#`, `${theirs}/up/#`, '$SYS/#', '$share/g/#', '$share/g/muster/v1/+/+/up/#'],
      // Named like the product: messages of a group go to one of its members, and would be lost with a stranger.
      ...['$share/muster/muster/v1/+/+/up/#', '$share/workers/muster/v1/+/+/up/#'],
    ];
    // What is answered says little: Mosquitto grants it all and delivers nothing.
    for (const filter of filters) await spying.subscribe(filter);
    const talking = await listen(victim);
    for (let n = 0; n < 40; n++) await talking.publish(up(victim), reading(victim, n));
    await assertEventually(async () => expect(await numbers(victim)).toHaveLength(40));
    await assertEventually(() => expect(talking.heard).toContain(`${down(victim)}/ack`));
    await roundTrip(spying, spy, 1);
    expect(spying.heard.filter((topic) => !topic.startsWith(`${down(spy)}/`))).toEqual([]);
  });

  // A device for each try: one that comes back too often is slowed down.
  it('a device says nothing in the name of another, of another tenant or of the broker (row 62)', async () => {
    const victim = await newIdentity();
    const listening = await listen(victim);
    const topics: ((thief: Identity) => string)[] = [
      ...[() => up(victim), () => `${down(victim)}/command`, () => up(victim, 'other'), () => '$SYS/x', () => 'x'],
      (thief) => up(thief, 'other'),
    ];
    const thieves: Identity[] = [];
    for (const topic of topics) {
      const thief = await newIdentity();
      const stealing = await enter(asDevice(thief));
      expect(stealing.isIn).toBe(true);
      await stealing.publish(topic(thief), reading(victim, 1));
      thieves.push(thief);
    }
    await roundTrip(listening, victim, 2);
    expect(await numbers(victim)).toEqual([2]);
    expect(new Set(listening.heard)).toEqual(new Set([`${down(victim)}/ack`]));
    // Mosquitto compares the device alone; the tenant is the worker's business.
    if (name === 'mosquitto')
      await assertEventually(async () => expect(await deadLetters(thieves.at(-1)!)).toEqual(['tenant_mismatch']));
    expect(await Promise.all(thieves.map(numbers))).toEqual(thieves.map(() => []));
  });

  it('nothing is left behind on a foreign topic, as a Will or retained (row 63)', async () => {
    const victim = await newIdentity();
    const thieves: Identity[] = [];
    for (const retain of [false, true])
      for (const topic of [
        () => up(victim),
        () => `${down(victim)}/command`,
        (one: Identity) => `${down(one)}/command`,
      ]) {
        const [dier, publisher] = [await newIdentity(), await newIdentity()];
        const will = { topic: topic(dier), payload: Buffer.from(reading(victim, 1)), qos: 1, retain } as const;
        const dying = await enter(asDevice(dier), { will });
        dying.client.stream.destroy();
        await dying.closed;
        const stealing = await enter(asDevice(publisher));
        await stealing.publish(topic(publisher), reading(victim, 1), retain);
        await stealing.client.endAsync(true);
        thieves.push(dier, publisher);
      }
    const retaining = await enter(asDevice(victim));
    await retaining.publish(up(victim), reading(victim, 2), true);
    await retaining.client.endAsync(true);
    const hears = async (device: Identity) => {
      const listening = await listen(device);
      await roundTrip(listening, device, 3);
      expect(new Set(listening.heard)).toEqual(new Set([`${down(device)}/ack`]));
    };
    await Promise.all([victim, ...thieves].map(hears));
    expect(await numbers(victim)).not.toContain(1);
  });

  it('a payload that names somebody else is refused, and counts for nobody (row 67)', async () => {
    const [victim, thief] = [await newIdentity(), await newIdentity()];
    const talking = await listen(thief);
    await talking.publish(up(thief), reading(victim, 1));
    await assertEventually(async () => expect(await deadLetters(thief)).toEqual(['identity_mismatch']));
    await roundTrip(talking, thief, 2);
    expect([await numbers(thief), await numbers(victim), await deadLetters(victim)]).toEqual([[2], [], []]);
  });

  it('a device whose clock is at 1970 or ten years ahead gets in, and is heard at the time of the server (row 60)', async () => {
    const device = await newIdentity();
    const talking = await listen(device);
    for (const [seqNo, at] of [new Date(7_000), new Date(Date.now() + 10 * YEAR_MS)].entries())
      await talking.publish(up(device), reading(device, seqNo, at));
    await assertEventually(async () => expect(await numbers(device)).toEqual([0, 1]));
    for (const { correctedAt } of await stored(device))
      expect(Math.abs(correctedAt!.getTime() - Date.now())).toBeLessThan(MINUTE_MS);
    await roundTrip(talking, device, 2);
  });

  it('the certificate of our own service is nobody’s at the door of devices (row 36)', async () => {
    const victim = await newIdentity();
    const standing = await listen(victim);
    const posing = await enter(asService(), { clientId: victim.deviceId });
    if (name === 'embedded') expect(posing.isIn).toBe(false);
    await posing.subscribe('#', `${down(victim)}/#`);
    await posing.publish(up(victim), reading(victim, 1));
    await roundTrip(standing, victim, 2);
    expect(await numbers(victim)).toEqual([2]);
    expect([standing.client.connected, posing.heard]).toEqual([true, []]);
  });

  it('ten megabytes end a session; ten thousand filters and ten thousand messages leave others alone (row 65)', {
    timeout: 120_000,
  }, async () => {
    const [greedy, calm] = [await newIdentity(), await newIdentity()];
    const going = await listen(calm);
    const heavy = await enter(asDevice(greedy));
    heavy.client.publish(up(greedy), Buffer.alloc(10 * 1024 * 1024, 0x20), { qos: 1 });
    await heavy.closed;
    await roundTrip(going, calm, 1);

    const many = await listen(greedy);
    const filters = Array.from({ length: 10_000 }, (_, n) => `muster/v1/+/+/up/${n}/#`);
    for (let at = 0; at < filters.length; at += 500) await many.subscribe(...filters.slice(at, at + 500));
    await roundTrip(going, calm, 2);
    for (let n = 0; n < 10_000; n++) many.client.publish(up(greedy), reading(greedy, n), { qos: 0 });
    const before = performance.now();
    await roundTrip(going, calm, 3);
    expect(performance.now() - before).toBeLessThan(20_000);
    expect(await numbers(calm)).toEqual([1, 2, 3]);
    expect(many.heard.filter((topic) => !topic.startsWith(`${down(greedy)}/`))).toEqual([]);
  });
});
