import type { SliceAttribute } from '@muster/contracts/campaigns/executions.schema';

const said: Record<SliceAttribute, string> = {
  model: 'model',
  site: 'site',
  hardwareRevision: 'hardware revision',
  fromVersion: 'earlier version',
  agentVersion: 'agent version',
  class: 'class',
};

/** A property of devices as people call it. */
export const attributeWords = (attribute: SliceAttribute): string => said[attribute] ?? attribute;
