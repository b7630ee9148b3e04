import { z } from 'zod';
import { urlOf } from './url-of.js';

const kinds = ['file', 'pkcs11', 'vault', 'kms'] as const;
const kind = () => z.enum(kinds, `one of ${kinds.join(', ')}`);

/** Where private keys are kept: see docs/signers.md. */
export const signerSettings = {
  MUSTER_SIGNER: kind()
    .default('file')
    .describe('Where new private keys are made and kept: file, pkcs11, vault or kms ([signers](../signers.md)).'),
  MUSTER_RELEASE_SIGNER: kind()
    .optional()
    .describe(
      'The same for the keys that sign releases, kept apart from those that are online all day; as MUSTER_SIGNER.',
    ),
  MUSTER_PKCS11_LIBRARY: z
    .string()
    .startsWith('/', 'an absolute path')
    .optional()
    .describe('PKCS#11 library of the token.'),
  MUSTER_PKCS11_TOKEN: z.string().min(1).max(32, 'at most 32 characters').optional().describe('Label of the token.'),
  MUSTER_PKCS11_PIN: z.string().min(1).optional().describe('PIN of the token’s user.'),
  MUSTER_PKCS11_PACKAGE: z
    .string()
    .startsWith('/', 'an absolute path')
    .optional()
    .describe('Folder of the npm package pkcs11js; looked for where Muster is installed otherwise.'),
  MUSTER_VAULT_URL: urlOf('https', 'http').optional().describe('Vault (or OpenBao) with a transit engine.'),
  MUSTER_VAULT_TOKEN: z.string().min(1).optional().describe('Token for Vault, where no file holds one.'),
  MUSTER_VAULT_TOKEN_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('File with the token, as Vault Agent keeps it; read again when Vault refuses the one in hand.'),
  MUSTER_VAULT_MOUNT: z
    .string()
    .regex(/^[\w-]+(\/[\w-]+)*$/, 'a path such as transit')
    .default('transit')
    .describe('Where the transit engine is mounted.'),
  MUSTER_VAULT_NAMESPACE: z.string().min(1).optional().describe('Namespace in Vault.'),
  MUSTER_VAULT_CA: z.string().min(1).optional().describe('File of PEM certificates to check Vault’s against.'),
  MUSTER_KMS_ADAPTER: z
    .string()
    .startsWith('/', 'an absolute path')
    .optional()
    .describe('JavaScript module that exports openKeyStore(): the adapter of a cloud’s key service.'),
};

type Given = Readonly<Record<string, string | undefined>>;

/** What a store needs: every inner list is met by one of its settings. */
const needs: Record<(typeof kinds)[number], readonly (readonly string[])[]> = {
  file: [],
  pkcs11: [['MUSTER_PKCS11_LIBRARY'], ['MUSTER_PKCS11_TOKEN'], ['MUSTER_PKCS11_PIN']],
  vault: [['MUSTER_VAULT_URL'], ['MUSTER_VAULT_TOKEN', 'MUSTER_VAULT_TOKEN_FILE']],
  kms: [['MUSTER_KMS_ADAPTER']],
};

/** Settings that are missing for a store that is named, or that was described in part. */
export const missingForSigners = (given: Given): string[] =>
  kinds.flatMap((each) => {
    const named = given.MUSTER_SIGNER === each || given.MUSTER_RELEASE_SIGNER === each;
    const wanted = named || needs[each].flat().some((name) => given[name] !== undefined);
    return !wanted
      ? []
      : needs[each]
          .filter((names) => names.every((name) => given[name] === undefined))
          .map((names) => names.join(' or '));
  });
