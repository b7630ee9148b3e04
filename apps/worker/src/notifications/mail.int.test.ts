import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { memberStore } from '@muster/persistence/access/member.store';
import { mailStore } from '@muster/persistence/notifications/mail.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LetterJob } from '../outbox/routing.js';
import { MailCourier } from './mail-courier.js';
import { Notifier } from './notifier.js';

const clock = new FakeClock('2026-11-21T08:00:00.000Z');
const logged: unknown[] = [];
const logger = { warn: (...line: unknown[]) => logged.push(line) } as never;

let db: TestDatabase;
let server: SMTPServer;
let port: number;
/** What the server says to a recipient; null takes it. */
let reply: { code: number } | null = null;
let received: { to: string[]; from: string; mail: string }[];

beforeAll(async () => {
  db = await testDatabase();
  await db.database.system(async (tx) => {
    for (const id of ['acme', 'other']) await memberStore.ensureTenant(tx, { id, name: id });
  });
  server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    logger: false,
    onAuth: ({ username, password }, _session, callback) =>
      username === 'muster' && password === 'geheim' ? callback(null, { user: 'muster' }) : callback(new Error('no')),
    onRcptTo: (_address, _session, callback) => {
      callback(reply === null ? null : Object.assign(new Error('not now'), { responseCode: reply.code }));
    },
    onData: (stream, session, callback) => {
      void text(stream).then((mail) => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          to: rcptTo.map(({ address }) => address),
          from: mailFrom === false ? '' : mailFrom.address,
          mail,
        });
        callback();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.server.address() as AddressInfo).port;
});
afterAll(async () => {
  await new Promise<void>((resolve) => server.close(resolve));
  await db.drop();
});
beforeEach(async () => {
  received = [];
  reply = null;
  logged.length = 0;
  await db.database.system((tx) => tx.execute('delete from mail_recipients'));
});

const url = (password = 'geheim') => `smtp://muster:${password}@127.0.0.1:${port}`;
const settings = (smtpUrl: string | undefined) => ({
  smtpUrl,
  mailFrom: 'Muster <muster@acme.test>',
  host: 'muster.test',
  port: 8080,
});
const courier = (smtpUrl: string | undefined = url()) => new MailCourier(db.database, clock, settings(smtpUrl), logger);
const recipient = (address: string, types: string[], tenant = 'acme') =>
  db.database.tenant(tenant, (tx) => mailStore.addRecipient(tx, { address, types }, clock.now()));
const recipients = () => db.database.tenant('acme', (tx) => mailStore.recipients(tx));

const letter = async (type: string, payload: Record<string, unknown>): Promise<LetterJob> => {
  const written = { tenantId: 'acme', type, key: 'k', payload };
  const id = await db.database.system((tx) => outbox.drop(tx, written));
  return { ...written, id, position: 1 };
};
const halted = () =>
  letter('campaign.halted', { campaignId: '0198c0de-0000-7000-8000-000000000001', sentence: '3 of 10 failed.' });
const tell = (job: LetterJob, smtpUrl: string | undefined = url()) =>
  new Notifier(db.database, clock, settings(smtpUrl)).tell(job);

