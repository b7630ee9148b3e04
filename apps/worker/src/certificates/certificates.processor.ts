import { Processor, WorkerHost } from '@nestjs/bullmq';
import type { Job } from 'bullmq';
import type { LetterJob } from '../outbox/routing.js';
import { AskRenewals } from '../trust/ask-renewals.js';
import { SpreadBundle } from '../trust/spread-bundle.js';
import { TrustCourier } from '../trust/trust-courier.js';
import { CertificateSweep } from './certificate-sweep.js';
import type { ToProve } from './refusal-prover.js';
import { SessionCutter } from './session-cutter.js';

/** What follows from certificates after the transaction that changed them. */
@Processor('certificates', { concurrency: 16 })
export class CertificatesProcessor extends WorkerHost {
  constructor(
    private readonly cutter: SessionCutter,
    private readonly courier: TrustCourier,
    private readonly sweep: CertificateSweep,
    private readonly bundles: SpreadBundle,
    private readonly renewals: AskRenewals,
  ) {
    super();
  }

  async process(job: Job): Promise<unknown> {
    switch (job.name) {
      case 'cut-session':
        return this.cutter.apply(job.data as LetterJob);
      case 'cut-again':
        return this.cutter.again(job.data as { deviceId: string });
      case 'prove-refusal':
        return this.cutter.prove(job.data as ToProve);
      case 'deliver-trust':
        return this.courier.deliver(job.data as LetterJob);
      case 'spread-bundle':
        return this.bundles.apply(job.data as LetterJob);
      case 'ask-renewals':
        return this.renewals.apply(job.data as LetterJob);
      case 'settle-due':
        return this.sweep.settle();
      case 'refresh-trust':
        return this.sweep.refreshTrust();
      case 'look-at-findings':
        return this.sweep.lookAtFindings();
      default:
        throw new Error(`certificates has no job ${job.name}`);
    }
  }
}
