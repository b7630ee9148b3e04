import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { downlinkChannels, parseTopic, type Topic, topicFor, uplinkChannels } from './topics.js';

const tenant = fc.stringMatching(/^[a-z0-9-]{1,32}$/);
const device = fc.uuid({ version: 7 });
const level = fc.stringMatching(/^[a-zA-Z0-9_.-]{1,64}$/);
const place = fc.option(fc.array(level, { minLength: 1, maxLength: 5 }).map((levels) => levels.join('/')));

const up = fc.tuple(tenant, device, fc.constantFrom(...uplinkChannels), place).map(
  ([t, d, channel, p]): Topic => ({
    tenant: t,
    device: d,
    direction: 'up',
    channel,
    place: channel === 'telemetry' ? p : null,
  }),
);
const down = fc
  .tuple(tenant, device, fc.constantFrom(...downlinkChannels))
  .map(([t, d, channel]): Topic => ({ tenant: t, device: d, direction: 'down', channel, place: null }));

describe('the topic grammar', () => {
  it('reads back exactly what it spells', () => {
    fc.assert(
      fc.property(fc.oneof(up, down), (topic) => {
        expect(parseTopic(topicFor(topic))).toEqual(topic);
      }),
    );
  });
  it('spells back exactly what it reads', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(level, { maxLength: 9 }).map((l) => `muster/v1/${l.join('/')}`),
        ),
        (text) => {
          const topic = parseTopic(text);
          if (topic !== null) expect(topicFor(topic)).toBe(text);
        },
      ),
    );
  });
  it.each([
    'muster/v1/main/#',
    'muster/v1/+/0192f0c1-2b3c-7d4e-8f50-1a2b3c4d5e6f/up/telemetry',
    'muster/v1/main/0192f0c1-2b3c-7d4e-8f50-1a2b3c4d5e6f/up/ack',
    'muster/v1/main/0192f0c1-2b3c-7d4e-8f50-1a2b3c4d5e6f/up/heartbeat/site',
    'muster/v1/main/0192f0c1-2b3c-7d4e-8f50-1a2b3c4d5e6f/up/telemetry/a/b/c/d/e/f',
    'muster/v1/Main/0192f0c1-2b3c-7d4e-8f50-1a2b3c4d5e6f/up/telemetry',
    'other/v1/main/0192f0c1-2b3c-7d4e-8f50-1a2b3c4d5e6f/up/telemetry',
  ])('refuses %s', (text) => expect(parseTopic(text)).toBeNull());
});
