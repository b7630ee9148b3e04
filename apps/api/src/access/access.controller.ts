import * as routes from '@muster/contracts/access/access.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { ApiKeysService } from './api-keys.service.js';
import { GovernanceService } from './governance.service.js';
import { MembersService } from './members.service.js';
import { SessionsService } from './sessions.service.js';

@Controller()
export class AccessController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly apiKeys: ApiKeysService,
    private readonly members: MembersService,
    private readonly governance: GovernanceService,
  ) {}

  @Endpoint(routes.signInByLink)
  signIn(call: Call<typeof routes.signInByLink>) {
    return this.sessions.signIn(call);
  }

  @Endpoint(routes.whoAmI)
  whoAmI(call: Call<typeof routes.whoAmI>) {
    return this.sessions.describe(call.principal);
  }

  @Endpoint(routes.signOut)
  signOut(call: Call<typeof routes.signOut>) {
    return this.sessions.signOut(call);
  }

  @Endpoint(routes.listSessions)
  listSessions(call: Call<typeof routes.listSessions>) {
    return this.sessions.list(call);
  }

  @Endpoint(routes.endSession)
  endSession(call: Call<typeof routes.endSession>) {
    return this.sessions.end(call, call.params.sessionId);
  }

  @Endpoint(routes.listApiKeys)
  listApiKeys(call: Call<typeof routes.listApiKeys>) {
    return this.apiKeys.list(call);
  }

  @Endpoint(routes.createApiKey)
  createApiKey(call: Call<typeof routes.createApiKey>) {
    return this.apiKeys.create(call);
  }

  @Endpoint(routes.revokeApiKey)
  revokeApiKey(call: Call<typeof routes.revokeApiKey>) {
    return this.apiKeys.revoke(call);
  }

  @Endpoint(routes.listMembers)
  listMembers(call: Call<typeof routes.listMembers>) {
    return this.members.list(call);
  }

  @Endpoint(routes.addMember)
  addMember(call: Call<typeof routes.addMember>) {
    return this.members.add(call);
  }

  @Endpoint(routes.getGovernance)
  getGovernance(call: Call<typeof routes.getGovernance>) {
    return this.governance.get(call);
  }

  @Endpoint(routes.updateGovernance)
  updateGovernance(call: Call<typeof routes.updateGovernance>) {
    return this.governance.update(call);
  }
}
