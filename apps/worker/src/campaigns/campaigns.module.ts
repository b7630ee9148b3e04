import { Module } from '@nestjs/common';
import { ConfigsModule } from '../configs/configs.module.js';
import { CampaignsProcessor } from './campaigns.processor.js';
import { CommandRollout } from './command-rollout.js';
import { ConfigRollout } from './config-rollout.js';
import { ExecutionStatusConsumer } from './execution-status.consumer.js';
import { Offers } from './offers.js';
import { Regressions } from './regressions.js';
import { Ticker } from './ticker.js';

@Module({
  imports: [ConfigsModule],
  controllers: [ExecutionStatusConsumer],
  providers: [Ticker, Offers, Regressions, ConfigRollout, CommandRollout, CampaignsProcessor],
})
export class CampaignsModule {}
