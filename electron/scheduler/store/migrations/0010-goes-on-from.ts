import type { Migration } from '../migrate.ts';

/** Whose artifacts a run from the failed step begins with. */
export const goesOnFrom: Migration = {
  version: 10,
  name: 'goes-on-from',
  // No reference: that one may be gone before this one begins.
  sql: 'ALTER TABLE runs ADD COLUMN goes_on_from INTEGER;',
};
