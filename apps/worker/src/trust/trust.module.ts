import { Module } from '@nestjs/common';
import { AskRenewals } from './ask-renewals.js';
import { FindingWatch } from './finding-watch.js';
import { SpreadBundle } from './spread-bundle.js';
import { TrustCourier } from './trust-courier.js';

/** What devices are told to trust. */
@Module({
  providers: [AskRenewals, FindingWatch, SpreadBundle, TrustCourier],
  exports: [AskRenewals, FindingWatch, SpreadBundle, TrustCourier],
})
export class TrustModule {}
