import type { CommandClaims, CommandOrder } from '@muster/contracts/mqtt/downlink';
import type { Verified } from '@muster/pki/signing/compact';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../ports/clock.js';
import { Document } from '../ports/document.js';
import { silentLog } from '../ports/log.js';
import { MemoryFiles } from '../ports/memory-files.js';
import { CommandJournal, emptyJournal } from './command-journal.js';
import { type CommandReportBody, CommandRunner } from './command-runner.js';
import type { CommandHandlers } from './handlers.js';

let files: MemoryFiles;
let reports: CommandReportBody[];
let ran: string[];
beforeEach(() => {
  files = new MemoryFiles();
  reports = [];
  ran = [];
});

const note = <T>(name: string, result?: T) => {
  ran.push(name);
  return result as T;
};
const never = new Promise<never>(() => undefined);
const handlers: CommandHandlers = {
  ping: { idempotent: true, run: async (args) => note('ping', { pong: true, ...args }) },
  once: { idempotent: false, run: async () => note('once') },
  hang: { idempotent: false, run: () => note('hang', never) },
  reboot: { idempotent: false, restarts: true, run: async () => note('reboot') },
};

/** The verifier of these tests reads the claims as they stand; signatures have tests of their own. */
const verify = async (jws: string): Promise<Verified<CommandClaims>> =>
  jws.startsWith('{') ? { ok: true, claims: JSON.parse(jws) } : { ok: false, fault: jws as 'signature_invalid' };

async function run(bootId = 'boot-1'): Promise<CommandRunner> {
  const journal = new CommandJournal(await Document.open(files, 'journal.json', emptyJournal));
  const report = async (body: CommandReportBody) => void reports.push(body);
  return new CommandRunner({ clock: systemClock, log: silentLog, bootId, verify, report }, journal, handlers);
}
const id = (n: number) => `0192f0c1-2b3c-7d4e-8f50-${String(n).padStart(12, '0')}`;
const order = (seq: number, act: string, change: Partial<CommandClaims> = {}): CommandOrder => ({
  schemaVersion: 1,
  commandId: id(seq),
  jws: JSON.stringify({ jti: id(seq), seq, act, args: {}, timeoutS: 30, ...change }),
});
const states = () => reports.map(({ state, reasonCode }) => (reasonCode ? `${state} ${reasonCode}` : state));

describe('the command runner', () => {
  test('acknowledges, runs and reports', async () => {
    const on = await run();
    await on.receive(order(1, 'ping', { args: { payload: 'x' } }));
    await assertEventually(() => expect(states()).toEqual(['acknowledged', 'succeeded']));
    expect(reports[1]!.result).toEqual({ pong: true, payload: 'x' });
  });

  test('delivered again, it tells the outcome again and does nothing', async () => {
    const on = await run();
    await on.receive(order(1, 'once'));
    await assertEventually(() => expect(states()).toContain('succeeded'));
    await on.receive(order(1, 'once'));
    const after = await run('boot-2');
    await after.receive(order(1, 'once'));
    expect(ran).toEqual(['once']);
    expect(states()).toEqual(['acknowledged', 'succeeded', 'succeeded', 'succeeded']);
  });

  test('a sequence number that is not higher is a replay, even after a restart', async () => {
    await (await run()).receive(order(5, 'ping'));
    await assertEventually(() => expect(states()).toContain('succeeded'));
    const after = await run('boot-2');
    await after.receive({ ...order(4, 'once') });
    expect(states().at(-1)).toBe('rejected sequence_replayed');
    expect(ran).toEqual(['ping']);
    expect(after.replays).toBe(1);
  });

  test.each([
    ['a bad signature', 'signature_invalid', 'rejected'],
    ['an unknown key', 'key_unknown', 'rejected'],
    ['another type of document', 'type_mismatch', 'rejected'],
    ['another device', 'audience_mismatch', 'rejected'],
    ['another certificate', 'certificate_mismatch', 'rejected'],
    ['a time that has passed', 'expired', 'expired'],
  ])('never runs an order with %s', async (_, fault, state) => {
    await (await run()).receive({ ...order(1, 'once'), jws: fault });
    expect(states()).toEqual([`${state} ${fault}`]);
    expect(ran).toEqual([]);
  });

  test('an order wrapped around another command’s id is refused', async () => {
    await (await run()).receive({ ...order(1, 'once'), commandId: id(99) });
    expect(states()).toEqual(['rejected identity_mismatch']);
    expect(ran).toEqual([]);
  });

  test('names what it cannot do and what it may not be told', async () => {
    const on = await run();
    await on.receive(order(1, 'rm'));
    await on.receive(order(2, 'ping', { args: { shell: 'rm -rf' } }));
    expect(states()).toEqual(['rejected command_unsupported', 'rejected args_invalid']);
    expect(ran).toEqual([]);
  });

  test('a command that takes too long has failed, and the next one is not held up by it', async () => {
    const on = await run();
    await on.receive(order(1, 'hang', { timeoutS: 0.05 }));
    await on.receive(order(2, 'ping'));
    await assertEventually(() => expect(states()).toEqual(expect.arrayContaining(['failed timed_out', 'succeeded'])));
  });

  test('interrupted, it ends unknown and is not run again', async () => {
    await (await run()).receive(order(1, 'hang'));
    await assertEventually(() => expect(ran).toEqual(['hang']));
    const after = await run('boot-2');
    await after.recover();
    expect(states()).toEqual(['acknowledged', 'unknown interrupted']);
    expect(ran).toEqual(['hang']);
  });

  test('a reboot is answered by the next run', async () => {
    await (await run()).receive(order(1, 'reboot'));
    await assertEventually(() => expect(ran).toEqual(['reboot']));
    expect(states()).toEqual(['acknowledged']);
    await (await run('boot-2')).recover();
    expect(reports.at(-1)).toMatchObject({ state: 'succeeded', result: { bootId: 'boot-2' } });
    expect(ran).toEqual(['reboot']);
  });
});
