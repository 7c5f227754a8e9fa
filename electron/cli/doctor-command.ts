import type { Command } from 'commander';
import type { Check } from '../api/api.ts';
import { EXIT, type Context, type MakeContext } from './context.ts';

/** Looks at everything that a job may need: engine, jobs home, database, Node, git, environment. */
export type Examine = (context: Context) => Promise<readonly Check[]>;

export function addDoctorCommand(program: Command, context: MakeContext, examine: Examine): void {
  program
    .command('doctor')
    .summary('check what jobs need: engine, folders, programs, environment; exits with 1 if anything is missing')
    .action(() => doctor(context(), examine));
}

async function doctor(context: Context, examine: Examine): Promise<void> {
  const { out } = context;
  const checks = await examine(context);
  if (checks.some(({ isOk }) => !isOk)) process.exitCode = EXIT.failed;
  if (out.isJson) return out.json(checks);
  const columns = [{ title: 'CHECK' }, { title: 'IS' }, { title: 'FOUND' }];
  const rows = checks.map(({ name, isOk, message }) => [
    name,
    isOk ? { text: 'ok', style: 'green' as const } : { text: 'missing', style: 'red' as const },
    message,
  ]);
  await out.table(columns, rows, 'Nothing was checked.');
}
