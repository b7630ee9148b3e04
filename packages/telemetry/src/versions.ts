import type { UplinkChannel } from '@muster/contracts/mqtt/topics';
import { schemaVersions, uplinkVersions } from '@muster/contracts/mqtt/uplink';
import type { PayloadSchema } from '@muster/contracts/telemetry/metrics.schema';
import { z } from 'zod';
import { telemetryV1ToV2 } from './migrate-telemetry.js';

/** From one version of a message to the next. Pure in what it says; it may work on the message it is given. */
export interface Migration {
  /** What changes, for who maintains devices. */
  readonly says: string;
  readonly migrate: (message: never) => object;
}

/**
 * The way from each version to the next, by the version it starts from. To add version 3 of a channel: add its schema to
 * contracts `uplinkVersions`, a fixture beside it, and the step from 2 here; the decoder walks whatever steps there are.
 */
const migrations: Partial<Record<UplinkChannel, Readonly<Record<number, Migration>>>> = {
  telemetry: {
    1: { says: 'a reading without `dtMs` gets `dtMs: 0`', migrate: telemetryV1ToV2 },
  },
};

/** The steps that make `version` of a channel the newest, in their order. */
export function stepsFrom(channel: UplinkChannel, version: number): readonly Migration[] {
  const steps: Migration[] = [];
  for (let at = version; at < schemaVersions[channel].newest; at++) {
    const step = migrations[channel]?.[at];
    if (step === undefined) throw new Error(`no migration of ${channel} from version ${at}`);
    steps.push(step);
  }
  return steps;
}

/** Every version of every uplink as devices may send it, channels in the order of the contract, newest version first. */
export function payloadSchemas(): PayloadSchema[] {
  return Object.entries(uplinkVersions).flatMap(([name, versions]) => {
    const channel = name as UplinkChannel;
    return versions
      .map(
        ({ version, schema }): PayloadSchema => ({
          channel,
          version,
          state: version === schemaVersions[channel].newest ? 'current' : 'supported',
          migration: migrations[channel]?.[version]?.says ?? null,
          jsonSchema: z.toJSONSchema(schema, { io: 'input' }),
        }),
      )
      .reverse();
  });
}
