import { describe, expect, it } from 'vitest';
import { judgeReport } from './judge-report.js';

const known = { reported: { a: 1, b: 2 }, reportedVersion: 4, epoch: 0 };

describe('judgeReport', () => {
  it('takes a whole document as it is, without null members', () => {
    expect(judgeReport(known, { version: 5, epoch: 0, reported: { a: 9, gone: null } })).toEqual({
      ok: true,
      value: { kind: 'news', document: { a: 9 } },
    });
  });

  it('merges a patch onto the version it was made for', () => {
    expect(judgeReport(known, { version: 5, epoch: 0, baseVersion: 4, patch: { b: null, c: 3 } })).toEqual({
      ok: true,
      value: { kind: 'news', document: { a: 1, c: 3 } },
    });
  });

  it('calls a report that was overtaken old', () => {
    expect(judgeReport(known, { version: 4, epoch: 0, reported: {} })).toEqual({ ok: true, value: { kind: 'old' } });
  });

  it('believes a lower version of a device that lost its history', () => {
    expect(judgeReport(known, { version: 1, epoch: 1, reported: { a: 0 } })).toMatchObject({
      value: { kind: 'news', document: { a: 0 } },
    });
  });

  it('cannot use a patch on a document it does not have', () => {
    for (const report of [
      { version: 6, epoch: 0, baseVersion: 5, patch: {} },
      { version: 6, epoch: 1, baseVersion: 4, patch: {} },
    ])
      expect(judgeReport(known, report)).toEqual({ ok: true, value: { kind: 'unfounded' } });
  });

  it('refuses a document that could not be stored', () => {
    expect(judgeReport(known, { version: 5, epoch: 0, reported: { a: '\u0000' } })).toMatchObject({
      ok: false,
      code: 'payload_invalid',
    });
  });
});
