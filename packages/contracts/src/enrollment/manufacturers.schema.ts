import { z } from 'zod';
import { Labels } from '../devices/devices.schema.js';
import { Id, Name } from '../ids.js';
import { Instant } from '../instant.js';
import { pageOf } from '../page.js';

/** unproven until the manufacturer signed our challenge with the key of his CA. */
export const manufacturerStates = ['unproven', 'active', 'disabled'] as const;
/** Where in the factory certificate the serial number of the device stands. */
export const serialSources = ['common_name', 'serial_number'] as const;

export const NewManufacturer = z
  .strictObject({
    name: Name,
    /** PEM of the CA that signs factory certificates: an intermediate or a root. */
    certificate: z
      .string()
      .min(1)
      .max(16 * 1024),
    model: Name,
    serialFrom: z.enum(serialSources).default('common_name'),
    approval: z.enum(['automatic', 'queue']).default('automatic'),
    class: Name.default('gateway'),
    site: Name.optional(),
    labels: Labels.default({}),
  })
  .meta({ id: 'NewManufacturer' });
export type NewManufacturer = z.infer<typeof NewManufacturer>;

export const Manufacturer = z
  .object({
    id: Id,
    name: z.string(),
    state: z.enum(manufacturerStates),
    subject: z.string(),
    fingerprint: z.string(),
    certificate: z.string(),
    notAfter: Instant,
    model: z.string(),
    serialFrom: z.enum(serialSources),
    approval: z.enum(['automatic', 'queue']),
    class: z.string(),
    site: z.string().nullable(),
    labels: Labels,
    /** What a verification certificate under this CA must have as its common name; null once proven. */
    challenge: z.string().nullable(),
    challengeExpiresAt: Instant.nullable(),
    enrolled: z.number().int(),
    createdBy: z.string(),
    createdAt: Instant,
    provenAt: Instant.nullable(),
  })
  .meta({ id: 'Manufacturer' });
export type Manufacturer = z.infer<typeof Manufacturer>;
export const ManufacturerPage = pageOf(Manufacturer);

/** A certificate signed by the CA with the challenge as common name proves that its key is at hand. */
export const ManufacturerProof = z.strictObject({
  certificate: z
    .string()
    .min(1)
    .max(16 * 1024),
});
