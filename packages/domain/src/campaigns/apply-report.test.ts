import { executionReportStates, executionStates } from '@muster/contracts/campaigns/executions.schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyReport, type DeviceReport, type ReportedExecution } from './apply-report.js';

const at = (state: ReportedExecution['state'], provisional = false): ReportedExecution => ({
  state,
  provisional,
  wantedVersion: '2.0.0',
});

describe('applyReport', () => {
  it('follows a device forward and lets it jump ahead when reports were lost', () => {
    expect(applyReport(at('offered'), { state: 'accepted' })).toMatchObject({ kind: 'moved', state: 'accepted' });
    expect(applyReport(at('accepted'), { state: 'installing' })).toMatchObject({ state: 'installing' });
  });

  it('takes the same state again as progress', () => {
    expect(applyReport(at('downloading'), { state: 'downloading' })).toEqual({ kind: 'unmoved' });
    expect(applyReport(at('failed'), { state: 'failed' })).toEqual({ kind: 'unmoved' });
  });

  it('refuses a step back and names what is allowed', () => {
    const outcome = applyReport(at('installing'), { state: 'downloading' });
    expect(outcome.kind === 'refused' && outcome.allowed).toContain('reboot');
  });

  it('lets a device that booted the wanted version and feels well begin its soak, never more', () => {
    const well: DeviceReport = { state: 'verifying', firmwareVersion: '2.0.0', checks: { network: true } };
    expect(applyReport(at('rebooting'), well)).toMatchObject({ kind: 'moved', state: 'verifying' });
    expect(applyReport(at('verifying'), { ...well, state: 'succeeded' })).toMatchObject({ state: 'soaking' });
    expect(applyReport(at('installing'), { state: 'succeeded', firmwareVersion: '2.0.0' })).toMatchObject({
      state: 'soaking',
    });
    expect(applyReport(at('soaking'), { state: 'succeeded', firmwareVersion: '2.0.0' })).toEqual({ kind: 'unmoved' });
  });

  it('does not believe a success that runs another version', () => {
    expect(applyReport(at('rebooting'), { state: 'succeeded', firmwareVersion: '1.0.0' })).toMatchObject({
      state: 'failed',
      reasonCode: 'version_mismatch',
      reasonDetail: 'runs 1.0.0 instead of 2.0.0',
    });
  });

  it('fails a device that booted back into the old version during the update', () => {
    expect(applyReport(at('rebooting'), { state: 'verifying', firmwareVersion: '1.0.0' })).toMatchObject({
      state: 'failed',
      reasonCode: 'self_reverted',
    });
    expect(applyReport(at('soaking'), { state: 'regressed' })).toMatchObject({
      state: 'failed',
      reasonCode: 'self_reverted',
    });
  });

  it('takes a device at its word that it had the release already', () => {
    const there: DeviceReport = { state: 'succeeded', reasonCode: 'already_satisfied', firmwareVersion: '2.0.0' };
    expect(applyReport(at('offered'), there)).toMatchObject({ state: 'already_satisfied' });
  });

  it('keeps a device with failing checks in verification', () => {
    const sick: DeviceReport = { state: 'verifying', firmwareVersion: '2.0.0', checks: { network: false } };
    expect(applyReport(at('rebooting'), sick)).toMatchObject({ state: 'verifying', reasonCode: 'checks_failing' });
  });

  it('calls a fall-back after success a regression', () => {
    expect(applyReport(at('succeeded'), { state: 'regressed' })).toMatchObject({ state: 'regressed' });
    expect(applyReport(at('succeeded'), { state: 'failed', reasonCode: 'crash_loop' })).toMatchObject({
      state: 'regressed',
      reasonCode: 'crash_loop',
    });
  });

  it('lets a late report correct a time-out of the server once', () => {
    expect(applyReport(at('timed_out', true), { state: 'installing' })).toMatchObject({ state: 'installing' });
    expect(applyReport(at('timed_out', false), { state: 'installing' }).kind).toBe('refused');
  });

  it('hears a device that had started before the cancellation reached it', () => {
    expect(applyReport(at('cancelled'), { state: 'installing' })).toMatchObject({ state: 'installing' });
    expect(applyReport(at('cancelled'), { state: 'downloading' }).kind).toBe('refused');
  });

  it('answers the same report twice the same way: the second changes nothing', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...executionStates),
        fc.constantFrom(...executionReportStates),
        fc.constantFrom(undefined, '1.0.0', '2.0.0'),
        (state, said, firmwareVersion) => {
          const report = { state: said, firmwareVersion };
          const first = applyReport(at(state, true), report);
          if (first.kind !== 'moved') return;
          const second = applyReport(at(first.state), report);
          expect(second.kind === 'moved' ? second.state : first.state).toBe(first.state);
        },
      ),
    );
  });
});

describe('an update that was taken back while the device was at it', () => {
  const withdrawn = { ...at('queued'), withdrawn: true };

  it('is not begun again by late words of before the point of no return', () => {
    for (const state of ['accepted', 'deferred', 'downloading', 'downloaded', 'cancelled'] as const)
      expect(applyReport(withdrawn, { state }).kind).toBe('unmoved');
    expect(applyReport(withdrawn, { state: 'failed', reasonCode: 'artifact_refused' }).kind).toBe('unmoved');
  });

  it('counts where the device was past it', () => {
    expect(applyReport(withdrawn, { state: 'installing' })).toMatchObject({ state: 'installing' });
    expect(applyReport(withdrawn, { state: 'failed', reasonCode: 'install_failed' })).toMatchObject({
      state: 'failed',
    });
  });

  it('waits again when the device gives up later what it was told to drop', () => {
    const dropped = { state: 'cancelled', reasonCode: 'cancelled' } as const;
    for (const state of ['offered', 'downloading', 'installing'] as const)
      expect(applyReport(at(state), dropped)).toMatchObject({ state: 'queued', reasonCode: 'kill_switch' });
    expect(applyReport(at('downloading'), { state: 'cancelled', reasonCode: 'superseded' })).toMatchObject({
      state: 'cancelled',
    });
    expect(applyReport(at('cancelled'), dropped).kind).not.toBe('moved');
  });
});
