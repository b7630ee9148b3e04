import type { TelemetryForm } from '@muster/contracts/configs/configs.schema';
import { decodePayload, encodingOf } from '@muster/telemetry/decode-payload';
import { expect, test } from 'vitest';
import { PayloadForm } from './payload-form.js';

const message = (values: number) => ({
  msgId: 'telemetry.3.1',
  readings: [
    { dtMs: 0, values: Object.fromEntries(Array.from({ length: values }, (_, i) => [`metric_${i}`, i + 0.5])) },
  ],
});
const sent = (form: TelemetryForm | undefined, body: object) => {
  const payload = new PayloadForm();
  payload.form = form;
  return payload.encode(Buffer.from(JSON.stringify(body)));
};

test.each([
  [undefined, 'json'],
  [{ encoding: 'json', compression: 'none' }, 'json'],
  [{ encoding: 'cbor' }, 'cbor'],
  [{ compression: 'gzip' }, 'gzip'],
  [{ encoding: 'cbor', compression: 'gzip' }, 'gzip'],
] as const)('%j goes out as %s, and comes back as it was', (form, encoding) => {
  const payload = sent(form, message(50));
  expect(encodingOf(payload)).toBe(encoding);
  expect(decodePayload(payload)).toMatchObject({ body: message(50) });
});

test('a message that compression would make longer is not compressed', () => {
  expect(encodingOf(sent({ compression: 'gzip' }, message(1)))).toBe('json');
});

test('a form that is withdrawn is JSON again', () => {
  const form = new PayloadForm();
  form.form = { encoding: 'cbor' };
  form.form = undefined;
  expect(encodingOf(form.encode(Buffer.from('{"a":1}')))).toBe('json');
});
