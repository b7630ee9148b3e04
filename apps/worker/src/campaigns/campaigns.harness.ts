import { join } from 'node:path';
import type { Database, Tx } from '@muster/persistence/database';
import { signingKeyStore } from '@muster/persistence/trust/signing-key.store';
import { FileKeyStore } from '@muster/pki/keys/file-key-store';
import { loadKek } from '@muster/pki/keys/kek';
import { type SigningJwk, toSigningJwk } from '@muster/pki/signing/compact';
import { v7 as uuidv7 } from 'uuid';

/** The key that enrolment would have made for a tenant's orders, in the worker's folder of keys. */
export async function commandKey(database: Database, tenant: string, keys: string): Promise<SigningJwk> {
  const vault = new FileKeyStore(keys, await loadKek(join(keys, 'kek')));
  const keyRef = `sign-${tenant}-command-1`;
  const signer = await vault.create(keyRef, { tenant, purpose: 'command', generation: 1 }, 'EdDSA');
  const jwk = toSigningJwk(signer, `${tenant}-command-1`, 'command');
  const row = { kid: jwk.kid, tenantId: tenant, purpose: 'command', algorithm: 'EdDSA', keyRef };
  await database.system((tx) => signingKeyStore.insert(tx, { ...row, publicJwk: { ...jwk } } as never, new Date()));
  return jwk;
}

/** A published release for model m1, whose manifest is the text a.b.c. */
export async function publishedRelease(tx: Tx, version: string): Promise<string> {
  const [id, artifact] = [uuidv7(), uuidv7()];
  await tx.query(
    `insert into artifacts (tenant_id, id, name, size, sha256, received, state, created_by)
     values ($1, $2, 'fw.bin', 1, $3, 1, 'complete', 'test')`,
    [tx.tenantId, artifact, uuidv7().replaceAll('-', '').padEnd(64, '0')],
  );
  await tx.query(
    `insert into releases (tenant_id, id, name, version, models, artifact_id, state, manifest_jws, created_by, published_at)
     values ($1, $2, 'fw', $3, '{m1}', $4, 'published', 'a.b.c', 'test', now())`,
    [tx.tenantId, id, version, artifact],
  );
  return id;
}
