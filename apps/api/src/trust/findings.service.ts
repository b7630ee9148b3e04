import { X509Certificate } from 'node:crypto';
import type * as routes from '@muster/contracts/trust/trust.routes';
import type { TrustFinding } from '@muster/contracts/trust/trust.schema';
import { listFindings } from '@muster/domain/trust/list-findings';
import { Database } from '@muster/persistence/database';
import { findingsStore } from '@muster/persistence/trust/findings.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { SharedAnswers } from './shared-answers.js';

/** What of a tenant's certificates needs somebody. */
@Injectable()
export class FindingsService {
  readonly #shared: SharedAnswers<{ items: TrustFinding[] }>;

  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.#shared = new SharedAnswers(clock);
  }

  list({ principal: { tenantId } }: Call<typeof routes.listTrustFindings>) {
    return this.#shared.ask(tenantId, () =>
      this.database.tenant(tenantId, async (tx) => {
        const now = this.clock.now();
        const rows = await findingsStore.read(tx, tenantId, now);
        const authorities = rows.authorities.map(({ certificatePem, ...authority }) => {
          const { validFromDate: notBefore, validToDate: notAfter } = new X509Certificate(certificatePem);
          return { ...authority, notBefore, notAfter };
        });
        return { items: listFindings({ ...rows, authorities }, now) };
      }),
    );
  }
}
