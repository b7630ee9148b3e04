import { z } from 'zod';

/** Immutable tenant slug; part of topics, certificate SANs and paths. */
export const TenantId = z
  .string()
  .regex(/^[a-z0-9-]{1,32}$/, 'a tenant is 1 to 32 of a-z, 0-9 and -')
  .meta({ id: 'TenantId' });
export type TenantId = z.infer<typeof TenantId>;

/** Lower-case UUID as text. Ids are minted by the server as UUIDv7, so they sort by creation time. */
export const Id = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'must be a lower-case UUID');
export type Id = z.infer<typeof Id>;

/** Device id = certificate CN = MQTT client id. */
export const DeviceId = Id.meta({ id: 'DeviceId' });
export type DeviceId = z.infer<typeof DeviceId>;

/** SHA-256 as 64 lower-case hex digits. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');
export type Sha256 = z.infer<typeof Sha256>;

/** A short name people and machines both use: labels, places, metric keys, versions. */
export const Name = z
  .string()
  .min(1)
  .max(120)
  .regex(/^[^\p{Cc}]+$/u, 'must not contain control characters');
export const Key = z
  .string()
  .regex(/^[a-z][a-z0-9_.-]{0,63}$/, 'must be 1 to 64 of a-z, 0-9, _ . - and start with a letter');
