import type { JobDefinition } from '../job-file/definition.ts';

/** What a definition lacks that an earlier version has stored, and what that version meant by it. */
const LATER_KEYS = { homeVariables: {} } satisfies Partial<JobDefinition>;

/** A definition out of the database, which an earlier version may have written. */
export function parseStoredDefinition(text: string): JobDefinition {
  return { ...LATER_KEYS, ...(JSON.parse(text) as JobDefinition) };
}
