import { Module } from '@nestjs/common';
import { CampaignsProcessor } from './campaigns.processor.js';
import { ExecutionStatusConsumer } from './execution-status.consumer.js';
import { Offers } from './offers.js';
import { Regressions } from './regressions.js';
import { Ticker } from './ticker.js';

@Module({
  controllers: [ExecutionStatusConsumer],
  providers: [Ticker, Offers, Regressions, CampaignsProcessor],
})
export class CampaignsModule {}
