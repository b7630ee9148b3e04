import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ZodType } from 'zod';
import { downlinkSchemas } from './downlink.js';
import { schemaVersions, uplinkSchemas, uplinkVersions } from './uplink.js';

const folder = new URL('./fixtures/', import.meta.url);
const schemas: Record<string, ZodType> = Object.fromEntries([
  ...Object.entries(uplinkVersions).flatMap(([channel, versions]) =>
    versions.map(({ version, schema }) => [`up.${channel}.v${version}.json`, schema]),
  ),
  ...Object.entries(downlinkSchemas).map(([channel, schema]) => [`down.${channel}.json`, schema]),
]);

const newestOf = (channel: string) => schemaVersions[channel as keyof typeof schemaVersions].newest;

describe('the golden fixture of every message', () => {
  it('exists once per channel and version', () =>
    expect(readdirSync(folder).sort()).toEqual(Object.keys(schemas).sort()));

  it.each(Object.entries(schemas))(
    '%s passes its schema unchanged, and tolerates a field from the future',
    (file, schema) => {
      const message = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
      expect(schema.parse(message)).toEqual(message);
      expect(schema.safeParse({ ...message, fromTheFuture: { a: 1 } }).success).toBe(true);
    },
  );

  it.each(Object.entries(uplinkVersions))(
    'the versions of %s follow one another up to the newest',
    (channel, versions) => {
      const { oldest, newest } = schemaVersions[channel as keyof typeof schemaVersions];
      expect(versions.map(({ version }) => version)).toEqual(versions.map((_, i) => oldest + i));
      expect(versions.at(-1)).toEqual({
        version: newest,
        schema: uplinkSchemas[channel as keyof typeof uplinkSchemas],
      });
    },
  );

  it.each(Object.entries(uplinkSchemas))('an uplink on %s without its header is refused', (channel, schema) => {
    const message = JSON.parse(readFileSync(new URL(`up.${channel}.v${newestOf(channel)}.json`, folder), 'utf8'));
    for (const field of ['msgId', 'deviceId', 'seqNo', 'producedAt', 'schemaVersion']) {
      const { [field]: _gone, ...rest } = message;
      expect(schema.safeParse(rest).error?.issues[0]?.path).toEqual([field]);
    }
  });
});
