import { z } from 'zod';
import { Id } from '../ids.js';
import { PageQuery } from '../page.js';
import { route } from '../route.js';
import { Manufacturer, ManufacturerPage, ManufacturerProof, NewManufacturer } from './manufacturers.schema.js';

const one = z.object({ manufacturerId: Id });

export const registerManufacturer = route({
  method: 'POST',
  path: '/manufacturers',
  summary: 'Register the CA of a manufacturer; it lets nobody in before it is proven',
  permission: 'enrollment:write',
  body: NewManufacturer,
  returns: Manufacturer,
  status: 201,
  idempotent: true,
  refuses: ['validation_failed', 'already_exists'],
});
export const listManufacturers = route({
  method: 'GET',
  path: '/manufacturers',
  summary: 'Manufacturers whose factory certificates enrol',
  permission: 'enrollment:read',
  query: PageQuery,
  returns: ManufacturerPage,
});
export const getManufacturer = route({
  method: 'GET',
  path: '/manufacturers/:manufacturerId',
  summary: 'One manufacturer',
  permission: 'enrollment:read',
  params: one,
  returns: Manufacturer,
  refuses: ['not_found'],
});
export const proveManufacturer = route({
  method: 'POST',
  path: '/manufacturers/:manufacturerId/prove',
  summary: 'Prove possession of the CA key with a certificate over the challenge',
  permission: 'enrollment:write',
  params: one,
  body: ManufacturerProof,
  returns: Manufacturer,
  refuses: ['not_found', 'transition_refused', 'proof_invalid'],
});
export const renewManufacturerChallenge = route({
  method: 'POST',
  path: '/manufacturers/:manufacturerId/challenge',
  summary: 'A new challenge for a CA that is not proven',
  permission: 'enrollment:write',
  params: one,
  returns: Manufacturer,
  refuses: ['not_found', 'transition_refused'],
});
export const disableManufacturer = route({
  method: 'POST',
  path: '/manufacturers/:manufacturerId/disable',
  summary: 'Let no further device in by this CA; those enrolled stay',
  permission: 'enrollment:write',
  params: one,
  returns: Manufacturer,
  refuses: ['not_found'],
});
