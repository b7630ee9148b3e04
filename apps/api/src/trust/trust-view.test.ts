import { X509Certificate } from 'node:crypto';
import type { AuthorityKind, GenerationState } from '@muster/contracts/trust/trust.schema';
import { authorityOf } from '@muster/pki/authority/authority';
import { issueAuthority, issueRoot } from '@muster/pki/authority/issue-authority';
import { issueCross } from '@muster/pki/authority/issue-cross';
import { issueServerLeaf } from '@muster/pki/authority/issue-leaf';
import { openssl } from '@muster/pki/fixtures/openssl';
import { generatePrivateKey, keySigner } from '@muster/pki/keys/key-signer';
import { describe, expect, it } from 'vitest';
import { TrustView } from './trust-view.js';

const now = new Date();
const organization = 'Muster';
const signerOf = async (algorithm: 'ES256' | 'ES384') => keySigner(await generatePrivateKey(algorithm));

/** Roots in these states, oldest first, a server authority made under the first, and every cross certificate. */
const installation = async (states: readonly GenerationState[]) => {
  const roots = await Promise.all(
    states.map(async (_, i) => issueRoot({ organization, generation: i + 1, signer: await signerOf('ES384'), now })),
  );
  const signer = await signerOf('ES256');
  const server = await issueAuthority(roots[0]!, { organization, kind: 'server', generation: 1, signer, now });
  const row = (
    id: string,
    kind: AuthorityKind,
    generation: number,
    state: GenerationState,
    certificatePem: string,
  ) => ({
    ...{ id, tenantId: null, kind, generation, state, certificatePem, keyRef: '', since: now, crlShards: 1 },
  });
  const rows = roots.map(({ pem }, i) => row(`root-${i + 1}`, 'root', i + 1, states[i]!, pem));
  const serverRow = row('server', 'server', 1, 'issuing', server.pem);
  const crosses = [];
  for (const subject of [...rows, serverRow])
    for (const [i, issuer] of rows.entries())
      if (subject.id !== issuer.id && !(subject === serverRow && i === 0))
        crosses.push({
          ...{ subjectId: subject.id, issuerId: issuer.id },
          certificatePem: await issueCross({ pem: subject.certificatePem }, roots[i]!, now),
        });
  const view = new TrustView([...rows, serverRow], crosses);
  const key = await generatePrivateKey('ES256');
  const leaf = await issueServerLeaf(
    authorityOf(server.pem, signer),
    { hosts: ['localhost'], publicKey: keySigner(key).publicKey() },
    { now },
  );
  return { view, rows, chain: view.serverChain(serverRow), leaf: leaf.pem };
};

describe('what a server presents', () => {
  it.each([
    ['before any rollover', ['issuing'], 2],
    ['while a root is only distributed', ['issuing', 'distributed'], 2],
    ['after the switch', ['retiring', 'issuing'], 4],
    ['after a rollback', ['issuing', 'retiring'], 4],
    ['after the switch that follows a rollback', ['retiring', 'retiring', 'issuing'], 6],
    ['after two rollbacks', ['issuing', 'retiring', 'retiring'], 6],
  ] as const)('leads whoever has one of the roots alone to it, %s', async (_, states, length) => {
    const { rows, chain, leaf } = await installation(states);
    expect(chain).toHaveLength(length);
    for (const root of rows.filter(({ state }) => state !== 'distributed')) {
      const files = { leaf, root: root.certificatePem, chain: chain.join('') };
      const args = ['-x509_strict', '-purpose', 'sslserver', '-CAfile', '@root', '-untrusted', '@chain', '@leaf'];
      expect(openssl(files, 'verify', ...args).output).toMatch(/: OK/);
      expect(chain).toContain(root.certificatePem);
    }
  });

  it('names no root that is not trusted yet or no more, nor does a broker trust one', async () => {
    const { view, rows, chain } = await installation(['issuing', 'created']);
    expect(chain).not.toContain(rows[1]!.certificatePem);
    expect(view.brokerTrust()).toEqual([rows[0]!.certificatePem]);
    expect(view.crossRoots()).toEqual([]);
    expect(view.anchors().map(({ subject }) => subject)).toEqual([
      new X509Certificate(rows[0]!.certificatePem).subject,
    ]);
  });
});
