import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { crlLists, crlShard, WHOLE } from '@muster/domain/certificates/crl-shard';
import { type CrlProbe, type CrlRow, crlStore } from '@muster/persistence/certificates/crl.store';
import type { Database, Tx } from '@muster/persistence/database';
import { type AuthorityRow, authorityStore } from '@muster/persistence/trust/authority.store';
import { issueDeviceLeaf } from '@muster/pki/authority/issue-leaf';
import { randomSerial } from '@muster/pki/authority/sign-certificate';
import { CrlEntries, crlReason } from '@muster/pki/crl/crl-entries';
import { writeCrl } from '@muster/pki/crl/write-crl';
import { generatePrivateKey } from '@muster/pki/keys/key-signer';
import type { Clock } from '@muster/runtime/clock/clock';
import type { IssuingAuthority } from '../trust/hierarchy.js';
import type { IdentityDoor } from '../trust/identity-door.js';

const HOUR_MS = 3_600_000;
const NEXT_UPDATE_MS = 24 * HOUR_MS;
/** The root's key is seldom at hand, and what it lists changes with rollovers only. */
const ROOT_NEXT_UPDATE_MS = 180 * 24 * HOUR_MS;
const ROOT_RENEW_AFTER_MS = 30 * 24 * HOUR_MS;
/** Lists begin in the past: a broker whose clock is behind ours would refuse every device over a list that is not yet valid. */
const BACKDATED_MS = 5 * 60_000;
/** A list that says the same is signed anew when it is this old; whoever asks for that asks every hour. */
const RENEW_AFTER_MS = HOUR_MS / 2;
/** Longer than a list stays the newest, so that there is always a probe that is refused for being revoked alone. */
const PROBE_LIFE_MS = 2 * HOUR_MS;
const PAGE = 2_500;

/** What a list would have to say now. */
interface Wanted {
  readonly shard: number;
  readonly digest: string;
  readonly entries: number;
}

/**
 * Builds the revocation lists of an authority and publishes them in the database, where every process finds the same. A
 * list is built only when it would say something else than the published one, or is old; one builder works at a time.
 */
export class CrlBuilder {
  constructor(
    private readonly database: Database,
    private readonly door: IdentityDoor,
    private readonly clock: Clock,
    /** Whether lists of device authorities carry a probe: where a broker reads them that cannot be asked. */
    private readonly probing: boolean,
  ) {}

  /** Brings every list of the authority up to date. Looking costs one query when nothing changed. */
  async refresh(row: AuthorityRow): Promise<void> {
    // Nobody trusts it any more, and its key may be gone.
    if (row.state === 'retired') return;
    const now = this.clock.now();
    const due = await this.database.system((tx) => this.#due(tx, row, now));
    if (due.length === 0) return;
    const authority = await this.door.hierarchy.opened(row);
    await this.database.system(async (tx) => {
      await crlStore.lockBuilding(tx, row.id);
      // Another process may have built while this one waited.
      for (const wanted of await this.#due(tx, row, now)) await this.#build(tx, row, authority, wanted, now);
      await crlStore.dropOthers(tx, row.id, crlLists(row.crlShards));
    });
  }

  async #due(tx: Tx, row: AuthorityRow, now: Date): Promise<Wanted[]> {
    const published = new Map((await crlStore.listOf(tx, [row.id])).map((list) => [list.shard, list]));
    const wanted = row.kind === 'root' ? [await rootList(tx, row)] : await this.#lists(tx, row, now);
    const after = row.kind === 'root' ? ROOT_RENEW_AFTER_MS : RENEW_AFTER_MS;
    return wanted.filter(({ shard, digest }) => isDue(published.get(shard), digest, after, now));
  }

  async #lists(tx: Tx, { id, crlShards }: AuthorityRow, now: Date): Promise<Wanted[]> {
    const found = await crlStore.digests(tx, id, crlShards, now);
    const entries = found.reduce((sum, one) => sum + one.entries, 0);
    const digest = found.map((one) => `${one.shard}:${one.digest}`).sort();
    // An address says something else when the number of them changes.
    const among = (said: string) => `${crlShards}/${said}`;
    return crlLists(crlShards).map((shard) => {
      if (shard === WHOLE)
        return { shard, entries, digest: among(createHash('sha256').update(digest.join()).digest('hex')) };
      const own = found.find((one) => one.shard === shard);
      return { shard, entries: own?.entries ?? 0, digest: among(own?.digest ?? '') };
    });
  }

