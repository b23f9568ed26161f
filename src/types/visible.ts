/**
 * Control characters (C0, DEL, C1), format characters (writing direction, zero width), line separators and lone surrogates:
 * what a terminal acts upon instead of showing it.
 */
const ACTED_UPON = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** Text from a file, a command line or a peer as one line that a terminal only shows: "\u001b" for ESC, as JSON writes it. */
export function visible(text: string): string {
  return text.replace(ACTED_UPON, written);
}

/** The same for text of several lines of our own making: line feeds and tabs stay. */
export function visibleLines(text: string): string {
  return text.replace(ACTED_UPON, (one) => (one === '\n' || one === '\t' ? one : written(one)));
}

/** UTF-16, four digits each. */
function written(character: string): string {
  return Array.from({ length: character.length }, (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`).join(
    '',
  );
}
