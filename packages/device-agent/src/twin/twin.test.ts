import { diffTwin } from '@muster/domain/devices/diff-twin';
import { mergeDocument, type TwinDocument } from '@muster/domain/devices/merge-twin';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { applyConfig } from '../configs/apply-config.js';
import { Document } from '../ports/document.js';
import { MemoryFiles } from '../ports/memory-files.js';
import { emptyTwin, Twin } from './twin.js';

let files: MemoryFiles;
let heartbeatS: number | undefined;
beforeEach(() => {
  files = new MemoryFiles();
});

const settings = {
  heartbeatS: (seconds: number | undefined) => {
    heartbeatS = seconds;
    return null;
  },
  telemetryS: () => null,
  telemetryForm: () => null,
  keepArtifact: () => null,
  modbusSources: async (sources: readonly { id: string }[]) =>
    sources.some(({ id }) => id === 'bad') ? 'bad: no such map' : null,
};
const open = async () =>
  new Twin(
    await Document.open(files, 'twin.json', emptyTwin),
    (desired, inForce) => applyConfig(settings, desired, inForce),
    () => ({ system: { model: 'm' } }),
  );
const delta = (baseVersion: number, version: number, config: TwinDocument) => ({
  schemaVersion: 1 as const,
  baseVersion,
  version,
  patch: { config },
});

describe('the twin on the device', () => {
  test('applies a full document, then a delta on it, and reports what is in force', async () => {
    const twin = await open();
    expect(await twin.receive(delta(0, 1, { heartbeatS: 10, mode: 'eco' }))).toMatchObject({
      desiredVersion: 1,
      reported: { config: { heartbeatS: 10, mode: 'eco' }, system: { model: 'm' } },
      acks: { '/config/heartbeatS': { verdict: 'accepted' }, '/config/mode': { verdict: 'accepted' } },
    });
    expect(heartbeatS).toBe(10);
    const second = await twin.receive({ ...delta(1, 2, {}), patch: { config: { heartbeatS: null } } });
    expect(second.reported).toMatchObject({ config: { mode: 'eco' } });
    expect(heartbeatS).toBeUndefined();
  });

  test('asks for the whole document when a delta is for another version', async () => {
    const twin = await open();
    await twin.receive(delta(0, 3, { mode: 'a' }));
    expect(await twin.receive(delta(5, 6, { mode: 'b' }))).toMatchObject({
      needFull: true,
      desiredVersion: 3,
      reported: { config: { mode: 'a' } },
    });
    expect(await twin.receive(delta(0, 6, { mode: 'b' }))).toMatchObject({
      desiredVersion: 6,
      reported: { config: { mode: 'b' } },
    });
  });

  test('an old delta that arrives late changes nothing and is answered with what is', async () => {
    const twin = await open();
    await twin.receive(delta(0, 3, { mode: 'new' }));
    const report = await twin.receive(delta(1, 2, { mode: 'old' }));
    expect(report).toMatchObject({ desiredVersion: 3, reported: { config: { mode: 'new' } } });
    expect(report.needFull).toBeUndefined();
  });

  test('a refused key says why, keeps what was in force, and does not hold up the others', async () => {
    const twin = await open();
    const source = {
      id: 'good',
      place: 'a',
      transport: 'tcp',
      host: 'h',
      addressing: 'zero',
      points: [{ key: 'p', table: 'input', address: 0, type: 'int16' }],
    };
    await twin.receive(delta(0, 1, { heartbeatS: 30, modbus: { sources: [source] } }));
    const report = await twin.receive(
      delta(1, 2, { heartbeatS: 4, modbus: { sources: [{ ...source, id: 'bad' }] }, mode: 'eco' }),
    );
    expect(report).toMatchObject({
      desiredVersion: 2,
      reported: { config: { heartbeatS: 30, modbus: { sources: [{ id: 'good' }] }, mode: 'eco' } },
      acks: {
        '/config/heartbeatS': { verdict: 'rejected' },
        '/config/modbus': { verdict: 'rejected', detail: 'bad: no such map' },
        '/config/mode': { verdict: 'accepted' },
      },
    });
  });

  test('remembers over a restart, and its report numbers grow', async () => {
    const before = await (await open()).receive(delta(0, 4, { mode: 'eco' }));
    const twin = await open();
    await twin.restore();
    const after = await twin.report();
    expect(after).toMatchObject({ desiredVersion: 4, reported: { config: { mode: 'eco' } } });
    expect(after.version).toBeGreaterThan(before.version);
  });

  test('a change made by hand is reported as it is, and the wish stays known', async () => {
    const twin = await open();
    await twin.receive(delta(0, 1, { mode: 'eco' }));
    expect(await twin.editedByHand({ mode: 'boost' })).toMatchObject({
      desiredVersion: 1,
      reported: { config: { mode: 'boost' } },
    });
  });

  test('keys that would reach into the language are refused whole', async () => {
    const twin = await open();
    const report = await twin.receive({
      schemaVersion: 1,
      baseVersion: 0,
      version: 1,
      patch: JSON.parse('{"config":{"__proto__":{"x":1}}}'),
    });
    expect(report).toMatchObject({ desiredVersion: 1, acks: { '/config': { verdict: 'rejected' } } });
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  test('converges on the newest document whatever is lost, repeated or late', async () => {
    const value = fc.oneof(
      fc.integer(),
      fc.string({ maxLength: 5 }).filter((text) => text.isWellFormed() && !text.includes('\0')),
      fc.boolean(),
    );
    const config = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), value, { maxKeys: 4 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(config, { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        async (documents, arrivals) => {
          files = new MemoryFiles();
          const twin = await open();
          const versions: TwinDocument[] = [{}, ...documents.map((document) => ({ config: document }))];
          const patch = (base: number, to: number) => ({
            schemaVersion: 1 as const,
            baseVersion: base,
            version: to,
            patch: { ...diffTwin(versions[base]!, versions[to]!) },
          });
          for (const n of arrivals) {
            const to = 1 + (n % documents.length);
            const report = await twin.receive(patch(to - 1, to));
            // The server's answer to needFull may be as late as everything else.
            if (report.needFull && n % 2 === 0) await twin.receive(patch(0, to));
          }
          const newest = documents.length;
          const last = await twin.receive(patch(newest - 1, newest));
          const report = last.needFull ? await twin.receive(patch(0, newest)) : last;
          expect(report.reported!.config).toEqual(mergeDocument({}, versions[newest]!).config);
        },
      ),
      { numRuns: 100 },
    );
  });
});