  async #build(tx: Tx, row: AuthorityRow, authority: IssuingAuthority, wanted: Wanted, now: Date): Promise<void> {
    const { shard } = wanted;
    const revoked = new CrlEntries();
    if (row.kind === 'root') await addRetired(tx, row, revoked);
    else await addListed(tx, row, shard, revoked, now);
    const entries = revoked.count;
    const number = await authorityStore.nextCrlNumber(tx, row.id);
    if (this.probing && row.kind === 'device') {
      const probe = await this.#probe(row, authority, shard, now);
      await crlStore.addProbe(tx, row.id, shard, number, probe);
      for (const { serial, at } of await crlStore.liveProbes(tx, row.id, shard, now))
        revoked.add({ serial, at, reason: 'unspecified' });
    }
    const thisUpdate = new Date(now.getTime() - BACKDATED_MS);
    const nextUpdate = new Date(now.getTime() + (row.kind === 'root' ? ROOT_NEXT_UPDATE_MS : NEXT_UPDATE_MS));
    const uri = row.kind === 'root' ? null : this.door.crlUri(row.id, shard, row.crlShards);
    const { der } = await writeCrl(authority, { number, thisUpdate, nextUpdate, uri, revoked });
    const { digest } = wanted;
    await crlStore.put(tx, { authorityId: row.id, shard, number, der, thisUpdate, nextUpdate, entries, digest });
  }

  /** In no table of devices, so that it is nobody's; its key is of no use to anybody once it is listed. */
  async #probe(row: AuthorityRow, authority: IssuingAuthority, shard: number, now: Date): Promise<CrlProbe> {
    const key = await generatePrivateKey('ES256');
    let serial = randomSerial();
    while (shard !== WHOLE && crlShard(serial.toString('hex'), row.crlShards) !== shard) serial = randomSerial();
    const leaf = await issueDeviceLeaf(
      authority,
      {
        domain: this.door.hierarchy.options.domain,
        tenant: row.tenantId ?? 'none',
        deviceId: `probe-${serial.toString('hex')}`,
        publicKey: createPublicKey(key),
        crlUri: this.door.crlUri(row.id, shard, row.crlShards),
        serial,
      },
      { now, life: PROBE_LIFE_MS },
    );
    const keyPem = key.export({ type: 'pkcs8', format: 'pem' }) as string;
    return { serial: leaf.serial, certificatePem: leaf.pem + authority.pem, keyPem, at: now, notAfter: leaf.notAfter };
  }
}

const isDue = (published: CrlRow | undefined, digest: string, after: number, now: Date): boolean =>
  published === undefined ||
  published.digest !== digest ||
  now.getTime() - published.thisUpdate.getTime() >= after + BACKDATED_MS;

const addListed = async (tx: Tx, row: AuthorityRow, shard: number, revoked: CrlEntries, now: Date): Promise<void> => {
  const part = shard === WHOLE ? { shard: 0, shards: 1 } : { shard, shards: row.crlShards };
  for await (const page of crlStore.read(tx, { authorityId: row.id, ...part, now }, PAGE))
    for (const { serial, onHold, reasonCode, since } of page)
      revoked.add({ serial, at: since, reason: onHold ? 'certificateHold' : crlReason(reasonCode) });
};

/**
 * The root answers for the authorities it made or certified, another root among them; retired is what nobody is to believe
 * any more.
 */
const rootList = async (tx: Tx, { id }: AuthorityRow): Promise<Wanted> => {
  const retired = await crlStore.listRetired(tx, id);
  return { shard: 0, entries: retired.length, digest: String(retired.length) };
};

const addRetired = async (tx: Tx, { id }: AuthorityRow, revoked: CrlEntries): Promise<void> => {
  for (const { certificatePem, since } of await crlStore.listRetired(tx, id)) {
    const serial = new X509Certificate(certificatePem).serialNumber.toLowerCase();
    revoked.add({ serial, at: since, reason: 'cessationOfOperation' });
  }
};
