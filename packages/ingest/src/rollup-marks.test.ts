import type { MessageRow } from '@muster/persistence/telemetry/message-row';
import { describe, expect, it } from 'vitest';
import { RollupMarks } from './rollup-marks.js';

const HOUR = 3_600_000;
const noon = Date.UTC(2026, 2, 1, 12);
const at = (ms: number) => new Date(noon + ms);
const row = (deviceKey: number, producedAt: Date, dtMs: number[] = [0]): MessageRow => ({
  deviceKey,
  tenant: 'north',
  producedAt,
  seqNo: 1,
  kind: 2,
  placeId: null,
  receivedAt: producedAt,
  schemaVersion: 1,
  correctedAt: null,
  flags: 0,
  dtMs,
  metric: dtMs.map(() => 1),
  value: dtMs.map(() => 1),
  extra: null,
  quality: null,
});
const hour = (deviceKey: number, bucket: number) => ({ deviceKey, bucket });

describe('hours to roll up', () => {
  it('are marked once a device while they last', () => {
    const marks = new RollupMarks();
    const first = marks.of([row(1, at(0)), row(1, at(1)), row(2, at(2))], at(10));
    expect(first).toMatchObject({ hours: [hour(1, noon), hour(2, noon)], leftOut: [] });
    marks.committed(first.hours, at(20));
    const second = marks.of([row(1, at(30)), row(3, at(30))], at(30));
    expect(second).toMatchObject({ hours: [hour(3, noon)], leftOut: [hour(1, noon)] });
    expect(second.by).toBeLessThan(noon + HOUR);
  });

  it('are marked again when the commit before failed', () => {
    const marks = new RollupMarks();
    marks.of([row(1, at(0))], at(0));
    expect(marks.of([row(1, at(0))], at(0)).hours).toEqual([hour(1, noon)]);
  });

  it('are marked by every batch once they are over, or nearly', () => {
    const marks = new RollupMarks();
    marks.committed([hour(1, noon)], at(0));
    expect(marks.of([row(1, at(0))], at(HOUR - 30_000)).hours).toEqual([hour(1, noon)]);
    expect(marks.of([row(1, at(0))], at(HOUR + 5)).hours).toEqual([hour(1, noon)]);
    marks.committed([hour(1, noon)], at(HOUR + 10));
    expect(marks.of([row(1, at(0))], at(HOUR + 20)).hours).toEqual([hour(1, noon)]);
  });

  it('are all those the readings of a message fall into', () => {
    const marks = new RollupMarks();
    const { hours } = marks.of([row(1, at(60_000), [-2 * HOUR, -120_000, -60_000, 0])], at(60_000));
    expect(hours).toEqual([hour(1, noon - 2 * HOUR), hour(1, noon - HOUR), hour(1, noon)]);
  });

  it('come from messages with readings, and not from heartbeats', () => {
    expect(new RollupMarks().of([row(1, at(0), [])], at(0))).toMatchObject({
      hours: [],
      leftOut: [],
      by: Number.POSITIVE_INFINITY,
    });
  });
});
