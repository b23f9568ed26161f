import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';

/**
 * A YAML document as plain values, with what is wrong about its keys and aliases. One walk, in linear time: the library looks
 * for the anchor of an alias, and for a key that stands twice, by going through all nodes before it.
 */
export interface YamlTree {
  readonly tree: unknown;
  readonly faults: readonly TreeFault[];
  /** The node an alias stands for. */
  readonly targets: ReadonlyMap<Alias, Node>;
}

export interface TreeFault {
  /** Offset in the text. */
  readonly at: number;
  readonly kind: 'duplicate' | 'alias' | 'size';
  readonly message: string;
}

/** Values a document may stand for with every alias written out. */
const MOST_VALUES = 200_000;

/** Walks the document. Never throws; faults are in the order of the text. */
export function yamlTree(document: Document): YamlTree {
  const walk = new Walk();
  const tree = walk.value(document.contents as Node | null);
  return { tree, faults: walk.faults, targets: walk.targets };
}

/** What an anchor names: undefined as long as the walk is inside of it. */
interface Anchored {
  readonly node: Node;
  done?: { readonly value: unknown; readonly size: number };
}

class Walk {
  readonly faults: TreeFault[] = [];
  readonly targets = new Map<Alias, Node>();
  readonly #anchors = new Map<string, Anchored>();
  /** Values met so far, those behind aliases once for each alias. */
  #size = 0;
  #full = false;

  value(node: Node | null): unknown {
    if (node === null) return null;
    if (isAlias(node)) return this.#alias(node);
    const before = this.#size++;
    const anchor = 'anchor' in node ? node.anchor : undefined;
    const anchored: Anchored | undefined = anchor === undefined ? undefined : { node };
    // A later anchor of the same name takes the place of the earlier one (YAML 1.2, 7.1).
    if (anchored !== undefined) this.#anchors.set(anchor!, anchored);
    const value = this.#plain(node);
    if (anchored !== undefined) anchored.done = { value, size: this.#size - before };
    return value;
  }

  #plain(node: Node): unknown {
    if (isScalar(node)) return node.value;
    if (isSeq(node)) return node.items.map((item) => this.value(item as Node | null));
    return isMap(node) ? this.#map(node) : null;
  }

  #map(map: YAMLMap): Record<string, unknown> {
    const plain: Record<string, unknown> = {};
    for (const { key, value } of map.items) {
      const name = String(isScalar(key) ? key.value : '');
      if (Object.hasOwn(plain, name)) {
        this.#fault(key as Node, 'duplicate', name);
        continue;
      }
      // Defined, not assigned: "__proto__" is a key like any other.
      Object.defineProperty(plain, name, {
        value: this.value(value as Node | null),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
    return plain;
  }

  #alias(alias: Alias): unknown {
    const named = this.#anchors.get(alias.source);
    if (named?.done === undefined) {
      const why = named === undefined ? 'has no anchor above it' : 'stands inside its own anchor';
      this.#fault(alias, 'alias', `the alias *${alias.source} ${why}`);
      return null;
    }
    this.targets.set(alias, named.node);
    this.#size += named.done.size;
    if (this.#size <= MOST_VALUES) return named.done.value;
    if (!this.#full) this.#fault(alias, 'size', `with its aliases written out the file holds more than ${MOST_VALUES} values`);
    this.#full = true;
    return null;
  }

  #fault(node: Node, kind: TreeFault['kind'], message: string): void {
    this.faults.push({ at: node.range?.[0] ?? 0, kind, message });
  }
}
