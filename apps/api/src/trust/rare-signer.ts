import { X509Certificate } from 'node:crypto';
import { algorithmOf } from '@muster/pki/keys/key-signer';
import { KeyFault, SignerAway, type StoredKey } from '@muster/pki/keys/key-store';
import type { Signer } from '@muster/pki/keys/signer';

/**
 * The signer of an authority that signs a few times a year: its key is opened for each signature and held for none, so that
 * it may be away from this installation the rest of the time.
 */
export const rareSigner = (certificatePem: string, open: () => Promise<StoredKey>): Signer => {
  const { publicKey } = new X509Certificate(certificatePem);
  return {
    algorithm: algorithmOf(publicKey),
    publicKey: () => publicKey,
    sign: async (algorithm, bytes) => {
      const key = await open().catch((fault: unknown) => {
        if (fault instanceof KeyFault) throw new SignerAway(`the key is offline: ${fault.message}`);
        throw fault;
      });
      // A file of the same name with another key must not sign anything.
      if (!key.publicKey().equals(publicKey)) throw new Error('this key is not the key of this authority');
      return key.sign(algorithm, bytes);
    },
  };
};

/** What needs the root's key waits for it when it is offline; everything that stands goes on without. */
export const whereRootIs = async (work: Promise<unknown>): Promise<void> => {
  await work.catch((fault: unknown) => {
    if (!(fault instanceof SignerAway)) throw fault;
  });
};
