import { Global, Module } from '@nestjs/common';
import { IdempotencyLedger } from '../http/idempotency.interceptor.js';
import { PrincipalSource } from '../http/principal.js';
import { AccessController } from './access.controller.js';
import { ApiKeysService } from './api-keys.service.js';
import { GovernanceService } from './governance.service.js';
import { MembersService } from './members.service.js';
import { SessionsService } from './sessions.service.js';
import { StoredLedger } from './stored-ledger.js';
import { StoredPrincipals } from './stored-principals.js';

/** Who may come in. Global, because the door itself needs to ask. */
@Global()
@Module({
  controllers: [AccessController],
  providers: [
    SessionsService,
    ApiKeysService,
    MembersService,
    GovernanceService,
    { provide: PrincipalSource, useClass: StoredPrincipals },
    { provide: IdempotencyLedger, useClass: StoredLedger },
  ],
  exports: [PrincipalSource, IdempotencyLedger],
})
export class AccessModule {}
