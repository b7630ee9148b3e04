import { manifest } from '@muster/testkit/update-world';
import { describe, expect, test } from 'vitest';
import { simulatedArtifact } from './behaviour.js';
import { DeviceFaults } from './device-faults.js';
import { readFaults, readPresence } from './planned-faults.js';

describe('faults on the command line', () => {
  test('say version, kind, share and what else the kind can be told', () => {
    expect(readFaults(['2.1.0=defers@0.1,times=5', '2.1.0=lies@0.02', '*=ails@1,metric=power_w,status=ok'])).toEqual({
      '2.1.0': [
        { share: 0.1, fault: { kind: 'defers', times: 5, retryAfterS: 30 } },
        { share: 0.02, fault: { kind: 'lies' } },
      ],
      '*': [{ share: 1, fault: { kind: 'ails', afterMs: 0, status: 'ok', missing: 0, metric: 'power_w', shift: 25 } }],
    });
  });

  test.each([
    ['2.1.0=lies', 'VERSION=KIND@SHARE'],
    ['2.1.0=sleeps@0.1', '2.1.0=sleeps'],
    ['2.1.0=lies@7', 'from 0 to 1'],
    ['2.1.0=defers@0.1,times=no', 'times'],
  ])('%s is refused with a sentence', (word, sentence) => {
    expect(() => readFaults([word])).toThrow(sentence);
  });

  test('presence says habit and share', () => {
    expect(readPresence(['nightly=0.2', 'flaky=0.1'])).toEqual([
      { habit: 'nightly', share: 0.2 },
      { habit: 'flaky', share: 0.1 },
    ]);
    expect(() => readPresence(['sometimes=1'])).toThrow('nightly, weekdays, flaky');
    expect(() => readPresence(['nightly'])).toThrow('share');
  });
});

describe('the fault a device has with a release', () => {
  const start = simulatedArtifact('2.0.0', 1_000, [{ share: 1, fault: { kind: 'crashes' } }]);
  const faults = (planned = {}) =>
    new DeviceFaults({ serial: 'SIM-1', cameWith: '1.0.0', startOf: () => start }, planned);
  const of = { version: '2.0.0', path: 'download/x' };

  test('is the one it was given, before the planned one, before the own one of the release', () => {
    const planned = { '2.0.0': [{ share: 1, fault: { kind: 'lies' as const } }] };
    expect(faults().ofArtifact(of)).toEqual({ kind: 'crashes' });
    const one = faults(planned);
    expect(one.ofArtifact(of)).toEqual({ kind: 'lies' });
    one.given.set('*', { kind: 'bricks' });
    expect(one.ofArtifact(of)).toEqual({ kind: 'bricks' });
    one.given.set('2.0.0', null);
    expect(one.ofArtifact(of)).toBeNull();
  });

  test('is remembered when its bytes are gone', () => {
    const one = new DeviceFaults({ serial: 'SIM-1', cameWith: '1.0.0', startOf: () => bytes });
    let bytes: Uint8Array = start;
    one.ofArtifact(of);
    bytes = new Uint8Array();
    expect(one.of('2.0.0')).toEqual({ kind: 'crashes' });
  });

  test('for any version spares what the device came with', () => {
    const one = faults({ '*': [{ share: 1, fault: { kind: 'bricks' } }] });
    expect(one.of('1.0.0')).toBeNull();
    expect(one.of('9.0.0')).toEqual({ kind: 'bricks' });
  });

  test('puts off only as often as it says', async () => {
    const one = faults({ '2.0.0': [{ share: 1, fault: { kind: 'defers', times: 2, retryAfterS: 7 } }] });
    const ask = () => one.objection({ executionId: 'e', manifest: manifest('2.0.0') }, 'offer');
    expect(await ask()).toMatchObject({ reasonCode: 'battery_low', retryAfterS: 7 });
    expect(one.drained).toBe(true);
    expect(await ask()).not.toBeNull();
    expect(await ask()).toBeNull();
    expect(one.drained).toBe(false);
  });
});
