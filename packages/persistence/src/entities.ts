import type { EntityTarget, ObjectLiteral } from 'typeorm';

/** Every table as a class. Stores may query through them; the drift test compares them with the migrated schema. */
export const entities: (EntityTarget<ObjectLiteral> & (new () => object))[] = [];
