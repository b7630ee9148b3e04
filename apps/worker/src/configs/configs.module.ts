import { Module } from '@nestjs/common';
import { DevicesModule } from '../devices/devices.module.js';
import { ConfigsProcessor } from './configs.processor.js';
import { DriftSweep } from './drift-sweep.js';
import { Remedy } from './remedy.js';
import { Renderer } from './renderer.js';

/** Golden configs on their way to devices. */
@Module({ imports: [DevicesModule], providers: [ConfigsProcessor, DriftSweep, Remedy, Renderer], exports: [Renderer] })
export class ConfigsModule {}
