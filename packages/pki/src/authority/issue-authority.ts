import type { Signer } from '../keys/signer.js';
import { lifetimes, validity } from '../profiles/lifetimes.js';
import type { Authority } from './authority.js';
import { authorityOf } from './authority.js';
import { basicConstraints, extendedKeyUsage, keyUsage } from './extensions.js';
import { distinguishedName } from './names.js';
import { signCertificate } from './sign-certificate.js';

/** The self-signed root of an installation: P-384, 20 years. Devices trust this and nothing below it. */
export const issueRoot = async (options: {
  organization: string;
  generation?: number;
  signer: Signer;
  now: Date;
}): Promise<Authority> => {
  const { signer, now, generation = 1 } = options;
  const name = distinguishedName({ organization: options.organization, commonName: `Muster Root CA ${generation}` });
  const { pem } = await signCertificate(
    {
      subject: name,
      publicKey: signer.publicKey(),
      ...validity(now, lifetimes.root),
      extensions: [basicConstraints({}), keyUsage('keyCertSign', 'cRLSign')],
    },
    { name, signer },
  );
  return authorityOf(pem, signer);
};

export type IssuingKind = 'device' | 'server' | 'service' | 'bootstrap';

const kinds = {
  device: { title: 'Device CA', life: lifetimes.deviceAuthority, purposes: ['clientAuth'] },
  server: { title: 'Server CA', life: lifetimes.serverAuthority, purposes: ['serverAuth'] },
  service: { title: 'Service CA', life: lifetimes.serverAuthority, purposes: ['clientAuth'] },
  bootstrap: { title: 'Bootstrap CA', life: lifetimes.bootstrapAuthority, purposes: ['clientAuth'] },
} as const;

/**
 * An issuing authority under the root: P-256, path length 0, limited by extended key usage to what its leaves do.
 * The server authority carries no name constraints, because the names of an installation change with `--host`.
 */
export const issueAuthority = async (
  root: Authority,
  options: {
    organization: string;
    kind: IssuingKind;
    tenant?: string;
    generation: number;
    signer: Signer;
    now: Date;
  },
): Promise<Authority> => {
  const { kind, generation, signer, now } = options;
  const { title, life, purposes } = kinds[kind];
  const owner = options.tenant === undefined ? '' : ` ${options.tenant}`;
  const { pem } = await signCertificate(
    {
      subject: distinguishedName({
        organization: options.organization,
        commonName: `Muster ${title}${owner} ${generation}`,
      }),
      publicKey: signer.publicKey(),
      ...validity(now, life, root.notAfter),
      extensions: [
        basicConstraints({ pathLength: 0 }),
        keyUsage('keyCertSign', 'cRLSign'),
        extendedKeyUsage(...purposes),
      ],
    },
    root,
  );
  return authorityOf(pem, signer);
};
