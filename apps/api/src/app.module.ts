import type { DynamicModule, Type } from '@nestjs/common';
import { AccessModule } from './access/access.module.js';
import { AuditModule } from './audit/audit.module.js';
import { LiveModule } from './live/live.module.js';

/** Every slice of the people's application. */
export const slices: readonly (Type | DynamicModule)[] = [AccessModule, AuditModule, LiveModule];
