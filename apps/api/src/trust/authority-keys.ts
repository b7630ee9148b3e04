import type { AuthorityKind } from '@muster/contracts/trust/trust.schema';
import type { KeyContext } from '@muster/pki/keys/key-store';
import type { SignAlgorithm } from '@muster/pki/keys/signer';

export interface Generation {
  readonly kind: AuthorityKind;
  readonly tenantId: string | null;
  readonly generation: number;
}

/** What the key of a generation is called in its store. */
export const nameOf = ({ kind, tenantId, generation }: Generation): string =>
  `ca-${kind}${tenantId === null ? '' : `-${tenantId}`}-${generation}`;

export const algorithms: Record<AuthorityKind, SignAlgorithm> = {
  root: 'ES384',
  device: 'ES256',
  server: 'ES256',
  service: 'ES256',
  bootstrap: 'ES256',
};

export const contextOf = (row: Generation): KeyContext => ({
  tenant: row.tenantId,
  purpose: `ca-${row.kind}`,
  generation: row.generation,
});
