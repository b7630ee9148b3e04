import type { CommandClaims } from '@muster/contracts/mqtt/downlink';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../ports/clock.js';
import { Document } from '../ports/document.js';
import { silentLog } from '../ports/log.js';
import { MemoryFiles } from '../ports/memory-files.js';
import { CommandJournal, emptyJournal } from './command-journal.js';
import { type CommandReportBody, CommandRunner } from './command-runner.js';

let reports: CommandReportBody[];
let runner: CommandRunner;

/** The proof is another test's subject: here an order is its claims. */
const verify = async (jws: string) => ({ ok: true, claims: JSON.parse(jws) as CommandClaims }) as const;
const order = (jti: string, seq: number, act: string, args: object = {}) => ({
  schemaVersion: 1 as const,
  commandId: jti,
  jws: JSON.stringify({ jti, seq, act, args, timeoutS: 60 }),
});

beforeEach(async () => {
  reports = [];
  const journal = new CommandJournal(await Document.open(new MemoryFiles(), 'journal.json', emptyJournal));
  const report = async (body: CommandReportBody) => reports.push(body);
  runner = new CommandRunner({ clock: systemClock, log: silentLog, bootId: 'b1', verify, report }, journal, {
    endless: { idempotent: false, run: () => new Promise(() => {}) },
    quick: { idempotent: true, run: async () => 'done' },
  });
});

describe('an order to cancel', () => {
  it('stops a command that runs, and the report names that command', async () => {
    await runner.receive(order('c1', 1, 'endless'));
    await runner.receive(order('x1', 2, 'cancel', { commandId: 'c1' }));
    await assertEventually(() =>
      expect(reports.at(-1)).toMatchObject({ commandId: 'c1', commandSeq: 1, state: 'cancelled' }),
    );
  });

  it('tells again what is already done', async () => {
    await runner.receive(order('c1', 1, 'quick'));
    await assertEventually(() => expect(reports.at(-1)).toMatchObject({ state: 'succeeded' }));
    await runner.receive(order('x1', 2, 'cancel', { commandId: 'c1' }));
    expect(reports.slice(-1)).toMatchObject([{ commandId: 'c1', state: 'succeeded', result: 'done' }]);
  });

  it('keeps a command that never arrived from running when it does', async () => {
    await runner.receive(order('x1', 2, 'cancel', { commandId: 'c1' }));
    expect(reports).toMatchObject([{ commandId: 'c1', state: 'cancelled', reasonCode: 'never_arrived' }]);
    await runner.receive(order('c1', 1, 'quick'));
    expect(reports.at(-1)).toMatchObject({ commandId: 'c1', state: 'rejected', reasonCode: 'sequence_replayed' });
  });

  it('is obeyed once when it arrives twice', async () => {
    await runner.receive(order('c1', 1, 'quick'));
    await assertEventually(() => expect(reports.at(-1)).toMatchObject({ state: 'succeeded' }));
    await runner.receive(order('x1', 2, 'cancel', { commandId: 'c1' }));
    const told = reports.length;
    await runner.receive(order('x1', 2, 'cancel', { commandId: 'c1' }));
    expect(reports).toHaveLength(told);
  });
});
