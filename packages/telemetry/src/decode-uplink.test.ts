import { gzipSync, zstdCompressSync } from 'node:zlib';
import { MAX_UPLINK_BYTES, schemaVersions } from '@muster/contracts/mqtt/uplink';
import { describe, expect, it } from 'vitest';
import { decodeUplink } from './decode-uplink.js';
import { encodeCbor } from './encode-cbor.js';

const device = '01980000-0000-7000-8000-000000000001';
const telemetry = (changes: object = {}) => ({
  msgId: 'm1',
  deviceId: device,
  seqNo: 7,
  producedAt: '2026-11-21T05:47:00.000Z',
  schemaVersion: 1,
  readings: [{ values: { power_w: 12.5 } }],
  ...changes,
});
const decode = (body: unknown) =>
  decodeUplink('telemetry', device, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));

const deep = (levels: number): object => (levels === 0 ? {} : { in: deep(levels - 1) });
const many = Array.from({ length: 1000 }, (_, i) => -i);
const five = ['a', 'b', 'c', 'd', 'e'];

describe('decoding an uplink', () => {
  it('gives the message, its mark and its time', () => {
    expect(decode(telemetry({ epoch: 3 }))).toMatchObject({
      kind: 'decoded',
      mark: { stream: 'telemetry', epoch: 3, seqNo: 7 },
      producedAt: new Date('2026-11-21T05:47:00.000Z'),
    });
  });

  it('tolerates fields it does not know', () => {
    expect(decode(telemetry({ later: { invention: true } })).kind).toBe('decoded');
  });

  it.each([
    ['payload_malformed', '{"msgId":'],
    ['payload_malformed', '[1]'],
    ['payload_malformed', 'null'],
    [
      'schema_version_unknown',
      telemetry({ schemaVersion: schemaVersions.telemetry.newest + 1, readings: 'new shape' }),
    ],
    ['payload_invalid', telemetry({ readings: [] })],
    ['payload_invalid', telemetry({ readings: [{ values: { 'Bad Name': 1 } }] })],
    ['payload_invalid', telemetry({ seqNo: -1 })],
    ['payload_invalid', telemetry({ seqNo: 1.5 })],
    ['payload_invalid', telemetry({ producedAt: '2026-11-21 05:47' })],
    ['payload_invalid', telemetry({ producedAt: '2026-13-41T05:47:00.000Z' })],
    ['identity_mismatch', telemetry({ deviceId: '01980000-0000-7000-8000-000000000002' })],
  ])('refuses as %s %j', (code, body) => {
    expect(decode(body)).toMatchObject({ kind: 'refused', code });
  });

  it('refuses bytes that are not UTF-8 and does not mend them', () => {
    const bytes = Buffer.concat([Buffer.from('{"msgId":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    expect(decodeUplink('telemetry', device, bytes)).toMatchObject({ kind: 'refused', code: 'payload_malformed' });
  });

  it('names the message in the refusal, so that the device can let go of it', () => {
    expect(decode(telemetry({ readings: [] }))).toMatchObject({ mark: { stream: 'telemetry', epoch: 0, seqNo: 7 } });
  });

  it.each([{ seqNo: -1 }, { epoch: -1 }, { epoch: 0.5 }])('names none by a number that is none: %j', (fields) => {
    expect(decode(telemetry(fields))).toMatchObject({ kind: 'refused', mark: null });
  });

  it.each([
    ['/readings/0/values/power_w must be number,null', telemetry({ readings: [{ values: { power_w: 'much' } }] })],
    ['/readings/0/values key "Bad" must match pattern', telemetry({ readings: [{ values: { Bad: 1 } }] })],
    ['/seqNo must be >= 0', telemetry({ seqNo: -1 })],
    ['/readings must NOT have fewer than 1 items', telemetry({ readings: [] })],
    ['/schemaVersion must be integer', telemetry({ schemaVersion: 1.5 })],
    ['/producedAt is not a date of the calendar', telemetry({ producedAt: '2026-02-30T00:00:00.000Z' })],
    ['/extra nested deeper than 16', telemetry({ extra: deep(16) })],
  ])('names field and rule: %s', (detail, body) => {
    expect(decode(body)).toMatchObject({ code: 'payload_invalid', detail: expect.stringContaining(detail) });
  });

  it('takes what is nested as deep as is allowed', () => {
    expect(decode(telemetry({ extra: deep(14) })).kind).toBe('decoded');
  });
});

const block = (dtMs: number | number[], values: object) =>
  telemetry({ schemaVersion: 2, readings: [{ dtMs, values }] });

describe('a block of readings', () => {
  it('is taken, beside single ones', () => {
    const body = telemetry({
      schemaVersion: 2,
      bootId: 'b-1',
      readings: [
        { dtMs: [-1000, 0], values: { a: [1, null], b: [2.5, 3] } },
        { dtMs: 0, values: { c: 1 } },
      ],
    });
    expect(decode(body)).toMatchObject({ kind: 'decoded', uplink: body });
  });

  it.each([
    ['/readings/0/values/a has 3 values, dtMs has 2', block([-1000, 0], { a: [1, 2, 3] })],
    ['/readings/0/values/a must be a list, as dtMs is', block([-1000, 0], { a: 1 })],
    ['/readings/0/values/a is a list, and dtMs is not', block(0, { a: [1] })],
    ['/readings/0/values/a/0 must be number,null', block([0], { a: ['1'] })],
    ['/readings/0 must have required property', telemetry({ schemaVersion: 2 })],
    ['/readings/0/dtMs/0 must be >= -3600000', block([-3_600_001], { a: [1] })],
    ['/readings has 5000 values, 4096 are allowed', block(many, Object.fromEntries(five.map((key) => [key, many])))],
  ])('names field and rule: %s', (detail, body) => {
    expect(decode(body)).toMatchObject({ code: 'payload_invalid', detail: expect.stringContaining(detail) });
  });

  it('is no message of version 1', () => {
    const body = { ...block([0], { a: [1] }), schemaVersion: 1 };
    expect(decode(body)).toMatchObject({ code: 'payload_invalid' });
  });
});

describe('a compressed payload', () => {
  const bytesOf = (body: object) => Buffer.from(JSON.stringify(body));
  const take = (payload: Buffer) => decodeUplink('telemetry', device, payload);

  it('is refused before it has grown beyond the limit', () => {
    const bomb = Buffer.alloc(64 * 1024 * 1024, 0x20);
    for (const payload of [gzipSync(bomb), zstdCompressSync(bomb)])
      expect(take(payload)).toMatchObject({
        code: 'payload_too_large',
        detail: `expands to more than ${MAX_UPLINK_BYTES} bytes`,
      });
  });

  it('is compressed once', () => {
    expect(take(gzipSync(zstdCompressSync(bytesOf(telemetry()))))).toMatchObject({
      code: 'payload_malformed',
      detail: 'zstd inside gzip: one compression is enough',
    });
  });

  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('that was cut says so: %s', (name, compress) => {
    const whole = compress(bytesOf(telemetry()));
    expect(take(whole.subarray(0, whole.length - 10))).toMatchObject({
      code: 'payload_malformed',
      detail: expect.stringContaining(`${name}:`),
    });
  });
});

describe('CBOR', () => {
  it('may carry numbers that are none, which are for the quality of the reading to tell', () => {
    const body = telemetry({ readings: [{ values: { a: Number.NaN, b: Number.POSITIVE_INFINITY } }] });
    expect(decodeUplink('telemetry', device, encodeCbor(body)).kind).toBe('decoded');
  });

  it.each(['seqNo', 'epoch', 'schemaVersion'])('may not carry them as %s', (field) => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(decodeUplink('telemetry', device, encodeCbor(telemetry({ [field]: value })))).toMatchObject({
        kind: 'refused',
      });
  });
});
