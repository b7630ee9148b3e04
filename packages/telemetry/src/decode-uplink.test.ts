import { schemaVersions } from '@muster/contracts/mqtt/uplink';
import { describe, expect, it } from 'vitest';
import { decodeUplink } from './decode-uplink.js';

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
});
