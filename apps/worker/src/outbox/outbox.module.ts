import { BullModule } from '@nestjs/bullmq';
import { Global, Module } from '@nestjs/common';
import { OutboxProcessor } from './outbox.processor.js';
import { Relay } from './relay.js';
import { queues } from './routing.js';

const registered = BullModule.registerQueue(...queues.map((name) => ({ name })));

/** Every queue of the process, for `@InjectQueue(name)` anywhere, and the relay that fills them. */
@Global()
@Module({ imports: [registered], providers: [Relay, OutboxProcessor], exports: [registered, Relay] })
export class OutboxModule {}
