import { Module } from '@nestjs/common';
import { DesiredDelivery } from './desired-delivery.js';
import { DevicesProcessor } from './devices.processor.js';
import { Presence } from './presence.js';
import { StateFollower } from './state-follower.js';
import { TwinConsumer } from './twin.consumer.js';
import { TwinReports } from './twin-reports.js';

/** Twins, presence, and what a device's state means at the gateway. */
@Module({
  controllers: [TwinConsumer],
  providers: [DesiredDelivery, DevicesProcessor, Presence, StateFollower, TwinReports],
  exports: [DesiredDelivery],
})
export class DevicesModule {}
