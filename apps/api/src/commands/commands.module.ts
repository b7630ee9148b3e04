import { Module } from '@nestjs/common';
import { CommandsController } from './commands.controller.js';
import { CommandsService } from './commands.service.js';

/** Commands to single devices. */
@Module({ controllers: [CommandsController], providers: [CommandsService] })
export class CommandsModule {}
