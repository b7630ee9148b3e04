import { X509Certificate } from 'node:crypto';
import { findingKinds, type TrustFinding } from '@muster/contracts/trust/trust.schema';
import { listFindings } from '@muster/domain/trust/list-findings';
import { Database } from '@muster/persistence/database';
import { type NewLetter, outbox } from '@muster/persistence/outbox/outbox.store';
import { authorityStore } from '@muster/persistence/trust/authority.store';
import { findingsStore } from '@muster/persistence/trust/findings.store';
import { openFindingsStore } from '@muster/persistence/trust/open-findings.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { METRICS } from '@muster/runtime/metrics/metrics';
import { Inject, Injectable } from '@nestjs/common';
import { Gauge, type Registry } from 'prom-client';

/** A suspected clone has a letter of its own, and who waits for a person is told when it begins to wait. */
const toldElsewhere: ReadonlySet<string> = new Set(['clone_suspected', 'approvals_waiting']);

/** Looks at the certificates of every tenant, tells once what needs somebody, and keeps the gauges of it. */
@Injectable()
export class FindingWatch {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(METRICS) metrics: Registry,
  ) {
    const counts = () => this.#counts();
    new Gauge({
      name: 'muster_trust_findings',
      help: 'Devices, certificates, lists and hours that a finding about certificates is about, by its kind, as of the last look.',
      labelNames: ['kind'],
      registers: [metrics],
      async collect() {
        const found = await counts();
        if (found !== null) for (const kind of findingKinds) this.set({ kind }, found.get(kind) ?? 0);
      },
    });
  }

  /** Every tenant in turn, each in a transaction of its own; returns how many findings are open. */
  async look(): Promise<number> {
    let open = 0;
    for (const tenantId of await this.database.system((tx) => authorityStore.listTenants(tx)))
      try {
        open += await this.#lookAt(tenantId);
      } catch (error) {
        this.logger.warn({ err: error, tenantId }, 'the certificates of a tenant could not be looked at');
      }
    return open;
  }

  #lookAt(tenantId: string): Promise<number> {
    const now = this.clock.now();
    return this.database.system(async (tx) => {
      const rows = await findingsStore.read(tx, tenantId, now);
      const authorities = rows.authorities.map(({ certificatePem, ...authority }) => {
        const { validFromDate: notBefore, validToDate: notAfter } = new X509Certificate(certificatePem);
        return { ...authority, notBefore, notAfter };
      });
      const found = listFindings({ ...rows, authorities }, now);
      const { opened, closed } = await openFindingsStore.replace(tx, tenantId, found, now);
      await outbox.dropAll(tx, [
        ...opened.filter(({ kind }) => !toldElsewhere.has(kind)).map((finding) => openedLetter(tenantId, finding)),
        ...closed.map(({ kind, subject }) => ({
          ...{ tenantId, type: 'trust.finding_closed', key: subject },
          payload: { kind, subject },
        })),
      ]);
      return found.length;
    });
  }

  /** Null while the database is away: the last values stand. */
  #counts(): Promise<ReadonlyMap<string, number> | null> {
    return this.database.system(openFindingsStore.counts).catch((error: unknown) => {
      this.logger.warn({ err: error }, 'the database could not be asked for findings');
      return null;
    });
  }
}

const openedLetter = (tenantId: string, { kind, subject, sentence }: TrustFinding): NewLetter => ({
  ...{ tenantId, type: 'trust.finding_opened', key: subject },
  payload: { kind, subject, sentence },
});
