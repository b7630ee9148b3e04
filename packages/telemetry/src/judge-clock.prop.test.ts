import { messageFlags } from '@muster/contracts/telemetry/telemetry.schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AHEAD_MS, EARLIEST_MS, judgeClock } from './judge-clock.js';

const now = Date.UTC(2026, 10, 21, 12);
const YEAR_MS = 365 * 86_400_000;
/** Messages of one run of a clock that shows the time since 1970, made in the last year and arriving one after the other. */
const run = fc
  .record({
    bootedAgo: fc.integer({ min: 1000, max: YEAR_MS }),
    shares: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 20 }),
    delayMs: fc.integer({ min: 0, max: AHEAD_MS }),
  })
  .map(({ bootedAgo, shares, delayMs }) => ({
    bootedAt: now - bootedAgo,
    producedMs: shares.map((share) => Math.floor(share * bootedAgo)),
    delayMs,
  }));

describe('correcting a clock that was never set', () => {
  it('by its anchor keeps the order of a run and the distances in it', () => {
    fc.assert(
      fc.property(run, ({ bootedAt, producedMs, delayMs }) => {
        // A heartbeat took that long to arrive, so the anchor is late by as much.
        const anchor = { offsetMs: bootedAt + delayMs };
        const corrected = producedMs.map((ms, i) => judgeClock(new Date(ms), new Date(now + i), anchor).correctedAt!);
        for (const [i, at] of corrected.entries()) {
          expect(at.getTime() - corrected[0]!.getTime()).toBe(producedMs[i]! - producedMs[0]!);
          expect(at.getTime() - (bootedAt + producedMs[i]!)).toBe(delayMs);
        }
      }),
    );
  });

  it('never shows a message later than it could have been made, nor before there were devices', () => {
    const any = fc.integer({ min: -YEAR_MS * 60, max: YEAR_MS * 60 });
    fc.assert(
      fc.property(any, any, (producedMs, offsetMs) => {
        const verdict = judgeClock(new Date(producedMs), new Date(now), { offsetMs });
        if (verdict.correctedAt === null) return;
        expect(verdict.correctedAt.getTime()).toBeLessThanOrEqual(now + AHEAD_MS);
        expect(verdict.correctedAt.getTime()).toBeGreaterThanOrEqual(EARLIEST_MS);
      }),
    );
  });

  it('leaves the time by which the message is known alone', () => {
    const produced = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(produced, (at) => {
        const before = at.getTime();
        judgeClock(at, new Date(now), { offsetMs: 12_345 });
        expect(at.getTime()).toBe(before);
      }),
    );
  });

  it('says nothing of a clock that may be right, whatever an anchor says', () => {
    const ago = fc.integer({ min: -AHEAD_MS, max: 3_600_000 });
    fc.assert(
      fc.property(ago, fc.integer(), (ms, offsetMs) => {
        expect(judgeClock(new Date(now - ms), new Date(now), { offsetMs })).toEqual({ flags: 0, correctedAt: null });
      }),
    );
  });

  it('tells apart what waited long after its correction', () => {
    const anchor = { offsetMs: now - 40 * 86_400_000 };
    const { flags } = judgeClock(new Date(1000), new Date(now), anchor);
    const { outOfWindow, clockCorrected, late, historical } = messageFlags;
    expect(flags).toBe(outOfWindow | clockCorrected | late | historical);
  });

  it('brings a clock that runs ahead back by as much as it is ahead', () => {
    const ahead = 86_400_000;
    const { correctedAt } = judgeClock(new Date(now + ahead - 5000), new Date(now), { offsetMs: -ahead });
    expect(correctedAt).toEqual(new Date(now - 5000));
  });
});
