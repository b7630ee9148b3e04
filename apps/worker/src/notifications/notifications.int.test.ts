import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { memberStore } from '@muster/persistence/access/member.store';
import { notificationStore } from '@muster/persistence/notifications/notification.store';
import { webhookStore } from '@muster/persistence/notifications/webhook.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LetterJob } from '../outbox/routing.js';
import { Notifier } from './notifier.js';
import { WebhookCourier } from './webhook-courier.js';

const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const silent = { warn: () => {} } as never;

let db: TestDatabase;
let receiver: Server;
let url: string;
let answer = 204;
let received: { headers: IncomingHttpHeaders; body: string }[];
const clock = new FakeClock('2026-11-21T08:00:00.000Z');

beforeAll(async () => {
  db = await testDatabase();
  await db.database.system((tx) => memberStore.ensureTenant(tx, { id: 'acme', name: 'Acme' }));
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      response.writeHead(answer, { location: 'http://127.0.0.1:1/' }).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
});
afterAll(async () => {
  receiver?.close();
  await db?.drop();
});
beforeEach(async () => {
  received = [];
  answer = 204;
  await db.database.system((tx) => tx.execute('delete from webhooks'));
});

const courier = (webhookPrivate: boolean) => new WebhookCourier(db.database, clock, { webhookPrivate }, silent);
const hook = (types: string[], to = url) =>
  db.database.tenant('acme', (tx) => webhookStore.insert(tx, { url: to, secret, types }, clock.now()));
const hooks = () => db.database.tenant('acme', (tx) => webhookStore.list(tx, null, 10));

/** A letter as the relay would hand it over. */
const halted = async (): Promise<LetterJob> => {
  const payload = { campaignId: '0198c0de-0000-7000-8000-000000000001', sentence: '3 of 10 failed.' };
  const letter = { tenantId: 'acme', type: 'campaign.halted', key: payload.campaignId, payload };
  const id = await db.database.system((tx) => outbox.drop(tx, letter));
  return { ...letter, id, position: 1 };
};
const settings = { smtpUrl: undefined, host: 'localhost', port: 8080 };
const tell = async (letter: LetterJob) => new Notifier(db.database, clock, settings).tell(letter);

describe('a halted campaign', () => {
  test('is told in the console once, however often its letter comes', async () => {
    const letter = await halted();
    await Promise.all([tell(letter), tell(letter)]);
    await tell(letter);
    const told = await db.database.tenant('acme', (tx) => notificationStore.list(tx, true, null, 10));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ severity: 'critical', body: '3 of 10 failed.', kind: 'campaign.halted' });
    expect(told[0]!.link).toMatch(/^\/campaigns\/0198c0de/);
  });

  test('reaches a webhook signed by its secret, and only those that want it', async () => {
    await hook(['campaign.halted']);
    await hook(['device.enrolled']);
    const letter = await halted();
    await tell(letter);
    expect(await courier(true).deliverDue()).toBe(1);
    const [{ headers, body }] = received as [(typeof received)[0]];
    const event = JSON.parse(body);
    expect(event).toMatchObject({ specversion: '1.0', id: letter.id, type: 'campaign.halted', data: letter.payload });
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const mac = createHmac('sha256', Buffer.alloc(32, 5)).update(signed).digest();
    const [version, given] = String(headers['webhook-signature']).split(',');
    expect(version).toBe('v1');
    expect(timingSafeEqual(Buffer.from(given!, 'base64'), mac)).toBe(true);
    expect(await courier(true).deliverDue()).toBe(0);
  });
});

describe('a webhook that does not take it', () => {
  test('is tried again later under the same id until it does; a redirect is not followed', async () => {
    await hook(['campaign.halted']);
    await tell(await halted());
    answer = 302;
    expect(await courier(true).deliverDue()).toBe(1);
    expect(await courier(true).deliverDue()).toBe(0);
    expect((await hooks())[0]).toMatchObject({ lastStatus: 302, disabledAt: null });
    clock.advance(7_000);
    answer = 200;
    expect(await courier(true).deliverDue()).toBe(1);
    expect(received.map(({ headers }) => headers['webhook-id'])).toEqual([
      received[0]!.headers['webhook-id'],
      received[0]!.headers['webhook-id'],
    ]);
    expect((await hooks())[0]).toMatchObject({ lastStatus: 200, lastError: null });
  });

  test('is ended when it answers 410', async () => {
    await hook(['campaign.halted']);
    await tell(await halted());
    answer = 410;
    await courier(true).deliverDue();
    expect((await hooks())[0]!.disabledAt).not.toBeNull();
    await tell(await halted());
    expect(await courier(true).deliverDue()).toBe(0);
  });

  test('is tried by another worker when the first one died in the attempt', async () => {
    await hook(['campaign.halted']);
    await tell(await halted());
    await db.database.system((tx) => webhookStore.claimDue(tx, clock.now(), 60_000, 10));
    expect(await courier(true).deliverDue()).toBe(0);
    clock.advance(60_000);
    expect(await courier(true).deliverDue()).toBe(1);
  });
});

test('a webhook inside our own network is never called, by address or by name', async () => {
  await hook(['campaign.halted']);
  await hook(['campaign.halted'], url.replace('127.0.0.1', 'localhost'));
  await hook(['campaign.halted'], url.replace('127.0.0.1', '[::ffff:127.0.0.1]'));
  await tell(await halted());
  expect(await courier(false).deliverDue()).toBe(3);
  expect(received).toEqual([]);
  for (const { lastError } of await hooks()) expect(lastError).toMatch(/public address/);
});
