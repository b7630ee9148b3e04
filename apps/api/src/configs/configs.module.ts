import { Module } from '@nestjs/common';
import { ConfigVersionsService } from './config-versions.service.js';
import { ConfigsController } from './configs.controller.js';
import { ConfigsService } from './configs.service.js';

/** Golden configs, their versions, and what they give each device. */
@Module({ controllers: [ConfigsController], providers: [ConfigsService, ConfigVersionsService] })
export class ConfigsModule {}
