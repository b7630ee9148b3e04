import { Module } from '@nestjs/common';
import { FindingsController } from './findings.controller.js';
import { FindingsService } from './findings.service.js';
import { OverviewService } from './overview.service.js';

/** Certificates of the fleet in numbers, and what of them needs somebody. */
@Module({
  controllers: [FindingsController],
  providers: [FindingsService, OverviewService],
})
export class FindingsModule {}
