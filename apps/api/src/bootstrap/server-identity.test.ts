import { createPrivateKey, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueAuthority, issueRoot } from '@muster/pki/authority/issue-authority';
import { issueServerLeaf } from '@muster/pki/authority/issue-leaf';
import { isKeyOf } from '@muster/pki/client/device-key';
import { generatePrivateKey, keySigner } from '@muster/pki/keys/key-signer';
import { afterAll, expect, it } from 'vitest';
import { ensureCertificate } from './server-identity.js';

const folder = mkdtempSync(join(tmpdir(), 'muster-own-'));
const now = new Date();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('several processes that renew one certificate at once leave a key and a certificate that fit', async () => {
  const signer = async () => keySigner(await generatePrivateKey('ES256'));
  const root = await issueRoot({ organization: 'Test', signer: await signer(), now });
  const of = { organization: 'Test', kind: 'server', generation: 1, now } as const;
  const servers = await issueAuthority(root, { ...of, signer: await signer() });
  const ensure = (host: string) => {
    const hosts = [host] as const;
    const issue = (publicKey: KeyObject) => issueServerLeaf(servers, { hosts, publicKey }, { now });
    return ensureCertificate(folder, { name: 'api', hosts, chain: [], issue }, now);
  };
  for (let round = 0; round < 40; round++) {
    await Promise.all([1, 2, 3].map(() => ensure(`host-${round}.test`)));
    const [key, cert] = ['key', 'crt'].map((end) => readFileSync(join(folder, `api.${end}`), 'utf8'));
    expect([round, isKeyOf(createPrivateKey(key!), cert!)]).toEqual([round, true]);
  }
});
