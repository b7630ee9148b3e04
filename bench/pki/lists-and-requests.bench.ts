import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { writeRequest } from '@muster/pki/client/write-request';
import { writeCrl } from '@muster/pki/crl/write-crl';
import { acceptRequest } from '@muster/pki/csr/accept-request';
import { buildHierarchy, crlUri, newKey, now } from '@muster/pki/fixtures/hierarchy';
import * as peer from '@peculiar/x509';
import { expect, it } from 'vitest';
import { machine, median, printTable, timed } from '../report.js';

const ENTRIES = 50_000;
const THEIRS = 1_000;
const ROUNDS = process.env.MUSTER_QUICK ? 2 : 7;

/** How long a piece of work takes and how long others had to wait for their turn meanwhile, in ms. */
const watched = async (work: () => Promise<unknown>): Promise<{ took: number; stalled: number }> => {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  // One turn before and after, so that the monitor has something to compare with.
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  await turn();
  const took = await timed(work);
  await turn();
  delay.disable();
  return { took, stalled: delay.max / 1e6 };
};
const worst = (values: readonly number[]) => Math.max(...values);
const verdict = (value: number, bound: number) => (value <= bound ? 'within' : 'above');
const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

it(`writes a list of ${ENTRIES} revocations, beside the generator of @peculiar/x509`, async () => {
  const { device } = await buildHierarchy();
  const serials = Array.from({ length: ENTRIES }, () => `4${randomBytes(16).toString('hex').slice(1)}`);
  const revoked = serials.map((serial) => ({ serial, at: now, reason: 'keyCompromise' as const }));
  const list = { number: 1, thisUpdate: now, nextUpdate: new Date(now.getTime() + 86_400_000), uri: crlUri };
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
  const { privateKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const theirs = () =>
    peer.X509CrlGenerator.create({
      issuer: 'CN=Device CA',
      ...{ thisUpdate: now, nextUpdate: list.nextUpdate, signingAlgorithm: algorithm, signingKey: privateKey },
      entries: serials.slice(0, THEIRS).map((serialNumber) => ({
        ...{ serialNumber, revocationDate: now, reason: peer.X509CrlReason.keyCompromise },
      })),
    });
  await writeCrl(device, { ...list, revoked });
  const [ours, peers] = [[], []] as { took: number; stalled: number }[][];
  let bytes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    ours!.push(await watched(async () => (bytes = (await writeCrl(device, { ...list, revoked })).der.length)));
    peers!.push(await watched(theirs));
  }
  expect(bytes).toBeGreaterThan(ENTRIES * 40);
  const [took, stalled] = [median(ours!.map((each) => each.took)), worst(ours!.map((each) => each.stalled))];
  const each = median(ours!.map((one, n) => peers![n]!.took / THEIRS / (one.took / ENTRIES)));
  printTable(
    `A list of ${ENTRIES} revocations, ${(bytes / 2 ** 20).toFixed(1)} MiB\n${machine()}`,
    ['', 'measured', 'wanted', ''],
    [
      ['until it is signed, median', ms(took), '200 ms', verdict(took, 200)],
      ['longest stall of the event loop', ms(stalled), '50 ms', verdict(stalled, 50)],
      [`@peculiar/x509, ${THEIRS} entries (quadratic)`, ms(median(peers!.map((one) => one.took))), '', ''],
      ['an entry of theirs / one of ours', `${each.toFixed(0)}×`, '', ''],
    ],
  );
});

/** Texts that parsers are known to choke on; each as often as a burst would bring it. */
const attacks = (): Record<string, string> => {
  const armour = (body: string) => `-----BEGIN CERTIFICATE REQUEST-----\n${body}\n-----END CERTIFICATE REQUEST-----\n`;
  const nested = (depth: number) => {
    let inner = Buffer.alloc(0);
    for (let level = 0; level < depth && inner.length < 12_000; level++) {
      const length = inner.length < 0x80 ? [inner.length] : [0x82, inner.length >> 8, inner.length & 0xff];
      inner = Buffer.concat([Buffer.from([0x30, ...length]), inner]);
    }
    return inner.toString('base64');
  };
  const flat = Buffer.concat([Buffer.from([0x30, 0x82, 0x2e, 0xe0]), Buffer.alloc(12_000, Buffer.from([5, 0]))]);
  return {
    empty: '',
    'random bytes': randomBytes(300).toString('base64'),
    '40 ambiguous PEM headers': armour(`${'A: B\n C\n'.repeat(40)}\nMIIB`),
    '40 headers, each a continuation': `-----BEGIN CERTIFICATE REQUEST-----\n${' a: b\n'.repeat(40)}`,
    '16 KiB of headers': armour('X: \n '.repeat(3_200)),
    '10 MB': 'A'.repeat(10_000_000),
    'nested 5,000 deep': nested(5_000),
    '6,000 tiny elements': flat.toString('base64'),
    'a length of 2^31': Buffer.from([0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 0]).toString('base64'),
    'two blocks': armour('MIIB') + armour('MIIB'),
    'white space only': ' \n'.repeat(8_000),
    'a request cut short': writeRequest(newKey()).slice(0, 200),
    'a request with bytes after it': writeRequest(newKey()).replace('\n-----END', 'AAAA\n-----END'),
  };
};

it('reads crafted requests without holding others up', async () => {
  const TIMES = 100;
  const lines: string[][] = [];
  await acceptRequest(writeRequest(newKey()), null);
  const all: number[] = [];
  for (const [what, text] of Object.entries(attacks())) {
    const single: number[] = [];
    const { stalled } = await watched(async () => {
      for (let n = 0; n < TIMES; n++) {
        single.push(await timed(() => expect(acceptRequest(text, null)).rejects.toThrow()));
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    all.push(stalled);
    lines.push([what, ms(worst(single)), ms(stalled), verdict(stalled, 50)]);
  }
  printTable(
    `Crafted certificate requests, ${TIMES} times each, one a turn\n${machine()}`,
    ['text', 'slowest', 'longest stall', 'wanted: 50 ms'],
    [...lines, ['worst of all', '', ms(worst(all)), verdict(worst(all), 50)]],
  );
});
