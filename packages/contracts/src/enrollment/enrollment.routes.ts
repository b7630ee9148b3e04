import { z } from 'zod';
import { Id } from '../ids.js';
import { PageQuery } from '../page.js';
import { route } from '../route.js';
import {
  CreatedEnrollmentToken,
  EnrollmentToken,
  EnrollmentTokenPage,
  NewEnrollmentToken,
} from './enrollment.schema.js';

const token = z.object({ tokenId: Id });

export const createEnrollmentToken = route({
  method: 'POST',
  path: '/enrollment-tokens',
  summary: 'Make an enrolment token; its secret is shown once',
  permission: 'enrollment:write',
  body: NewEnrollmentToken,
  returns: CreatedEnrollmentToken,
  status: 201,
  idempotent: true,
  refuses: ['validation_failed'],
});
export const listEnrollmentTokens = route({
  method: 'GET',
  path: '/enrollment-tokens',
  summary: 'Enrolment tokens, newest first',
  permission: 'enrollment:read',
  query: PageQuery,
  returns: EnrollmentTokenPage,
});
export const getEnrollmentToken = route({
  method: 'GET',
  path: '/enrollment-tokens/:tokenId',
  summary: 'One token and how far its newest enrolment got',
  permission: 'enrollment:read',
  params: token,
  returns: EnrollmentToken,
  refuses: ['not_found'],
});
export const revokeEnrollmentToken = route({
  method: 'POST',
  path: '/enrollment-tokens/:tokenId/revoke',
  summary: 'Revoke a token',
  permission: 'enrollment:write',
  params: token,
  returns: EnrollmentToken,
  refuses: ['not_found'],
});
