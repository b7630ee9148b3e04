import { Module } from '@nestjs/common';
import { CommandsModule } from '../commands/commands.module.js';
import { ConfigsModule } from '../configs/configs.module.js';
import { CampaignsProcessor } from './campaigns.processor.js';
import { CommandRollout } from './command-rollout.js';
import { ConfigRollout } from './config-rollout.js';
import { EvidenceCollector } from './evidence-collector.js';
import { ExecutionStatusConsumer } from './execution-status.consumer.js';
import { LateJoiners } from './late-joiners.js';
import { Offers } from './offers.js';
import { Regressions } from './regressions.js';
import { ReleaseRollout } from './release-rollout.js';
import { Rounds } from './rounds.js';
import { Ticker } from './ticker.js';

@Module({
  imports: [CommandsModule, ConfigsModule],
  controllers: [ExecutionStatusConsumer],
  providers: [
    Ticker,
    LateJoiners,
    EvidenceCollector,
    Rounds,
    Offers,
    Regressions,
    ReleaseRollout,
    ConfigRollout,
    CommandRollout,
    CampaignsProcessor,
  ],
})
export class CampaignsModule {}
