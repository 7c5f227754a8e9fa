import type { Job } from '../../electron/api/api.ts';

type Param = Job['params'][number];

/** The params of a run before it is started: those of the run that is to be run again, else of the last time, else the defaults. */
export class RunParams {
  readonly params: Param[];
  values: Record<string, string> = $state({});

  constructor(job: Job, before: Readonly<Record<string, string>> = {}) {
    this.params = job.params;
    for (const param of job.params) {
      const known = before[param.name] ?? param.last;
      const isFitting = known !== null && problemOf(param, known) === null;
      this.values[param.name] = isFitting ? known : presetOf(param);
    }
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
  isChanged: boolean = $derived.by(() => this.params.some((param) => this.values[param.name] !== presetOf(param)));
  /** What to ask the scheduler for: a number that was left empty is its default. */
  given: Record<string, string> = $derived.by(() =>
    Object.fromEntries(
      this.params
        .map(({ name, type }) => ({ name, type, value: this.values[name] ?? '' }))
        .filter(({ type, value }) => type === 'string' || value.trim() !== '')
        .map(({ name, value }) => [name, value]),
    ),
  );

  reset(): void {
    for (const param of this.params) this.values[param.name] = presetOf(param);
  }
}

/** What a field shows that nobody has touched; a switch and a list always show something. */
function presetOf(param: Param): string {
  return param.default ?? param.choices[0] ?? (param.type === 'boolean' ? 'false' : '');
}

function problemOf(param: Param, value: string): string | null {
  if (value.trim() === '' && param.default === null) return 'Has no default; type a value.';
  switch (param.type) {
    case 'number':
      return Number.isFinite(Number(value)) ? null : 'Must be a number.';
    case 'boolean':
      return value === 'true' || value === 'false' ? null : 'Must be on or off.';
    case 'choice':
      return param.choices.includes(value) ? null : `Must be one of ${param.choices.join(', ')}.`;
    case 'string':
      return null;
    default:
      return param.type satisfies never;
  }
}
