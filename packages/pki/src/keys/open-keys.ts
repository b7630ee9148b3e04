import { FileKeyStore } from './file-key-store.js';
import type { Keks } from './kek.js';
import { KeyRing } from './key-ring.js';
import type { KeyStore, KeyStoreKind } from './key-store.js';
import { KmsKeyStore } from './kms/kms-key-store.js';
import { Pkcs11KeyStore } from './pkcs11/pkcs11-key-store.js';
import { VaultKeyStore } from './vault/vault-key-store.js';

/** The settings of a process that say where keys are; those a test leaves out are as unset. */
export interface SignerSettings {
  readonly signer?: KeyStoreKind | undefined;
  readonly releaseSigner?: KeyStoreKind | undefined;
  readonly pkcs11Library?: string | undefined;
  readonly pkcs11Token?: string | undefined;
  readonly pkcs11Pin?: string | undefined;
  readonly pkcs11Package?: string | undefined;
  readonly vaultUrl?: string | undefined;
  readonly vaultToken?: string | undefined;
  readonly vaultTokenFile?: string | undefined;
  readonly vaultMount?: string | undefined;
  readonly vaultNamespace?: string | undefined;
  readonly vaultCa?: string | undefined;
  readonly kmsAdapter?: string | undefined;
}

/**
 * Every store the settings describe, as one. None is reached before a key is asked of it. `purposes` is what this process
 * may open keys for; everything when absent.
 */
export const openKeys = (
  settings: SignerSettings,
  files: { readonly folder: string; readonly keks: Buffer | Keks },
  purposes?: readonly string[],
): KeyStore => {
  const { signer = 'file', releaseSigner = signer } = settings;
  const stores: KeyStore[] = [new FileKeyStore(files.folder, files.keks)];
  const { pkcs11Library: library, pkcs11Token: token, pkcs11Pin: pin, pkcs11Package: packagePath } = settings;
  if (library && token && pin) stores.push(new Pkcs11KeyStore({ library, token, pin, packagePath }));
  const { vaultUrl: url, vaultMount: mount = 'transit', vaultNamespace: namespace, vaultCa: caFile } = settings;
  const { vaultToken, vaultTokenFile: tokenFile } = settings;
  if (url) stores.push(new VaultKeyStore({ url, token: vaultToken, tokenFile, mount, namespace, caFile }));
  if (settings.kmsAdapter) stores.push(new KmsKeyStore(settings.kmsAdapter));
  return new KeyRing(stores, { online: signer, release: releaseSigner }, purposes);
};
