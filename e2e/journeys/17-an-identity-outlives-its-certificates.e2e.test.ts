import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listDeviceCertificates, requestRenewal } from '@muster/contracts/certificates/certificates.routes';
import { getDevice } from '@muster/contracts/devices/devices.routes';
import { approveEnrollment, listApprovals, rejectEnrollment } from '@muster/contracts/enrollment/approvals.routes';
import { registerKeys } from '@muster/contracts/enrollment/bulk.routes';
import { createClaimBatch } from '@muster/contracts/enrollment/claims.routes';
import { createEnrollmentToken } from '@muster/contracts/enrollment/enrollment.routes';
import { proveManufacturer, registerManufacturer } from '@muster/contracts/enrollment/manufacturers.routes';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { AgentProcess } from '../stack/agent-process.js';
import { Stack } from '../stack/stack.js';

const MONTHS_S = 90 * 86_400;
/** Long enough to be taken into use, short enough to be slept over. */
const MOMENTS_S = 20;
const patience = { within: 90_000, every: 250 };

let stack: Stack;
let npx: string;
const folders: string[] = [];
const running: AgentProcess[] = [];

beforeAll(async () => {
  stack = await Stack.start({ cluster: inject('postgres') });
  npx = `npx http://127.0.0.1:${stack.ports.people}/agent/muster-agent.tgz --url ${stack.deviceUrl}`;
});
afterEach(async () => {
  for (const agent of running.splice(0)) await agent.kill();
  await settings('leaf_life_s', MONTHS_S);
  await settings('grace_s', 30 * 86_400);
});
afterAll(async () => {
  await stack?.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const machine = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-gateway-'));
  folders.push(folder);
  return folder;
};
const start = (folder: string, ...words: string[]): AgentProcess => {
  const agent = AgentProcess.startIn(folder, npx, ...words);
  running.push(agent);
  return agent;
};

/** Straight into the database: the API lets no certificate live for less than an hour. */
const settings = (column: 'leaf_life_s' | 'grace_s' | 'operator_approval', value: number | boolean) =>
  stack.database.system((tx) =>
    tx.query(
      `insert into enrollment_settings (tenant_id, ${column}) select id, $1 from tenants
       on conflict (tenant_id) do update set ${column} = excluded.${column}`,
      [value],
    ),
  );

const certificatesOf = async (deviceId: string) =>
  (await stack.client.call(listDeviceCertificates, { params: { deviceId } })).items;
const online = async (deviceId: string, told: () => string) =>
  assertEventually(async () => {
    const { presence } = await stack.client.call(getDevice, { params: { deviceId } });
    expect(presence, told()).toBe('online');
  }, patience);
/** In use, and good for a long while: what a device that came back has. */
const backWith = (deviceId: string, told: () => string) =>
  assertEventually(async () => {
    const [newest] = await certificatesOf(deviceId);
    expect(newest!.state, told()).toBe('active');
    expect(Date.parse(newest!.notAfter)).toBeGreaterThan(Date.now() + 86_400_000);
    return newest!;
  }, patience);
const enrolledAs = (agent: AgentProcess) =>
  assertEventually(() => {
    const id = /enrolled as (\S+) of/.exec(agent.told)?.[1];
    expect(id, agent.told).toBeDefined();
    return id!;
  }, patience);

/** A device that came in with a token, and the folder it lives in. */
async function comeIn(): Promise<{ folder: string; deviceId: string; agent: AgentProcess }> {
  const folder = machine();
  const { token } = await stack.client.call(createEnrollmentToken, { body: { name: 'rotation' } });
  const agent = start(folder, '--token', token);
  const deviceId = await enrolledAs(agent);
  await assertEventually(async () => expect((await certificatesOf(deviceId))[0]?.state).toBe('active'), patience);
  return { folder, deviceId, agent };
}

/** Messages of telemetry stored, how many of them are different, and how far their numbers reach. */
const stored = async (deviceId: string) => {
  const [row] = await stack.database.system((tx) =>
    tx.query<{ messages: number; distinct: number; first: number; last: number }>(
      `select count(*)::int as messages, count(distinct seq_no)::int as distinct,
              min(seq_no)::int as first, max(seq_no)::int as last
       from messages m join devices d on d.device_key = m.device_key where d.id = $1 and m.kind = 2`,
      [deviceId],
    ),
  );
  return row!;
};

/** The device runs on a certificate that ends in some seconds, is cut off, and sleeps until it has ended. */
async function sleepPastTheEnd({ deviceId, agent }: { deviceId: string; agent: AgentProcess }): Promise<void> {
  await settings('leaf_life_s', MOMENTS_S);
  await stack.client.call(requestRenewal, { params: { deviceId } });
  const short = await assertEventually(async () => {
    const [newest] = await certificatesOf(deviceId);
    expect(Date.parse(newest!.notAfter) - Date.now(), agent.told).toBeLessThan(MOMENTS_S * 1000);
    expect(newest!.state).toBe('active');
    return newest!;
  }, patience);
  await agent.kill();
  await settings('leaf_life_s', MONTHS_S);
  await assertEventually(() => expect(Date.now()).toBeGreaterThan(Date.parse(short.notAfter)), patience);
}

describe('an identity', () => {
  it('outlives kills in the middle of renewals, with no certificate too many and no reading lost', async () => {
    const device = await comeIn();
    const { folder, deviceId } = device;
    await device.agent.kill();
    // Before the question left, on its way, with the answer stored, and on the way to its first acknowledgement.
    const moments = ['this is device', 'certificate renewed', 'reconnecting', 'disconnected', 'connected'];
    for (const moment of [...moments, ...moments]) {
      await stack.client.call(requestRenewal, { params: { deviceId } }).catch(() => undefined);
      const agent = start(folder);
      await assertEventually(() => expect(agent.told).toContain(moment), { ...patience, every: 5 });
      await agent.kill();
    }
    const agent = start(folder);
    await online(deviceId, () => agent.told);
    const certificates = await assertEventually(async () => {
      const all = await certificatesOf(deviceId);
      expect(all.filter(({ state }) => state === 'active').length, agent.told).toBe(1);
      expect(all.filter(({ state }) => state === 'issued').length).toBeLessThanOrEqual(1);
      return all;
    }, patience);
    expect(certificates.length).toBeGreaterThan(2);
    const { certificate } = JSON.parse(await readFile(join(folder, 'state/identity/current.json'), 'utf8'));
    const own = createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex');
    expect(certificates.map(({ fingerprint }) => fingerprint)).toContain(own);
    await assertEventually(async () => {
      const { messages, distinct, first, last } = await stored(deviceId);
      expect(messages).toBeGreaterThan(3);
      expect([distinct, last - first + 1]).toEqual([messages, messages]);
    }, patience);
  });

  it('that slept past the end of its certificate comes back by itself', async () => {
    const device = await comeIn();
    await sleepPastTheEnd(device);
    const agent = start(device.folder);
    expect((await backWith(device.deviceId, () => agent.told)).late).toBe(true);
  });

  it('beyond the grace waits for a person who compares its words, over a power cut, and comes back', async () => {
    const device = await comeIn();
    await settings('grace_s', 0);
    await sleepPastTheEnd(device);
    const first = start(device.folder);
    await assertEventually(() => expect(first.told).toContain('a person has to let this device in again'), patience);
    await first.kill();
    const second = start(device.folder);
    await assertEventually(() => expect(second.told).toContain('a person has to let this device in again'), patience);
    const { items } = await stack.client.call(listApprovals, { query: { state: 'pending' } });
    expect(items).toHaveLength(1);
    const { id, keySha256, words, kind } = items[0]!;
    expect(kind).toBe('late_renewal');
    for (const { told } of [first, second]) expect(told).toContain(words.join(' '));
    await stack.client.call(approveEnrollment, { params: { approvalId: id }, body: { keySha256 } });
    await backWith(device.deviceId, () => second.told);
  });
});

describe('a way in', () => {
  it('is a claim certificate, as PEM or PKCS #12', async () => {
    const body = { name: 'batch', quota: 10, serials: ['C-1', 'C-2'], pkcs12Password: 'correct horse' };
    const batch = await stack.client.call(createClaimBatch, { body });
    const folder = machine();
    const [pem, key, p12, password] = ['c.pem', 'c.key', 'c.p12', 'password'].map((name) => join(folder, name));
    writeFileSync(pem!, [batch.certificate, ...batch.chain].join('\n'));
    writeFileSync(key!, batch.key!);
    writeFileSync(p12!, Buffer.from(batch.pkcs12!, 'base64'));
    writeFileSync(password!, 'correct horse\n');
    const pin = ['--root-sha256', batch.rootSha256, '--once'];
    const one = start(folder, '--claim', pem!, '--claim-key', key!, '--serial', 'C-1', ...pin);
    expect(await one.ended(), one.told).toBe(0);
    const other = start(machine(), '--claim', p12!, '--password-file', password!, '--serial', 'C-2', ...pin);
    expect(await other.ended(), other.told).toBe(0);
    // Not on the list, so a person is asked; `--once` does not wait.
    const third = start(machine(), '--claim', p12!, '--password-file', password!, '--serial', 'C-3', ...pin);
    expect(await third.ended(), third.told).toBe(4);
  });

  it('is the certificate a device was made with, for a fresh key or for its own', async () => {
    const folder = machine();
    const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
    const file = (name: string) => join(folder, name);
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    openssl('req', '-x509', ...key, '-subj', '/CN=Maker Root', '-days', '30', '-keyout', 'ca.key', '-out', 'ca.pem');
    // Without an extension OpenSSL makes a certificate of version 1, which nobody should take.
    writeFileSync(file('leaf.cnf'), 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n');
    const certify = (name: string, commonName: string) => {
      openssl('req', ...key, '-subj', `/CN=${commonName}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
      const by = ['-extfile', 'leaf.cnf', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '30'];
      openssl('x509', '-req', '-in', `${name}.csr`, ...by, '-out', `${name}.pem`);
    };
    const body = { name: 'Maker', certificate: readFileSync(file('ca.pem'), 'utf8'), model: 'generic-linux' };
    const maker = await stack.client.call(registerManufacturer, { body });
    certify('proof', maker.challenge!);
    const proof = { certificate: readFileSync(file('proof.pem'), 'utf8') };
    await stack.client.call(proveManufacturer, { params: { manufacturerId: maker.id }, body: proof });
    const { rootSha256 } = await stack.client.call(createClaimBatch, { body: { name: 'for its root', quota: 1 } });
    for (const [serial, ...words] of [['F-1'], ['F-2', '--keep-key']]) {
      certify('factory', serial!);
      const entry = ['--factory', file('factory.pem'), '--factory-key', file('factory.key'), ...words];
      const home = machine();
      const agent = start(home, ...entry, '--root-sha256', rootSha256, '--serial', serial!, '--once');
      expect(await agent.ended(), agent.told).toBe(0);
      const own = JSON.parse(await readFile(join(home, 'state/identity/current.json'), 'utf8')).key;
      const kept = createPrivateKey(own).equals(createPrivateKey(readFileSync(file('factory.key'))));
      expect(kept).toBe(words.includes('--keep-key'));
    }
  });

  it('is a key registered beforehand', async () => {
    const { rootSha256 } = await stack.client.call(createClaimBatch, { body: { name: 'for its root', quota: 1 } });
    const folder = machine();
    const made = AgentProcess.startIn(folder, npx.replace('.tgz', '.tgz key'));
    running.push(made);
    expect(await made.ended(), made.told).toBe(0);
    const keySha256 = /keySha256: ([0-9a-f]{64})/.exec(made.told)![1]!;
    const rows = [{ model: 'generic-linux', serial: 'K-1', keySha256 }];
    await stack.client.call(registerKeys, { body: { rows } });
    const agent = start(folder, '--root-sha256', rootSha256, '--serial', 'K-1', '--once');
    expect(await agent.ended(), agent.told).toBe(0);
  });

  it('is a person, who lets one device in and turns another away', async () => {
    const { rootSha256 } = await stack.client.call(createClaimBatch, { body: { name: 'for its root', quota: 1 } });
    await settings('operator_approval', true);
    const pin = ['--root-sha256', rootSha256, '--tenant', 'main'];
    const asking = async (serial: string) => {
      const agent = start(machine(), ...pin, '--serial', serial);
      await assertEventually(() => expect(agent.told).toContain('its words are: '), patience);
      const { items } = await stack.client.call(listApprovals, { query: { state: 'pending' } });
      const approval = items.find((item) => item.serial === serial)!;
      expect(agent.told).toContain(approval.words.join(' '));
      return { agent, approval };
    };
    const good = await asking('O-1');
    const params = { approvalId: good.approval.id };
    await stack.client.call(approveEnrollment, { params, body: { keySha256: good.approval.keySha256 } });
    await online(await enrolledAs(good.agent), () => good.agent.told);
    const bad = await asking('O-2');
    const body = { reason: 'not one of ours' };
    await stack.client.call(rejectEnrollment, { params: { approvalId: bad.approval.id }, body });
    expect(await bad.agent.ended(), bad.agent.told).toBe(3);
  });
});
