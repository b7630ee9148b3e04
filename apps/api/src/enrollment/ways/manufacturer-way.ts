import { judgeManufacturer } from '@muster/domain/enrollment/judge-manufacturer';
import type { Database } from '@muster/persistence/database';
import { manufacturerStore } from '@muster/persistence/enrollment/manufacturer.store';
import { fromPem } from '@muster/pki/der/pem';
import { DerFault } from '@muster/pki/der/read';
import { readCertificate } from '@muster/pki/path/read-certificate';
import { type FactoryIdentity, validateFactoryPath } from '@muster/pki/path/validate-factory-path';
import type { Way } from './way.js';

/** Enough for a leaf, what stands between it and a registered CA, and a root somebody sends along. */
const MOST_PRESENTED = 6;

/** A manufacturer whose registered CA a factory certificate was validated up to, and what that says of the device. */
export interface FactoryMade {
  readonly tenantId: string;
  readonly id: string;
  readonly identity: FactoryIdentity;
}

/** The way in of a factory certificate (DER, leaf first; possession of its key is proven). Null when it is of nobody. */
export const manufacturerWay = async (database: Database, chain: readonly Buffer[], now: Date): Promise<Way | null> => {
  const made = await findMaker(database, chain, now);
  return made && wayOf(made);
};

/**
 * Who made the device. Of several manufacturers on the path of its certificate the one nearest to the leaf counts, so that
 * what a device presents with it changes nothing. Null when there is none.
 */
export const findMaker = async (
  database: Database,
  presented: readonly Buffer[],
  now: Date,
): Promise<FactoryMade | null> => {
  const chain = presented.slice(0, MOST_PRESENTED);
  const keyIds = issuersOf(chain);
  if (keyIds.length === 0) return null;
  const candidates = await database.system((tx) => manufacturerStore.locate(tx, keyIds));
  for (const keyId of keyIds) {
    for (const { tenantId, id, certificatePem } of candidates.filter((candidate) => candidate.keyId === keyId)) {
      const path = validateFactoryPath(chain, derOf(certificatePem), now);
      if (path.ok) return { tenantId, id, identity: path.identity };
    }
  }
  return null;
};

const wayOf = ({ tenantId, id, identity }: FactoryMade): Way => ({
  tenantId,
  source: 'manufacturer',
  tokenId: null,
  resource: `manufacturer:${id}`,
  heldBy: 'many',
  async enter(tx, { claim }) {
    const maker = (await manufacturerStore.share(tx, id))!;
    const provenSerial = serialOf(identity, maker.serialFrom);
    return {
      via: `manufacturer ${maker.name}`,
      alive: maker.state === 'active',
      sourceId: id,
      bound: provenSerial === claim.serial,
      place: maker,
      kind: 'manufacturer',
      verdict: judgeManufacturer(maker, { model: claim.model, serial: claim.serial, provenSerial }),
      spend: () =>
        Promise.resolve({
          tenantId,
          type: 'enrollment.manufacturer_changed',
          key: id,
          payload: { manufacturerId: id },
        }),
    };
  },
});

/** The serial number of the device where its maker writes it. */
export const serialOf = (identity: FactoryIdentity, from: 'common_name' | 'serial_number'): string | null =>
  from === 'common_name' ? identity.commonName : identity.serialNumber;

/** What the presented certificates name as the keys above them, from the leaf up. */
const issuersOf = (chain: readonly Buffer[]): string[] => {
  const found = new Set<string>();
  for (const der of chain) {
    try {
      const { authorityKeyId } = readCertificate(der);
      if (authorityKeyId !== null) found.add(authorityKeyId);
    } catch (fault) {
      if (!(fault instanceof DerFault)) throw fault;
    }
  }
  return [...found];
};

/** As it was checked and stored by us. */
const derOf = (pem: string): Buffer => {
  const decoded = fromPem(pem, ['CERTIFICATE']);
  if (!decoded.ok) throw new Error('a stored certificate cannot be read');
  return decoded.der;
};