describe('mail', () => {
  test('reaches who wants it, once per letter however often that comes, and nobody else', async () => {
    await recipient('anna@acme.test', ['campaign.halted', 'kill_switch.changed']);
    await recipient('ben@acme.test', ['campaign.completed']);
    await recipient('eve@other.test', ['campaign.halted'], 'other');
    const job = await halted();
    await Promise.all([tell(job), tell(job)]);
    await tell(job);
    expect(await courier().deliverDue()).toBe(1);
    expect(await courier().deliverDue()).toBe(0);
    expect(received).toHaveLength(1);
    const [{ to, from, mail }] = received as [(typeof received)[0]];
    expect({ to, from }).toEqual({ to: ['anna@acme.test'], from: 'muster@acme.test' });
    expect(mail).toContain('Subject: CRITICAL: Campaign halted (acme)');
    expect(mail).toContain('3 of 10 failed.');
    expect(mail).toContain('http://muster.test:8080/campaigns/0198c0de-0000-7000-8000-000000000001');
    expect(mail).toContain('Auto-Submitted: auto-generated');
    expect(await recipients()).toMatchObject([{ lastError: null, lastAt: clock.now() }, { lastAt: null }]);
  });

  test('is tried again while the server refuses, and arrives once when it recovers', async () => {
    await recipient('anna@acme.test', ['campaign.halted']);
    await tell(await halted());
    reply = { code: 451 };
    expect(await courier().deliverDue()).toBe(1);
    expect(await courier().deliverDue()).toBe(0);
    expect((await recipients())[0]!.lastError).toMatch(/answered 451/);
    clock.advance(7_000);
    expect(await courier().deliverDue()).toBe(1);
    reply = null;
    clock.advance(40_000);
    expect(await courier().deliverDue()).toBe(1);
    expect(received).toHaveLength(1);
    expect((await recipients())[0]!.lastError).toBeNull();
  });

  test('ends at a recipient who does not exist', async () => {
    await recipient('gone@acme.test', ['campaign.halted']);
    await tell(await halted());
    reply = { code: 550 };
    await courier().deliverDue();
    reply = null;
    clock.advance(86_400_000);
    expect(await courier().deliverDue()).toBe(0);
    expect((await recipients())[0]!.lastError).toMatch(/answered 550/);
  });

  test('waits for a server that is away and for a password that is mended, and never says the password', async () => {
    await recipient('anna@acme.test', ['campaign.halted']);
    await tell(await halted());
    await courier(url('falsch')).deliverDue();
    expect((await recipients())[0]!.lastError).toMatch(/answered 535/);
    clock.advance(7_000);
    await courier('smtp://muster:geheim@127.0.0.1:1').deliverDue();
    expect((await recipients())[0]!.lastError).toMatch(/could not be reached/);
    clock.advance(60_000);
    expect(await courier().deliverDue()).toBe(1);
    expect(received).toHaveLength(1);
    expect(JSON.stringify(logged)).not.toMatch(/falsch|geheim/);
  });

  test('is taken over by another worker when the first one died in the attempt', async () => {
    await recipient('anna@acme.test', ['campaign.halted']);
    await tell(await halted());
    await db.database.system((tx) => mailStore.claimDue(tx, clock.now(), 60_000, 10));
    expect(await courier().deliverDue()).toBe(0);
    clock.advance(60_000);
    expect(await courier().deliverDue()).toBe(1);
  });

  test('is not written at all without a server', async () => {
    await recipient('anna@acme.test', ['campaign.halted']);
    await new Notifier(db.database, clock, settings(undefined)).tell(await halted());
    expect(await new MailCourier(db.database, clock, settings(undefined), logger).deliverDue()).toBe(0);
    expect(await db.database.system((tx) => tx.query(`select from mails where state = 'pending'`))).toEqual([]);
  });
});

test('a stall, a wait for approval, a failed rollback and the kill switch are told by how grave they are', async () => {
  await recipient('anna@acme.test', [
    'campaign.halted',
    'campaign.stalled',
    'campaign.awaiting_approval',
    'campaign.rollback_finished',
    'kill_switch.changed',
  ]);
  const campaignId = '0198c0de-0000-7000-8000-000000000001';
  const jobs = [
    await letter('campaign.halted', { campaignId, sentence: 'The return failed.', failed: 'rollback' }),
    await letter('campaign.stalled', { campaignId, sentence: 'Nothing has moved.' }),
    await letter('campaign.awaiting_approval', { campaignId, sentence: 'Anna asks.' }),
    await letter('campaign.rollback_finished', { campaignId, sentence: 'Returned 2 of 2.' }),
    await letter('kill_switch.changed', { engaged: true, by: 'anna', reason: 'smoke' }),
  ];
  for (const job of jobs) await tell(job);
  expect(await courier().deliverDue()).toBe(5);
  const subjects = received.map(({ mail }) => /^Subject: (.*)$/m.exec(mail)![1]).sort();
  expect(subjects).toEqual([
    'CRITICAL: Kill switch engaged (acme)',
    'CRITICAL: Rollback failed (acme)',
    'Campaign stalled (acme)',
    'Campaign waits for approval (acme)',
    'Rollback finished (acme)',
  ]);
  const told = await db.database.tenant('acme', (tx) =>
    tx.query<{ kind: string; severity: string }>(
      `select kind, severity from notifications where kind <> 'campaign.halted' or title = 'Rollback failed' order by kind`,
    ),
  );
  expect(told).toEqual([
    { kind: 'campaign.awaiting_approval', severity: 'info' },
    { kind: 'campaign.halted', severity: 'critical' },
    { kind: 'campaign.rollback_finished', severity: 'warning' },
    { kind: 'campaign.stalled', severity: 'warning' },
    { kind: 'kill_switch.changed', severity: 'critical' },
  ]);
});
