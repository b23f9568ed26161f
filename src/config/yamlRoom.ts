import { Lexer } from 'yaml';

/**
 * What is refused before a file is parsed, because parsing it would hold up a gateway that reloads: its loader runs beside the
 * answers to probes. A file with 1,000 zones and 4,096 addresses has some 40,000 parts, one with 20,000 routes 120,000.
 */
export const enum YamlRoom {
  /** Octets of the file. */
  Octets = 4 * 1024 * 1024,
  /** Words, signs and blanks, as the lexer cuts them. */
  Parts = 150_000,
  /** The same of a file of objects, which holds a line for every port of a cloud: 200 octets and 60 parts for each. */
  ObjectOctets = 16 * 1024 * 1024,
  ObjectParts = 2_500_000,
  Anchors = 1000,
  Aliases = 1000,
  /** Nesting; the schema needs six. The parser recurses. */
  Depth = 64,
}

/** A kind of file: how large it may be, what it holds, and the page that has an example. */
export interface Room {
  readonly octets: number;
  readonly parts: number;
  readonly holds: string;
  readonly page: string;
}

export const CONFIGURATION: Room = {
  octets: YamlRoom.Octets,
  parts: YamlRoom.Parts,
  holds: 'configuration',
  page: 'docs/configuration.md',
};
export const OBJECTS: Room = {
  octets: YamlRoom.ObjectOctets,
  parts: YamlRoom.ObjectParts,
  holds: 'objects',
  page: 'docs/objects.md',
};

/** Octets in MiB. */
export function largerThan(octets: number): string {
  return `the file is larger than ${octets / 1024 / 1024} MiB`;
}

/** Why the text is refused, as the end of a sentence about the file; undefined: it may be parsed. Takes linear time. */
export function yamlExcess(text: string, room: Room = CONFIGURATION): string | undefined {
  if (Buffer.byteLength(text) > room.octets) return largerThan(room.octets);
  if (tooDeep(text)) return `brackets are nested deeper than ${YamlRoom.Depth}`;
  let parts = 0;
  let anchors = 0;
  let aliases = 0;
  // Text of values carries a mark before it, so a part that starts with one of these signs is no value.
  for (const part of new Lexer().lex(text)) {
    if (++parts > room.parts) return `the file has more than ${room.parts} words and signs`;
    if (part[0] === '&' && ++anchors > YamlRoom.Anchors) return `the file has more than ${YamlRoom.Anchors} anchors (&name)`;
    if (part[0] === '*' && ++aliases > YamlRoom.Aliases) return `the file has more than ${YamlRoom.Aliases} aliases (*name)`;
  }
  return undefined;
}

/** Counts open brackets outside of comments and quotes, roughly: too many is refused, never too few. */
function tooDeep(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x5b || c === 0x7b) {
      if (++depth > YamlRoom.Depth) return true;
    } else if ((c === 0x5d || c === 0x7d) && depth > 0) depth--;
    else if (c === 0x0a && /^[ \t]*(?:-[ \t]+){65}/.test(text.slice(i + 1, i + 1000))) return true;
  }
  return false;
}
