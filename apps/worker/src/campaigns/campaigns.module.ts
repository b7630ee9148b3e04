import { Module } from '@nestjs/common';
import { ConfigsModule } from '../configs/configs.module.js';
import { CampaignsProcessor } from './campaigns.processor.js';
import { CommandRollout } from './command-rollout.js';
import { ConfigRollout } from './config-rollout.js';
import { ExecutionStatusConsumer } from './execution-status.consumer.js';
import { LateJoiners } from './late-joiners.js';
import { Offers } from './offers.js';
import { Regressions } from './regressions.js';
import { Rounds } from './rounds.js';
import { Ticker } from './ticker.js';

@Module({
  imports: [ConfigsModule],
  controllers: [ExecutionStatusConsumer],
  providers: [Ticker, LateJoiners, Rounds, Offers, Regressions, ConfigRollout, CommandRollout, CampaignsProcessor],
})
export class CampaignsModule {}
