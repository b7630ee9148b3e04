import { X509Certificate } from 'node:crypto';
import { authoriseConnect } from '@muster/domain/certificates/authorise-connect';
import { type CertificateRow, certificateStore } from '@muster/persistence/certificates/certificate.store';
import { type CrlProbe, crlStore } from '@muster/persistence/certificates/crl.store';
import { Database } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { readCertificate } from '@muster/pki/path/read-certificate';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { InjectQueue } from '@nestjs/bullmq';
import { Inject, Injectable } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { Downlink } from '../gateway/downlink.publisher.js';

/** Once more for a broker that took longer than it should. */
const LATE_FACTOR = 5;
/** A broker has read a list a second after it was signed; one that is away is asked ever more seldom, for a day. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;
const SLOWER = 1.1;
const DAY_MS = 86_400_000;

export interface ToProve {
  readonly tenantId: string;
  readonly certificateId: string;
  /** How often it was tried. */
  readonly tries?: number;
}

/**
 * Proves that what was revoked opens no session any more, and writes down when. Where the registry judges every session, its
 * verdict and the absence of a session are the proof. A broker that judges by lists is knocked at with another certificate of
 * the very list that names this one: when that is turned away as revoked, the broker has read the list.
 */
@Injectable()
export class RefusalProver {
  /** Numbers of lists the broker was seen to have read, by authority and shard. */
  readonly #read = new Map<string, number>();

  constructor(
    private readonly database: Database,
    private readonly downlink: Downlink,
    @InjectQueue('certificates') private readonly queue: Queue,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** After the first cut. `letterId` makes the jobs, which are the same when this is done twice. */
  async follow(letterId: string, deviceId: string, certificates: readonly ToProve[]): Promise<void> {
    const lagMs = this.downlink.revocationLagMs;
    if (lagMs > 0) {
      const delays = [lagMs, lagMs * LATE_FACTOR];
      const jobs = delays.map((delay) => ({
        name: 'cut-again',
        data: { deviceId },
        opts: { delay, jobId: `${letterId}.cut-again.${delay}`, attempts: 5 },
      }));
      await this.queue.addBulk(jobs);
    }
    for (const certificate of certificates) await this.prove(certificate);
  }

  /** The session a device opened after the first cut, before its broker had read the revocation. */
  async cutAgain({ deviceId }: { readonly deviceId: string }): Promise<void> {
    await this.downlink.kick(deviceId);
  }

  /** Tries, and comes back to it later when it cannot be proven yet. */
  async prove(job: ToProve): Promise<void> {
    const { tenantId, certificateId } = job;
    const row = await this.database.tenant(tenantId, (tx) => certificateStore.find(tx, certificateId));
    if (row === null || row.refusalProvenAt !== null) return;
    if (row.state !== 'revoked' && row.state !== 'on_hold') return;
    const proven = this.downlink.knock === undefined ? await this.#byRegistry(row) : await this.#byBroker(row);
    if (!proven) return this.#later(row, job);
    const now = this.clock.now();
    const { deviceId } = row;
    await this.database.tenant(tenantId, async (tx) => {
      if (!(await certificateStore.markRefusalProven(tx, certificateId, now))) return;
      const payload = { certificateId, deviceId };
      await outbox.drop(tx, { tenantId, type: 'certificate.revocation_proven', key: deviceId, payload });
    });
  }

  async #later({ id, since }: CertificateRow, { tries = 0, ...job }: ToProve): Promise<void> {
    if (this.clock.now().getTime() - since.getTime() > DAY_MS) return;
    const delay = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * SLOWER ** tries);
    const jobId = `${id}.prove.${since.getTime()}.${tries}`;
    await this.queue.add('prove-refusal', { ...job, tries: tries + 1 }, { jobId, delay, attempts: 20, priority: 5 });
  }

  /** A session opened while its certificate was being revoked is found here. */
  async #byRegistry({ deviceId, fingerprint }: CertificateRow): Promise<boolean> {
    if (this.downlink.hasSession(deviceId, fingerprint)) {
      await this.downlink.kick(deviceId, fingerprint);
      return false;
    }
    const seen = await this.database.system((tx) => certificateStore.findByFingerprint(tx, fingerprint));
    return seen !== null && !authoriseConnect({ ...seen, certificateState: seen.state }, this.clock.now()).ok;
  }

  async #byBroker({ authorityId, serial, deviceId, pem }: CertificateRow): Promise<boolean> {
    const found = await this.#probeFor(authorityId, serial, pem);
    if (found === null) return false;
    const { shard, probe } = found;
    const list = `${authorityId}/${shard}`;
    if ((this.#read.get(list) ?? -1) < probe.number) {
      // One that has ended would be turned away for that.
      if (probe.notAfter <= this.clock.now()) return false;
      const answer = await this.downlink.knock!({ cert: probe.certificatePem, key: probe.keyPem });
      if (answer !== 'revoked') return false;
      this.#read.set(list, probe.number);
    }
    // Whoever came between the first cut and this moment.
    await this.downlink.kick(deviceId);
    return true;
  }

  /** Of the list whose address the certificate carries: a broker looks into no other. Null while it does not name it. */
  async #probeFor(
    authorityId: string,
    serial: string,
    pem: string,
  ): Promise<{ shard: number; probe: CrlProbe & { number: number } } | null> {
    const uri = readCertificate(new X509Certificate(pem).raw).crlUri ?? '';
    const own = new RegExp(`${authorityId}-(\\d+)\\.crl$`).exec(uri)?.[1];
    return this.database.system(async (tx) => {
      const lists = (await crlStore.listOf(tx, [authorityId])).map(({ shard }) => shard);
      const shard = own === undefined ? Math.min(...lists, 0) : Number(own);
      const probe = await crlStore.probeOf(tx, authorityId, shard, serial);
      return probe && { shard, probe };
    });
  }
}
