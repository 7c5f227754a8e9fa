const ESC = 0x1b;
const BEL = 0x07;

/**
 * A log line as a terminal may see it. A job's output is not ours: it could set the clipboard (OSC 52) or the title, answer
 * back, or move the cursor over other lines. Of all sequences only colours (SGR) are kept, and only where `keepsColours`; of
 * several pieces between bare carriage returns what follows the last, as a terminal would have it in the end.
 */
export function terminalText(line: string, keepsColours: boolean): string {
  const text = afterLastReturn(line);
  let shown = '';
  let hasColours = false;
  let from = 0;
  for (let place = 0; place < text.length;) {
    const code = text.charCodeAt(place);
    if (!isControl(code)) {
      place++;
      continue;
    }
    shown += text.slice(from, place);
    const end = endOfControl(text, place);
    if (keepsColours && isColour(text, place, end)) {
      shown += text.slice(place, end);
      hasColours = true;
    }
    from = place = end;
  }
  shown += text.slice(from);
  // A colour that a line leaves on would run into our own words.
  return hasColours ? `${shown}\u001b[0m` : shown;
}

function afterLastReturn(line: string): string {
  const end = line.endsWith('\r') ? line.length - 1 : line.length;
  return line.slice(line.lastIndexOf('\r', end - 1) + 1, end);
}

/** C0 but for the tab, DEL, and C1, which many terminals obey in UTF-8 too. */
function isControl(code: number): boolean {
  return (code < 0x20 && code !== 0x09) || (code >= 0x7f && code <= 0x9f);
}

/** Behind a control character or the sequence that it begins. A sequence that does not end takes the line's rest with it. */
function endOfControl(text: string, start: number): number {
  const first = text.charCodeAt(start);
  const isEscape = first === ESC;
  // ESC [ and the like have an eight-bit form of their own.
  const kind = isEscape ? text.charCodeAt(start + 1) : first - 0x40;
  const next = isEscape ? start + 2 : start + 1;
  if (!isEscape && first < 0x80) return next;
  switch (kind) {
    case 0x5b: // CSI
      return behindFinal(text, next, 0x20, 0x3f);
    case 0x50: // DCS
    case 0x58: // SOS
    case 0x5d: // OSC
    case 0x5e: // PM
    case 0x5f: // APC
      return behindString(text, next);
    default:
      // ESC ( B and its like: intermediates, then one final byte.
      return isEscape ? behindFinal(text, start + 1, 0x20, 0x2f) : next;
  }
}

function behindFinal(text: string, start: number, low: number, high: number): number {
  let place = start;
  while (text.charCodeAt(place) >= low && text.charCodeAt(place) <= high) place++;
  // What is no final byte is a control character or text of its own.
  const final = text.charCodeAt(place);
  return final >= 0x30 && final <= 0x7e ? place + 1 : Math.max(place, start);
}

function behindString(text: string, start: number): number {
  for (let place = start; place < text.length; place++) {
    const code = text.charCodeAt(place);
    if (code === BEL || code === 0x9c) return place + 1;
    if (code === ESC && text[place + 1] === '\\') return place + 2;
  }
  return text.length;
}

function isColour(text: string, start: number, end: number): boolean {
  const sequence = text.slice(start, Math.min(end, start + 64));
  return sequence.startsWith('\u001b[') && /^[\d;:]*m$/.test(sequence.slice(2));
}
