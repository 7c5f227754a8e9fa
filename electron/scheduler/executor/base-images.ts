/**
 * The images that a Dockerfile begins its stages with. They are fetched before the build, by the task's pull policy and with the
 * user's credentials: an engine that builds asks for those over a channel of its own (BuildKit's session), and what is there it
 * takes. What only the build itself can know (an ARG without a default, another platform) is left to the engine.
 */
export function baseImagesOf(dockerfile: string): string[] {
  const values = new Map<string, string>();
  const stages = new Set<string>();
  const images = new Set<string>();
  for (const line of logicalLines(dockerfile)) {
    const arg = /^ARG\s+([A-Za-z_]\w*)(?:=(\S*))?\s*$/i.exec(line);
    // Those before the first FROM only: later ones belong to a stage.
    if (arg && images.size + stages.size === 0 && arg[2] !== undefined) values.set(arg[1]!, unquoted(arg[2]));
    const from = /^FROM\s+((?:--\S+\s+)*)(\S+)(?:\s+AS\s+(\S+))?\s*$/i.exec(line);
    if (from === null) continue;
    const image = expand(unquoted(from[2]!), values);
    const isStage = stages.has(from[2]!.toLowerCase());
    if (from[3] !== undefined) stages.add(from[3].toLowerCase());
    if (image !== undefined && !isStage && image !== 'scratch' && from[1] === '') images.add(image);
  }
  return [...images];
}

function logicalLines(text: string): string[] {
  return text
    .replace(/\\[ \t]*\r?\n/g, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function unquoted(text: string): string {
  return text.replace(/^(["'])(.*)\1$/, '$2');
}

/** Undefined where a variable has no value. */
function expand(text: string, values: ReadonlyMap<string, string>): string | undefined {
  let isKnown = true;
  const expanded = text.replace(
    /\$(?:(\w+)|\{(\w+)(?::-([^}]*))?\})/g,
    (_, plain?: string, braced?: string, otherwise?: string) => {
      const value = values.get((plain ?? braced)!) || otherwise;
      isKnown &&= value !== undefined;
      return value ?? '';
    },
  );
  return isKnown && !expanded.includes('$') ? expanded : undefined;
}
