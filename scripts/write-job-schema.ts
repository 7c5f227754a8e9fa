import { writeFile } from 'node:fs/promises';
import { homeJsonSchema, jobJsonSchema } from '../electron/scheduler/job-file/json-schema.ts';

// Writes the JSON Schemas of the job file and of nightjar.yml, for editors; a test fails when they are not current.
for (const [name, schema] of [
  ['job.schema.json', jobJsonSchema()],
  ['nightjar.schema.json', homeJsonSchema()],
] as const) {
  await writeFile(new URL(`../resources/${name}`, import.meta.url), `${JSON.stringify(schema, null, 2)}\n`);
}
