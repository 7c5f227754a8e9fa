/**
 * Durations and sizes as a job file writes them: a number and a unit, nothing between them. A bare number is refused, because
 * nobody can tell seconds from milliseconds by looking at it.
 */
const DURATION_UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

// As the IEC has it: KB, MB and GB are powers of 1000, KiB, MiB and GiB powers of 1024.
const SIZE_UNITS = {
  B: 1,
  KB: 1_000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  TB: 1_000_000_000_000,
  KiB: 1_024,
  MiB: 1_048_576,
  GiB: 1_073_741_824,
  TiB: 1_099_511_627_776,
} as const;

export const DURATION_PATTERN = /^(\d{1,9}(?:\.\d{1,3})?)(s|m|h|d)$/;
export const SIZE_PATTERN = /^(\d{1,12}(?:\.\d{1,3})?)(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$/;

/** Milliseconds, or null where the text is no duration. */
export function parseDuration(text: string): number | null {
  const match = DURATION_PATTERN.exec(text);
  if (match === null) return null;
  return Math.round(Number(match[1]) * DURATION_UNITS[match[2] as keyof typeof DURATION_UNITS]);
}

/** Bytes, or null where the text is no size. */
export function parseSize(text: string): number | null {
  const match = SIZE_PATTERN.exec(text);
  if (match === null) return null;
  return Math.round(Number(match[1]) * SIZE_UNITS[match[2] as keyof typeof SIZE_UNITS]);
}
