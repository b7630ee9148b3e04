import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { Encoder } from 'cbor-x';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DoorDevice, type Doors, openDoors, telemetryOf } from './doors.harness.js';

let doors: Doors;

beforeAll(async () => {
  doors = await openDoors();
});
afterAll(async () => {
  await doors?.close();
});

const json = { 'content-type': 'application/json' };
const post = ({ as }: DoorDevice, body: unknown, headers: Record<string, string> = {}) =>
  doors.door.send('POST', '/device/v1/telemetry', { as, body, headers });
const seqNos = async (deviceId: string) => (await doors.stored(deviceId)).map(({ seqNo }) => seqNo);
const cbor = new Encoder({ useRecords: false });

describe('a batch over HTTP', () => {
  it('is committed when it is answered, in the shape of an acknowledgement', async () => {
    const device = await doors.enrol();
    const heartbeat = {
      ...telemetryOf(device.deviceId, 9),
      readings: undefined,
      channel: 'heartbeat',
      reason: 'periodic',
    };
    const answer = await post(device, [
      telemetryOf(device.deviceId, 1, { place: 'site-1/meter-2' }),
      telemetryOf(device.deviceId, 2),
      heartbeat,
    ]);
    expect([answer.status, answer.json()]).toEqual([200, { v: 1, acks: expect.any(Array), faults: [] }]);
    expect(new Set(answer.json().acks)).toEqual(
      new Set([
        { v: 1, stream: 'telemetry', epoch: 2, ranges: [[1, 2]], refused: [] },
        { v: 1, stream: 'heartbeat', epoch: 2, ranges: [[9, 9]], refused: [] },
      ]),
    );
    const rows = await doors.stored(device.deviceId);
    expect(rows.map(({ seqNo, kind, place }) => [seqNo, kind, place])).toEqual([
      [9, 1, null],
      [1, 2, 'site-1/meter-2'],
      [2, 2, null],
    ]);
  });

  it('that comes again is acknowledged again and stored once', async () => {
    const device = await doors.enrol();
    const batch = Array.from({ length: 20 }, (_, n) => telemetryOf(device.deviceId, n));
    const answers = await Promise.all([post(device, batch), post(device, batch), post(device, [...batch].reverse())]);
    for (const answer of answers) expect(answer.json().acks).toMatchObject([{ ranges: [[0, 19]] }]);
    expect(await seqNos(device.deviceId)).toEqual(batch.map(({ seqNo }) => seqNo));
  });

  it('may be JSON, lines or CBOR, in an array, wrapped or alone, packed or not', async () => {
    const device = await doors.enrol();
    const message = (seqNo: number) => telemetryOf(device.deviceId, seqNo, { place: 'm' });
    const text = (value: unknown) => Buffer.from(JSON.stringify(value));
    const forms: [Buffer, Record<string, string>][] = [
      [text(message(1)), json],
      [text({ messages: [message(2)] }), json],
      [gzipSync(text([message(3)])), { ...json, 'content-encoding': 'gzip' }],
      [zstdCompressSync(text([message(4)])), { ...json, 'content-encoding': 'zstd' }],
      [
        Buffer.from(`${JSON.stringify(message(5))}\n\n${JSON.stringify(message(6))}\n`),
        { 'content-type': 'application/x-ndjson' },
      ],
    ];
    for (const [body, headers] of forms) expect((await post(device, body, headers)).status).toBe(200);
    expect(await seqNos(device.deviceId)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(new Set((await doors.stored(device.deviceId)).map(({ place }) => place))).toEqual(new Set(['m']));
  });

  it('in CBOR is stored as it is in JSON', async () => {
    const device = await doors.enrol();
    const bodies = [[telemetryOf(device.deviceId, 1)], { messages: [telemetryOf(device.deviceId, 2)] }];
    for (const body of bodies) {
      const answer = await post(device, Buffer.from(cbor.encode(body)), { 'content-type': 'application/cbor' });
      expect([answer.status, answer.json().faults]).toEqual([200, []]);
    }
    const [first, second] = await doors.stored(device.deviceId);
    expect({ ...first, seqNo: 0, producedAt: 0 }).toEqual({ ...second, seqNo: 0, producedAt: 0 });
  });

  it('refused in part is committed whole: what is wrong lies in the dead letters, named by its place', async () => {
    const [device, other] = [await doors.enrol(), await doors.enrol()];
    const answer = await post(device, [
      telemetryOf(device.deviceId, 1),
      telemetryOf(other.deviceId, 2),
      telemetryOf(device.deviceId, 3, { readings: [] }),
      telemetryOf(device.deviceId, 4, { place: 'no such/../place' }),
      telemetryOf(device.deviceId, 5, { channel: 'command' }),
      'garbage',
    ]);
    const { acks, faults } = answer.json();
    expect(answer.status).toBe(200);
    expect(acks).toMatchObject([
      {
        ranges: [[1, 4]],
        refused: expect.arrayContaining([
          [2, 'identity_mismatch'],
          [3, 'payload_invalid'],
          [4, 'payload_invalid'],
        ]),
      },
    ]);
    expect(faults.map(({ index, code }: { index: number; code: string }) => [index, code])).toEqual([
      [1, 'identity_mismatch'],
      [2, 'payload_invalid'],
      [3, 'payload_invalid'],
      [4, 'payload_invalid'],
      [5, 'payload_malformed'],
    ]);
    expect(await seqNos(device.deviceId)).toEqual([1]);
    expect(await seqNos(other.deviceId)).toEqual([]);
    expect(await doors.dead(device.deviceId)).toHaveLength(5);
  });
});

describe('what is hostile', () => {
  it('has numbers that no acknowledgement can name: the rest is answered all the same', async () => {
    const device = await doors.enrol();
    const answer = await post(device, [
      telemetryOf(device.deviceId, 1),
      telemetryOf(device.deviceId, 2, { epoch: -1 }),
      telemetryOf(device.deviceId, -3),
    ]);
    expect([answer.status, answer.json().acks]).toMatchObject([200, [{ epoch: 2, ranges: [[1, 1]], refused: [] }]]);
    expect(answer.json().faults).toMatchObject([{ index: 1 }, { index: 2 }]);
  });

  it('is nested without end', async () => {
    const device = await doors.enrol();
    const deep = `{"extra":${'['.repeat(400_000)}${']'.repeat(400_000)}}`;
    const inJson = await post(device, gzipSync(`[${deep},${JSON.stringify(telemetryOf(device.deviceId, 1))}]`), json);
    expect([inJson.status, inJson.json().acks]).toMatchObject([200, [{ ranges: [[1, 1]] }]]);
    const inCbor = await post(device, Buffer.alloc(100_000, 0x81), { 'content-type': 'application/cbor' });
    expect([inCbor.status, inCbor.json().code]).toEqual([400, 'malformed_json']);
    expect(inCbor.json().detail).toContain('nested deeper than 18');
  });

  it('asks for much memory to be unpacked, or is millions of messages', async () => {
    const device = await doors.enrol();
    const params = { [constants.ZSTD_c_windowLog]: 27, [constants.ZSTD_c_contentSizeFlag]: 0 };
    const wide = zstdCompressSync(JSON.stringify([telemetryOf(device.deviceId, 1)]), { params });
    const windowed = Buffer.concat([wide.subarray(0, 5), Buffer.of((27 - 10) << 3), wide.subarray(6)]);
    expect((await post(device, windowed, json)).json().code).toBe('malformed_json');
    const many = await post(device, gzipSync(`[${'1,'.repeat(4_000_000)}1]`), json);
    expect([many.status, many.json().facts]).toEqual([413, { atLeast: 4_000_001, most: 1_000 }]);
  });

  it('is no message at all, and floods', async () => {
    const small = await openDoors({}, { floodPerSecond: 1, floodBurst: 3 });
    try {
      const device = await small.enrol();
      const body = Array.from({ length: 8 }, () => 'garbage');
      const answer = await small.door.send('POST', '/device/v1/telemetry', { as: device.as, body });
      const codes = answer.json().faults.map(({ code }: { code: string }) => code);
      expect(codes).toEqual([...Array(3).fill('payload_malformed'), ...Array(5).fill('rate_limited')]);
      expect(await small.dead(device.deviceId)).toHaveLength(3);
    } finally {
      await small.close();
    }
  });
});

it('the first use of a certificate makes it active', async () => {
  const device = await doors.enrol();
  expect(await doors.certificates(device.deviceId)).toMatchObject([{ state: 'issued' }]);
  await post(device, [telemetryOf(device.deviceId, 1)]);
  expect(await doors.certificates(device.deviceId)).toMatchObject([{ state: 'active' }]);
});

describe('a request over HTTP is refused as a whole', () => {
  it.each([
    ['malformed_json', 400, Buffer.from('{"msgId":'), json],
    ['malformed_json', 400, Buffer.from([0x1f, 0x8b, 1, 2, 3]), json],
    ['malformed_json', 400, Buffer.from([0x9b, 255, 255, 255, 255, 255, 255, 255, 255]), json],
    ['malformed_json', 400, Buffer.from([0x9a, 0x7f, 255, 255, 255]), json],
    ['validation_failed', 400, Buffer.from('[]'), json],
    ['validation_failed', 400, Buffer.from('7'), json],
    ['validation_failed', 400, Buffer.from('{"messages":7}'), json],
    ['validation_failed', 400, Buffer.from('\n\n'), { 'content-type': 'application/x-ndjson' }],
    ['payload_too_large', 413, Buffer.alloc(1024 * 1024 + 1, 0x20), json],
    ['payload_too_large', 413, gzipSync(Buffer.alloc(9 * 1024 * 1024, 0x20)), json],
    ['payload_too_large', 413, Buffer.from(`[${'1,'.repeat(1_000)}1]`), json],
    ['unsupported_media_type', 415, Buffer.from('[]'), { 'content-type': 'text/plain' }],
    ['unsupported_media_type', 415, Buffer.from('[]'), { 'content-type': 'application/octet-stream' }],
    ['unsupported_media_type', 415, Buffer.from('[]'), { ...json, 'content-encoding': 'br' }],
  ])('%s %i %#', async (code, status, body, headers) => {
    const device = await doors.enrol();
    const answer = await post(device, body, headers);
    expect([answer.status, answer.json().code]).toEqual([status, code]);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(await doors.stored(device.deviceId)).toEqual([]);
  });

  it('from whoever has no certificate of ours, or a revoked one', async () => {
    const device = await doors.enrol();
    const body = telemetryOf(device.deviceId, 1);
    const stranger = await doors.door.send('POST', '/device/v1/telemetry', { body });
    expect([stranger.status, stranger.json().code]).toEqual([401, 'certificate_unknown']);
    await doors.revoke(device.deviceId);
    expect((await post(device, body)).json().code).toBe('certificate_revoked');
    expect(await doors.stored(device.deviceId)).toEqual([]);
  });

  it('while the database is away, and taken afterwards', async () => {
    const device = await doors.enrol();
    const body = telemetryOf(device.deviceId, 1);
    const away = await doors.withoutDatabase(() => post(device, body));
    expect([away.status, away.json().code, away.headers['retry-after']]).toEqual([503, 'unavailable', '2']);
    expect((await post(device, body)).json().acks).toMatchObject([{ ranges: [[1, 1]] }]);
    expect(await seqNos(device.deviceId)).toEqual([1]);
  });
});

describe('limits', () => {
  it('a device that floods is told when to come again, and what was committed is acknowledged', async () => {
    const small = await openDoors({}, { floodPerSecond: 1, floodBurst: 3 });
    try {
      const device = await small.enrol();
      const send = (from: number, n: number) =>
        small.door.send('POST', '/device/v1/telemetry', {
          as: device.as,
          body: Array.from({ length: n }, (_, i) => telemetryOf(device.deviceId, from + i)),
        });
      const first = (await send(1, 5)).json();
      expect(first.acks).toMatchObject([{ ranges: [[1, 3]], refused: [] }]);
      expect(first.faults.map(({ index, code }: { index: number; code: string }) => [index, code])).toEqual([
        [3, 'rate_limited'],
        [4, 'rate_limited'],
      ]);
      expect(first.pauseUntilMs).toBeGreaterThan(Date.now());
      const second = await send(4, 2);
      expect([second.status, second.json().code]).toEqual([429, 'rate_limited']);
      expect(Number(second.headers['retry-after'])).toBeGreaterThan(0);
      expect((await small.stored(device.deviceId)).map(({ seqNo }) => seqNo)).toEqual([1, 2, 3]);
      expect(await small.dead(device.deviceId)).toEqual([]);
    } finally {
      await small.close();
    }
  });

  it('more than the doors may hold at once is sent back unread', async () => {
    const small = await openDoors({ underWay: 2 });
    try {
      const device = await small.enrol();
      const body = [1, 2, 3].map((seqNo) => telemetryOf(device.deviceId, seqNo));
      const answer = await small.door.send('POST', '/device/v1/telemetry', { as: device.as, body });
      expect([answer.status, answer.json().code]).toEqual([503, 'unavailable']);
      expect(await small.stored(device.deviceId)).toEqual([]);
    } finally {
      await small.close();
    }
  });
});
