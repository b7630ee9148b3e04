import { z } from 'zod';

/**
 * Every refusal the product can answer: code → [HTTP status, title].
 * The single catalogue behind problem+json (RFC 9457), device refusals, dead letters and docs/reference/problems.md.
 */
export const problems = {
  // the door
  validation_failed: [400, 'The input breaks a rule'],
  malformed_json: [400, 'The body is not JSON'],
  unauthenticated: [401, 'Sign in or send an API key'],
  sign_in_link_invalid: [401, 'This sign-in link is unknown, used or expired'],
  forbidden: [403, 'This principal lacks the permission'],
  origin_refused: [403, 'A browser on another origin may not do this'],
  not_found: [404, 'There is nothing here'],
  method_not_allowed: [405, 'This method is not offered here'],
  conflict: [409, 'The state of the resource does not allow this'],
  already_exists: [409, 'One like this exists'],
  precondition_failed: [412, 'The resource changed since you read it'],
  precondition_required: [428, 'Send If-Match with the ETag you read'],
  payload_too_large: [413, 'The body is too large'],
  unsupported_media_type: [415, 'This content type is not accepted'],
  range_not_satisfiable: [416, 'The range is outside the content'],
  idempotency_key_reused: [422, 'This Idempotency-Key was used with another body'],
  idempotency_in_progress: [409, 'The first request with this Idempotency-Key is still running'],
  rate_limited: [429, 'Too many requests'],
  unavailable: [503, 'A part this needs is away; try again'],
  internal: [500, 'A fault on our side'],
  // enrolment and identity
  token_invalid: [401, 'The enrolment token is unknown'],
  token_expired: [401, 'The enrolment token has expired'],
  token_spent: [401, 'The enrolment token has been used'],
  csr_malformed: [400, 'The certificate request cannot be read'],
  csr_not_der: [400, 'The certificate request is not strict DER'],
  csr_pop_failed: [400, 'The request is not signed by the key it carries'],
  csr_key_not_allowed: [400, 'This kind of key is not accepted'],
  csr_sig_alg_not_allowed: [400, 'This signature algorithm is not accepted'],
  csr_extension_not_allowed: [400, 'The request asks for an extension that is not accepted'],
  identity_mismatch: [403, 'The identity claimed is not the identity proven'],
  key_in_use: [409, 'This key belongs to another device'],
  key_reused: [409, 'Renewal needs a new key'],
  device_tombstoned: [403, 'This device was revoked, quarantined or decommissioned'],
  certificate_unknown: [401, 'This certificate is not ours'],
  certificate_expired: [401, 'This certificate has expired'],
  certificate_revoked: [403, 'This certificate is revoked'],
  renewal_too_early: [409, 'The renewal window is not open'],
  claim_refused: [403, 'The claim certificate does not let this device in'],
  enrollment_rejected: [403, 'A person turned this device away'],
  quota_exceeded: [429, 'The quota is used up'],
  queue_full: [429, 'Too many devices wait for a person'],
  proof_invalid: [422, 'The proof of possession does not hold'],
  signature_missing: [422, 'The key is kept elsewhere: the signature has to be made there and handed in'],
  signature_refused: [422, 'The signature handed in does not hold'],
  gate_closed: [409, 'Too few devices have acknowledged what they are to trust'],
  signer_unavailable: [503, 'The signer that holds the key is away; try again'],
  // uplinks
  topic_malformed: [400, 'The topic does not follow the grammar'],
  topic_forbidden: [403, 'This topic belongs to another device'],
  tenant_mismatch: [403, 'The topic names another tenant than the registry'],
  payload_malformed: [400, 'The payload cannot be read'],
  payload_invalid: [400, 'The payload breaks the schema'],
  schema_version_unknown: [400, 'This schemaVersion is not supported'],
  device_unknown: [404, 'No such device'],
  execution_unknown: [404, 'No such execution for this device'],
  command_unknown: [404, 'No such open command for this device'],
  transition_refused: [409, 'The state machine does not allow this step'],
  // configs, releases, campaigns
  version_immutable: [409, 'A published version cannot change'],
  artifact_incomplete: [409, 'The artifact has not been uploaded completely'],
  artifact_digest_mismatch: [422, 'The content does not have the declared SHA-256'],
  artifact_forbidden: [403, 'No open execution of this device names this artifact'],
  release_state_refused: [409, 'The release is not in the state this needs'],
  plan_invalid: [422, 'The wave plan is refused'],
  plan_empty_wave: [422, 'A wave of this plan would be empty'],
  plan_uncovering: [422, 'The plan does not reach all targets'],
  no_eligible_targets: [422, 'No device is eligible'],
  campaign_state_refused: [409, 'The campaign is not in the state this needs'],
  budget_starves_site: [422, 'The site budget would let no device of a site update'],
  author_may_not_sign: [403, 'Who drafted the release may not sign it'],
  signer_may_not_deploy: [403, 'Who signed the release may not launch it'],
  kill_switch_engaged: [409, 'The kill switch of this tenant is engaged'],
  sbom_invalid: [422, 'The SBOM breaks its own schema'],
  approval_by_creator: [403, 'Who created it may not approve it'],
  command_not_cancellable: [409, 'The command is past the point where it can be cancelled'],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemCode = keyof typeof problems;
export const problemCodes = Object.keys(problems) as [ProblemCode, ...ProblemCode[]];

/** RFC 9457 problem details, with a stable `code`, the request's id and field faults by JSON pointer. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.enum(problemCodes),
    detail: z.string().optional(),
    instance: z.string().optional(),
    requestId: z.string().optional(),
    retryable: z.boolean(),
    errors: z.array(z.object({ pointer: z.string(), message: z.string() })).optional(),
    facts: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;
