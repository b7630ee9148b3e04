import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  listDeviceCertificates,
  requestRenewal,
  revokeCertificate,
} from '@muster/contracts/certificates/certificates.routes';
import { createEnrollmentToken } from '@muster/contracts/enrollment/enrollment.routes';
import { parseEnrollmentToken } from '@muster/pki/client/enrollment-token';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { describe, expect, inject, it } from 'vitest';
import { Stack } from '../stack/stack.js';

const SERIAL = 'STD-0001';

/** A folder of a device that has Debian's programs and nothing of ours. */
const openDevice = () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-standard-'));
  const start = (command: string) => spawn('bash', ['-c', `set -o pipefail; ${command}`], { cwd: folder });
  const run = (command: string): Promise<{ code: number; output: string }> =>
    new Promise((resolve, reject) => {
      const child = start(command);
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          output += chunk.toString('latin1');
        });
      }
      child.once('error', reject).once('close', (code) => resolve({ code: code ?? -1, output }));
    });
  return {
    start,
    run,
    ok: async (command: string): Promise<string> => {
      const { code, output } = await run(command);
      expect(code, `${command}\n${output}`).toBe(0);
      return output;
    },
    certificate: (name: string) => new X509Certificate(readFileSync(join(folder, name))),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
};

const messageOf = (deviceId: string, seqNo: number): string =>
  JSON.stringify({
    msgId: `std-${seqNo}`,
    deviceId,
    seqNo,
    producedAt: new Date().toISOString(),
    schemaVersion: 1,
    readings: [{ values: { load: seqNo } }],
  });

const storedBy = async (stack: Stack, deviceId: string): Promise<number[]> => {
  const rows = await stack.database.system((tx) =>
    tx.query<{ seqNo: number }>(
      `select seq_no as "seqNo" from messages m join devices d on d.device_key = m.device_key
       where d.id = $1 and m.kind = 2 order by seq_no`,
      [deviceId],
    ),
  );
  return rows.map(({ seqNo }) => Number(seqNo));
};

/** Which certificate opened a session is known to our own broker; Mosquitto tells nobody, and these programs do not either. */
const used = { embedded: ['active', 'superseded'], mosquitto: ['issued', 'active'] };

describe.each(['embedded', 'mosquitto'] as const)(
  'a device with EST and MQTT of the distribution, with the %s broker',
  (broker) => {
    it('gets its identity, uses it, renews it and loses it', async () => {
      await using stack = await Stack.start({ cluster: inject('postgres'), broker });
      using device = openDevice();
      const url = stack.deviceUrl;
      const certificates = async (deviceId: string) =>
        (await stack.client.call(listDeviceCertificates, { params: { deviceId } })).items;
      const { token } = await stack.client.call(createEnrollmentToken, {
        body: { name: 'standard', model: 'std-1', serial: SERIAL, expiresInS: 3600 },
      });

      // RFC 7030 4.1.1: the first fetch trusts nobody; what makes the root ours is the digest that came with the token.
      await device.ok(`curl -sS --fail --insecure ${url}/.well-known/est/cacerts | openssl base64 -d -A > ca.p7`);
      await device.ok('openssl pkcs7 -inform DER -in ca.p7 -print_certs > ca.pem');
      await device.ok(`awk '/BEGIN/{n++} n{print > ("ca" n ".pem")}' ca.pem`);
      const found = ['ca1.pem', 'ca2.pem'].find((name) => {
        const digest = device.certificate(name).fingerprint256.replaceAll(':', '').toLowerCase();
        return digest === parseEnrollmentToken(token)!.rootSha256;
      });
      expect(found).toBeDefined();
      await device.ok(`cp ${found} root.pem`);

      const trust = '--cacert ca1.pem --cacert ca2.pem';
      await device.ok('pki --gen --type ecdsa --size 256 --outform pem > one.key');
      await device.ok(`pki --req --in one.key --type ecdsa --dn "O=Some Maker, CN=${SERIAL}" --outform pem > one.csr`);
      await device.ok(
        `pki --est --url ${url} --in one.csr ${trust} --userpass std-1/${SERIAL}:${token} --outform pem > one.pem`,
      );
      const deviceId = device.certificate('one.pem').subject.replace('CN=', '');
      await device.ok(`pki --verify --in one.pem ${trust} --online`);

      const publish = (name: string, seqNo: number) =>
        `mosquitto_pub -h localhost -p ${stack.ports.mqtt} -V mqttv311 --cafile root.pem --cert ${name}.pem --key ${name}.key -i ${deviceId} -q 1 -t muster/v1/main/${deviceId}/up/telemetry -m '${messageOf(deviceId, seqNo)}'`;
      await device.ok(publish('one', 1));
      await assertEventually(async () => expect(await storedBy(stack, deviceId)).toEqual([1]));

      await stack.client.call(requestRenewal, { params: { deviceId } });
      await device.ok('pki --gen --type ecdsa --size 256 --outform pem > two.key');
      await device.ok(`pki --req --in two.key --type ecdsa --dn "CN=${deviceId}" --outform pem > two.csr`);
      await device.ok(
        `pki --est --url ${url} --in two.csr ${trust} --cert one.pem --key one.key --outform pem > two.pem`,
      );
      expect((await certificates(deviceId)).map(({ state }) => state)).toEqual(['issued', 'active']);
      await device.ok(publish('two', 2));
      await assertEventually(async () => {
        expect(await storedBy(stack, deviceId)).toEqual([1, 2]);
        expect((await certificates(deviceId)).map(({ state }) => state)).toEqual(used[broker]);
      });

      const listening = device.start(
        `mosquitto_sub -h localhost -p ${stack.ports.mqtt} -V mqttv311 --cafile root.pem --cert two.pem --key two.key -i ${deviceId} -q 1 -t muster/v1/main/${deviceId}/down/# -W 600`,
      );
      try {
        const [newest, older] = await certificates(deviceId);
        const started = performance.now();
        for (const { id } of [newest!, older!])
          await stack.client.call(revokeCertificate, {
            params: { certificateId: id },
            body: { reason: 'keyCompromise' },
          });
        await assertEventually(async () => expect((await certificates(deviceId))[0]!.sessionCutAt).not.toBeNull());
        console.log(
          `a client of the standard, ${broker}: session known to be gone ${Math.round(performance.now() - started)} ms after the word`,
        );
      } finally {
        listening.kill();
      }
      // Mosquitto takes newcomers until it has read the new list, which is some seconds at most.
      let tries = 3;
      await assertEventually(async () => expect((await device.run(publish('two', tries++))).code).not.toBe(0), {
        within: 20_000,
        every: 500,
      });
      const refused = await device.run(
        `pki --est --url ${url} --in two.csr ${trust} --cert two.pem --key two.key --outform pem`,
      );
      expect([refused.code === 0, refused.output]).toEqual([false, expect.stringContaining('403')]);
      await assertEventually(
        async () => expect((await device.run(`pki --verify --in two.pem ${trust} --online`)).output).toMatch(/revoked/),
        { within: 20_000, every: 500 },
      );
      expect((await device.run(publish('two', 99))).code).not.toBe(0);
      expect(await storedBy(stack, deviceId)).not.toContain(99);
    });
  },
);
