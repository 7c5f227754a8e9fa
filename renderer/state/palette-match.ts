/**
 * How well a text answers what was typed: every word must be found, at the begin of a word better than within one, and letters
 * that only follow each other are good enough for what has no better. Null: not at all.
 */
export type Match = { score: number; marks: [from: number, to: number][] };

const WORD_START = /[\s/\-_.:#]/;

export function matchText(text: string, typed: string): Match | null {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const lower = text.toLowerCase();
  const marks: Match['marks'] = [];
  let score = 0;
  for (const word of words) {
    const found = findWord(lower, word) ?? findLetters(lower, word);
    if (!found) return null;
    score += found.score;
    marks.push(...found.marks);
  }
  return { score: score - text.length / 1_000, marks: merge(marks) };
}

function findWord(text: string, word: string): Match | null {
  let best: Match | null = null;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const isStart = at === 0 || WORD_START.test(text[at - 1]!);
    const score = (isStart ? 10 : 4) + word.length;
    if (!best || score > best.score) best = { score, marks: [[at, at + word.length]] };
  }
  return best;
}

function findLetters(text: string, word: string): Match | null {
  if (word.length < 2) return null;
  const marks: Match['marks'] = [];
  let from = 0;
  for (const letter of word) {
    const at = text.indexOf(letter, from);
    if (at < 0) return null;
    marks.push([at, at + 1]);
    from = at + 1;
  }
  // Letters spread over half a sentence are an accident.
  const spread = marks.at(-1)![1] - marks[0]![0];
  return spread > word.length * 3 ? null : { score: 1, marks };
}

function merge(marks: Match['marks']): Match['marks'] {
  const merged: Match['marks'] = [];
  for (const [from, to] of marks.sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}
