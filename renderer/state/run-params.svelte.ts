import type { Job } from '../../electron/api/api.ts';

type Param = Job['params'][number];

/** The parameters of a run before it is started: remembered from the last time, else the default. */
export class RunParams {
  readonly params: Param[];
  values: Record<string, string> = $state({});

  constructor(job: Job) {
    this.params = job.params;
    for (const param of job.params) this.values[param.name] = param.last ?? param.default ?? param.choices[0] ?? '';
  }

  /** What keeps it from starting, by name of the parameter. */
  problems: Record<string, string> = $derived.by(() =>
    Object.fromEntries(
      this.params.flatMap((param) => {
        const problem = problemOf(param, this.values[param.name] ?? '');
        return problem ? [[param.name, problem]] : [];
      }),
    ),
  );
  isValid: boolean = $derived.by(() => Object.keys(this.problems).length === 0);
  /** Differs from the job's defaults. */
  isChanged: boolean = $derived.by(() =>
    this.params.some((param) => this.values[param.name] !== (param.default ?? '')),
  );

  reset(): void {
    for (const param of this.params) this.values[param.name] = param.default ?? param.choices[0] ?? '';
  }
}

function problemOf(param: Param, value: string): string | null {
  if (value === '' && param.default === null) return 'Has no default; type a value.';
  if (param.type === 'number' && value !== '' && !Number.isFinite(Number(value))) return 'Must be a number.';
  return null;
}
