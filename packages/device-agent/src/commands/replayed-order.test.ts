import type { CommandClaims } from '@muster/contracts/mqtt/downlink';
import { generatePrivateKey, keySigner } from '@muster/pki/keys/key-signer';
import { signCommand, verifyCommand } from '@muster/pki/signing/command';
import { toSigningJwk } from '@muster/pki/signing/compact';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { expect, test } from 'vitest';
import { systemClock } from '../ports/clock.js';
import { Document } from '../ports/document.js';
import { silentLog } from '../ports/log.js';
import { MemoryFiles } from '../ports/memory-files.js';
import { CommandJournal, emptyJournal } from './command-journal.js';
import { type CommandReportBody, CommandRunner } from './command-runner.js';

/** Order of the base point of P-256 (FIPS 186-5): with (r, s), (r, n - s) is a signature of the same bytes, too. */
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The same statement under another valid signature: a second string that says the same. */
function signedOtherwise(jws: string): string {
  const [head, claims, signature] = jws.split('.') as [string, string, string];
  const raw = Buffer.from(signature, 'base64url');
  const s = N - BigInt(`0x${raw.subarray(32).toString('hex')}`);
  const other = Buffer.concat([raw.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
  return `${head}.${claims}.${other.toString('base64url')}`;
}

test('an order whose signature was encoded anew is the same order, not another one', async () => {
  const signer = keySigner(await generatePrivateKey('ES256'));
  const seconds = Math.floor(Date.now() / 1000);
  const claims: CommandClaims = {
    iss: 'muster.test/acme',
    aud: '0192f0c1-2b3c-7d4e-8f50-000000000001',
    jti: '0192f0c1-2b3c-7d4e-8f50-000000000002',
    seq: 1,
    iat: seconds,
    nbf: seconds,
    exp: seconds + 300,
    act: 'once',
    args: {},
    cth: 'ab'.repeat(32),
    timeoutS: 30,
  };
  const audience = { deviceId: claims.aud, issuer: claims.iss, certificates: [claims.cth], now: new Date() };
  const keys = [toSigningJwk(signer, 'c1', 'command')];
  const verify = (jws: string) => verifyCommand(jws, keys, audience);
  const jws = await signCommand(signer, 'c1', claims);
  const second = signedOtherwise(jws);
  expect(second).not.toBe(jws);
  // It is as genuine as the first: what protects is the number inside, not the string.
  expect((await verify(second)).ok).toBe(true);

  let ran = 0;
  const reports: CommandReportBody[] = [];
  const journal = new CommandJournal(await Document.open(new MemoryFiles(), 'journal.json', emptyJournal));
  const report = async (body: CommandReportBody) => void reports.push(body);
  const once = { idempotent: false, run: async () => void ran++ };
  const ports = { clock: systemClock, log: silentLog, bootId: 'boot', verify, report };
  const runner = new CommandRunner(ports, journal, { once });
  const order = { schemaVersion: 1 as const, commandId: claims.jti };
  await runner.receive({ ...order, jws });
  await assertEventually(() => expect(reports.at(-1)?.state).toBe('succeeded'));
  await runner.receive({ ...order, jws: second });
  await runner.receive({ ...order, jws: `${jws}=` });
  expect(ran).toBe(1);
});
