import * as routes from '@muster/contracts/enrollment/approvals.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { ApprovalsService } from './approvals.service.js';

@Controller()
export class ApprovalsController {
  constructor(private readonly approvals: ApprovalsService) {}

  @Endpoint(routes.listApprovals)
  list(call: Call<typeof routes.listApprovals>) {
    return this.approvals.list(call);
  }

  @Endpoint(routes.getApproval)
  get(call: Call<typeof routes.getApproval>) {
    return this.approvals.get(call);
  }

  @Endpoint(routes.approveEnrollment)
  approve(call: Call<typeof routes.approveEnrollment>) {
    return this.approvals.approve(call);
  }

  @Endpoint(routes.rejectEnrollment)
  reject(call: Call<typeof routes.rejectEnrollment>) {
    return this.approvals.reject(call);
  }
}
