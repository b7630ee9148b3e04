import { z } from 'zod';
import { Id } from '../ids.js';
import { PageQuery } from '../page.js';
import { route } from '../route.js';
import {
  ApiKey,
  ApiKeyPage,
  CreatedApiKey,
  Governance,
  Member,
  MemberPage,
  NewApiKey,
  NewMember,
  Principal,
  SessionPage,
} from './access.schema.js';

export const signInByLink = route({
  method: 'POST',
  path: '/session/link',
  summary: 'Exchange a one-time sign-in link for a session cookie',
  permission: 'public',
  body: z.strictObject({ token: z.string().min(1).max(200) }),
  returns: Principal,
  status: 200,
  refuses: ['sign_in_link_invalid'],
});
export const whoAmI = route({
  method: 'GET',
  path: '/session',
  summary: 'Who is signed in',
  permission: null,
  returns: Principal,
  refuses: ['unauthenticated'],
});
export const signOut = route({
  method: 'DELETE',
  path: '/session',
  summary: 'End this session',
  permission: null,
  status: 204,
});
export const listSessions = route({
  method: 'GET',
  path: '/sessions',
  summary: 'Your sessions',
  permission: null,
  query: PageQuery,
  returns: SessionPage,
});
export const endSession = route({
  method: 'DELETE',
  path: '/sessions/:sessionId',
  summary: 'End one of your sessions',
  permission: null,
  params: z.object({ sessionId: Id }),
  status: 204,
  refuses: ['not_found'],
});
export const listApiKeys = route({
  method: 'GET',
  path: '/api-keys',
  summary: 'API keys',
  permission: 'access:read',
  query: PageQuery,
  returns: ApiKeyPage,
});
export const createApiKey = route({
  method: 'POST',
  path: '/api-keys',
  summary: 'Make an API key; its secret is shown once',
  permission: 'access:write',
  body: NewApiKey,
  returns: CreatedApiKey,
  status: 201,
  idempotent: true,
  refuses: ['validation_failed', 'forbidden'],
});
export const revokeApiKey = route({
  method: 'POST',
  path: '/api-keys/:keyId/revoke',
  summary: 'Revoke an API key',
  permission: 'access:write',
  params: z.object({ keyId: Id }),
  returns: ApiKey,
  refuses: ['not_found'],
});
export const listMembers = route({
  method: 'GET',
  path: '/members',
  summary: 'People of this tenant',
  permission: 'access:read',
  query: PageQuery,
  returns: MemberPage,
});
export const addMember = route({
  method: 'POST',
  path: '/members',
  summary: 'Add a person; answers a one-time sign-in link',
  permission: 'access:write',
  body: NewMember,
  returns: Member.extend({ signInLink: z.string() }),
  status: 201,
  idempotent: true,
  refuses: ['already_exists', 'validation_failed'],
});

export const getGovernance = route({
  method: 'GET',
  path: '/governance',
  summary: 'Which duties this tenant keeps apart',
  permission: 'access:read',
  returns: Governance,
});
export const updateGovernance = route({
  method: 'PATCH',
  path: '/governance',
  summary: 'Keep duties apart, or let one person do them all',
  permission: 'access:write',
  body: Governance,
  returns: Governance,
  refuses: ['validation_failed'],
});
