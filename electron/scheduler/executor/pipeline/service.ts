import type { RemoteJob } from '../executor.ts';

/**
 * A service that runs pipelines, as far as following one needs it: GitLab or GitHub. Its methods ask once and throw a
 * ServiceError; who asks again, and for how long, is the follower's business.
 */
export interface PipelineService {
  readonly name: 'GitLab' | 'GitHub';
  /** What the service calls such a thing: `pipeline`, `run`. */
  readonly noun: string;
  /**
   * Triggers a pipeline that carries `mark` where the service allows it. Undefined: it was triggered and the service does not say
   * which it is. What of the variables was left out is told by `note`.
   */
  create(order: PipelineOrder): Promise<RemotePipeline | undefined>;
  /**
   * Looks for the pipeline that `create` triggered for this order at `askedAt` or later, where nobody heard the answer. `several`:
   * there is more than one that it could be.
   */
  find(order: PipelineOrder, askedAt: number): Promise<RemotePipeline | 'several' | undefined>;
  look(id: string): Promise<PipelineLook>;
  /**
   * A job's log from this byte on, or from an earlier one: `from` of what it resolves with says. Undefined: it is not there yet.
   * What is read may throw a ServiceError too.
   */
  readLog(jobId: string, from: number, signal: AbortSignal): Promise<RemoteLogBody | undefined>;
  cancel(id: string): Promise<void>;
  /** A line of a job's log as it is shown; undefined where it is none of the job's own. A pure function of the line. */
  cleanLine(line: string): string | undefined;
  /** What to do about a refusal, as a sentence. */
  explain(thrown: unknown): string;
}

export interface PipelineOrder {
  /** Unique over all data folders and attempts. */
  readonly mark: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Variables that Nightjar adds to say what it is about; left out first where there is no room. */
  readonly about: Readonly<Record<string, string>>;
  note(text: string): void;
}

export interface RemotePipeline {
  readonly id: string;
  /** Where a person looks at it. */
  readonly url: string;
}

/** How a pipeline is now. */
export interface PipelineLook {
  readonly url: string;
  /** Null while it goes on. */
  readonly end: PipelineEnd | null;
  /** For what a person has to do there, as the end of a sentence: `a person to start job deploy`; null where nothing is waited for. */
  readonly waitsFor: string | null;
  readonly jobs: readonly RemoteJob[];
  /** Ids of the jobs that have a log now, with whether it can still grow. */
  readonly logs: ReadonlyMap<string, 'growing' | 'whole'>;
}

export interface PipelineEnd {
  readonly isSuccess: boolean;
  /** What follows "pipeline 123": `failed in job test`; null for a success. */
  readonly reason: string | null;
}

export interface RemoteLogBody {
  /** Of the first byte in `bytes`. */
  readonly from: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}
