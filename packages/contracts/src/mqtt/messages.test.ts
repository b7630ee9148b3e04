import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ZodType } from 'zod';
import { downlinkSchemas } from './downlink.js';
import { uplinkSchemas } from './uplink.js';

const folder = new URL('./fixtures/', import.meta.url);
const schemas: Record<string, ZodType> = Object.fromEntries([
  ...Object.entries(uplinkSchemas).map(([channel, schema]) => [`up.${channel}.json`, schema]),
  ...Object.entries(downlinkSchemas).map(([channel, schema]) => [`down.${channel}.json`, schema]),
]);

describe('the golden fixture of every message', () => {
  it('exists once per channel', () => expect(readdirSync(folder).sort()).toEqual(Object.keys(schemas).sort()));

  it.each(Object.entries(schemas))(
    '%s passes its schema unchanged, and tolerates a field from the future',
    (file, schema) => {
      const message = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
      expect(schema.parse(message)).toEqual(message);
      expect(schema.safeParse({ ...message, fromTheFuture: { a: 1 } }).success).toBe(true);
    },
  );

  it.each(Object.entries(uplinkSchemas))('an uplink on %s without its header is refused', (channel, schema) => {
    const message = JSON.parse(readFileSync(new URL(`up.${channel}.json`, folder), 'utf8'));
    for (const field of ['msgId', 'deviceId', 'seqNo', 'producedAt', 'schemaVersion']) {
      const { [field]: _gone, ...rest } = message;
      expect(schema.safeParse(rest).error?.issues[0]?.path).toEqual([field]);
    }
  });
});
