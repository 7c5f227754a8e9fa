import type { PipelineLook } from './service.ts';

/**
 * What a service says of a pipeline, each of its words on one line. Names of jobs are somebody else's: one with a line ending would
 * write lines of Nightjar's own into a log, and others move a terminal's cursor or turn the direction of a page.
 */
export function plainLook(look: PipelineLook): PipelineLook {
  const { end, waitsFor, jobs } = look;
  return {
    ...look,
    end: end === null ? null : { ...end, reason: plainOrNull(end.reason) },
    waitsFor: plainOrNull(waitsFor),
    jobs: jobs.map((job) => ({
      ...job,
      name: plain(job.name),
      stage: plainOrNull(job.stage),
      note: plainOrNull(job.note),
    })),
  };
}

function plain(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, ' ');
}

function plainOrNull(text: string | null): string | null {
  return text === null ? null : plain(text);
}
