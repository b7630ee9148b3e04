import { Module } from '@nestjs/common';
import { ApprovalsController } from './approvals.controller.js';
import { ApprovalsService } from './approvals.service.js';
import { BulkController } from './bulk.controller.js';
import { BulkTokensService } from './bulk-tokens.service.js';
import { ClaimsController } from './claims.controller.js';
import { ClaimsService } from './claims.service.js';
import { EnrollmentController } from './enrollment.controller.js';
import { EnrollmentSettingsService } from './enrollment-settings.service.js';
import { ManufacturersController } from './manufacturers.controller.js';
import { ManufacturersService } from './manufacturers.service.js';
import { RegisteredKeysService } from './registered-keys.service.js';
import { TokensService } from './tokens.service.js';
import { TrustedIssuers } from './trusted-issuers.js';

/** Enrolment as people see it. Needs an `IdentityDoor` from the process. */
@Module({
  controllers: [EnrollmentController, BulkController, ClaimsController, ManufacturersController, ApprovalsController],
  providers: [
    TokensService,
    BulkTokensService,
    RegisteredKeysService,
    EnrollmentSettingsService,
    ClaimsService,
    ManufacturersService,
    ApprovalsService,
    TrustedIssuers,
  ],
})
export class EnrollmentModule {}
