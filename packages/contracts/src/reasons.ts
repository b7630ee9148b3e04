/**
 * Why a device refused an order or failed at it: the `reasonCode` of its reports. The agent of this repository gives
 * these; other agents may give their own, which are kept and shown as they are and counted as `other`.
 */
export const deviceReasons = {
  // orders that were not believed
  signature_invalid: 'The signature is not one of a key the device trusts',
  key_unknown: 'The order names a signing key the device does not know',
  type_mismatch: 'A signed document of another kind was sent as this one',
  payload_malformed: 'What is signed is not an order of this form',
  audience_mismatch: 'The order is for another device or tenant',
  issuer_mismatch: 'The order was signed for another tenant',
  certificate_mismatch: 'The order is bound to a certificate the device does not have',
  not_yet_valid: 'The order is for later',
  expired: 'The order came too late to be obeyed',
  sequence_replayed: 'The order, or a later one, was obeyed before',
  identity_mismatch: 'The signed order and its envelope name different commands',
  // commands
  command_unsupported: 'The device has no such command',
  args_invalid: 'The arguments break a rule of the command',
  handler_failed: 'The command was run and failed',
  timed_out: 'The command was given up when its time was over',
  interrupted: 'The device restarted while the command ran; what came of it is not knowable',
  never_arrived: 'The command was cancelled before it reached the device',
  cancelled: 'Given up because the server said so',
  // updates
  offer_incomplete: 'The offer lacks the manifest of a release',
  hardware_incompatible: 'The release is for other hardware models',
  offer_unsigned: 'The offer lacks the signed statement that it is fresh',
  offer_expired: 'The signed statement that came with the offer is over',
  downgrade_refused: 'The release is older than the one that runs, and the offer does not allow going back',
  below_min_version: 'The device must take an earlier release before this one',
  battery_low: 'The battery is below what the campaign asks for',
  mains_required: 'The device runs on battery and the campaign asks for mains',
  disk_full: 'Less disk is free than the campaign or the artifact needs',
  window_closed: 'The maintenance window is closed, or too short for what is left to do',
  rollback_index_too_low: 'The release is older than the device may go back to',
  version_reused: 'The version is installed with other content',
  deadline_passed: 'The offer ended before the device was done',
  updating: 'Another update is being installed',
  superseded: 'A newer update was offered',
  already_satisfied: 'The device runs this release',
  artifact_digest_mismatch: 'The content does not have the SHA-256 of the manifest',
  artifact_too_long: 'More bytes came than the manifest announces',
  artifact_refused: 'The server does not hand the artifact out',
  range_wrong: 'The server answered with another part than was asked for',
  archive_refused: 'The archive cannot be unpacked safely',
  health_check_failed: 'The new release runs and is not healthy',
  probation_timed_out: 'The new release was not healthy in time',
  self_reverted: 'The device went back to the release before by itself',
  fell_back: 'The device runs an older release after it had succeeded',
} as const satisfies Record<string, string>;

export type DeviceReason = keyof typeof deviceReasons;

export const isDeviceReason = (code: string): code is DeviceReason => Object.hasOwn(deviceReasons, code);
