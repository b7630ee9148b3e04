import { readFileSync } from 'node:fs';
import type { UplinkChannel } from '@muster/contracts/mqtt/topics';
import { schemaVersions, uplinkSchemas, uplinkVersions } from '@muster/contracts/mqtt/uplink';
import { PayloadSchema } from '@muster/contracts/telemetry/metrics.schema';
import { describe, expect, it } from 'vitest';
import { payloadSchemas, stepsFrom } from './versions.js';

const fixtures = new URL('../../contracts/src/mqtt/fixtures/', import.meta.url);
const every = Object.entries(uplinkVersions).flatMap(([channel, versions]) =>
  versions.map(({ version }) => [channel as UplinkChannel, version] as const),
);

describe('versions of messages', () => {
  it.each(every)('the fixture of %s version %d becomes a message of the newest version', (channel, version) => {
    let message = JSON.parse(readFileSync(new URL(`up.${channel}.v${version}.json`, fixtures), 'utf8')) as object;
    for (const { migrate } of stepsFrom(channel, version)) message = migrate(message as never);
    expect(uplinkSchemas[channel].safeParse(message).error).toBeUndefined();
  });

  it('telemetry of version 1 says its times where it left them out', () => {
    const [step] = stepsFrom('telemetry', 1);
    const readings = [{ dtMs: -1000, values: { a: 1 } }, { values: { a: 2 } }];
    expect(step!.migrate({ readings } as never)).toEqual({
      readings: [
        { dtMs: -1000, values: { a: 1 } },
        { dtMs: 0, values: { a: 2 } },
      ],
    });
  });

  it('are listed with what their migration changes', () => {
    const listed = payloadSchemas();
    expect(listed.map((one) => PayloadSchema.parse(one))).toEqual(listed);
    expect(listed.map(({ channel, version }) => [channel, version]).sort()).toEqual([...every].sort());
    for (const { channel, version, state, migration } of listed) {
      const current = version === schemaVersions[channel as UplinkChannel].newest;
      expect(state).toBe(current ? 'current' : 'supported');
      expect(migration === null).toBe(current);
    }
  });
});
