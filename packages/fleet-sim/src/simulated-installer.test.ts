import { MemoryFiles } from '@muster/device-agent/ports/memory-files';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { FakeClock } from '@muster/testkit/fake-clock';
import { describe, expect, test } from 'vitest';
import { Ailment } from './ailment.js';
import type { ReleaseFault } from './behaviour.js';
import { SimulatedInstaller } from './simulated-installer.js';

const payload = {
  version: '2.0.0',
  releaseId: null,
  sha256: 'a',
  rollbackIndex: 0,
  path: 'download/a',
  name: 'f.bin',
};

async function installer(fault: ReleaseFault | null) {
  const clock = new FakeClock();
  const silences: number[] = [];
  const around = {
    clock,
    faults: { ofArtifact: () => fault, of: (version: string) => (version === '2.0.0' ? fault : null) },
    installMs: 1_000,
    silence: (forMs: number) => void silences.push(forMs),
    confirmed: () => undefined,
  };
  const on = await SimulatedInstaller.open(new MemoryFiles(), around, '1.0.0');
  const progress: number[] = [];
  let outcome: unknown = null;
  void on
    .install(payload, (percent) => progress.push(percent))
    .then((end) => {
      outcome = end;
    });
  /** Lets time pass in the fifths an installation has. */
  const pass = async (ms: number) => {
    for (let n = 0; n < 5; n++) {
      await assertEventually(() => expect(clock.pending).toBe(1), { every: 1 });
      clock.advance(ms / 5);
    }
  };
  return {
    on,
    clock,
    silences,
    progress,
    pass,
    ends: () => assertEventually(() => expect(outcome).not.toBeNull()).then(() => outcome),
  };
}

describe('a simulated installation', () => {
  test('takes its time and says how far it is', async () => {
    const { pass, ends, progress } = await installer(null);
    await pass(1_000);
    expect(await ends()).toEqual({ ok: true });
    expect(progress).toEqual([20, 40, 60, 80, 100]);
  });

  test('that is late takes as long as told and says nothing meanwhile', async () => {
    const { pass, ends, progress, clock } = await installer({ kind: 'installs_late', afterMs: 3_600_000 });
    await pass(3_600_000);
    expect(await ends()).toEqual({ ok: true });
    expect(clock.monotonic()).toBe(3_600_000);
    expect(progress).toEqual([]);
  });

  test('that silences the device asks for that when it begins', async () => {
    const { pass, ends, silences } = await installer({ kind: 'goes_silent', forMs: 90_000 });
    await pass(1_000);
    await ends();
    expect(silences).toEqual([90_000]);
  });

  test('of a liar is claimed, and what ran runs on', async () => {
    const { on, pass, ends } = await installer({ kind: 'lies' });
    await pass(1_000);
    await ends();
    await on.activate();
    expect((await on.current()).version).toBe('2.0.0');
    expect(on.running).toBe('1.0.0');
  });
});

describe('an ailment', () => {
  const ails = {
    kind: 'ails',
    afterMs: 60_000,
    status: 'degraded',
    missing: 0.5,
    metric: 'power_w',
    shift: 5,
  } as const;

  test('begins when its time has come and ends with the release', () => {
    const clock = new FakeClock();
    const ailment = new Ailment(clock, 'SIM-1');
    ailment.began(ails);
    expect(ailment.shift).toBeNull();
    clock.advance(60_000);
    expect(ailment.shift).toEqual({ metric: 'power_w', by: 5 });
    ailment.began(null);
    expect(ailment.shift).toBeNull();
  });

  test('shows in what is said and in what is left out, but not in a good-bye', () => {
    const clock = new FakeClock();
    const ailment = new Ailment(clock, 'SIM-1');
    ailment.began(ails);
    clock.advance(60_000);
    const said = Array.from({ length: 1_000 }, () => ailment.change({ status: 'ok' })).filter((beat) => beat !== null);
    expect(said.length / 1_000).toBeCloseTo(0.5, 1);
    expect(new Set(said.map((beat) => beat!.status))).toEqual(new Set(['degraded']));
    expect(ailment.change({ reason: 'offline' })).toEqual({ reason: 'offline' });
  });
});
