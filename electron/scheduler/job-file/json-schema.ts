import { z } from 'zod';
import { homeSchema, jobSchema } from './schema.ts';

/** The JSON Schema of a job file: `resources/job.schema.json`, for any editor that completes and checks YAML. */
export function jobJsonSchema(): Record<string, unknown> {
  return jsonSchema(jobSchema, 'Nightjar job', 'A recurring job: when it runs, and what it does.');
}

/** The same of nightjar.yml: `resources/nightjar.schema.json`. */
export function homeJsonSchema(): Record<string, unknown> {
  return jsonSchema(homeSchema, 'Nightjar jobs home', 'What all jobs of this folder share.');
}

function jsonSchema(schema: z.ZodType, title: string, description: string): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-7', reused: 'inline' });
  return { $schema, title, description, ...rest };
}
