import { Document, isCollection, isSeq, visit } from 'yaml';

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;

/** A file of lists, each item on a line of its own. `heading`: a comment at its top. */
export function listYaml(tree: Readonly<Record<string, unknown>>, heading: string): string {
  const document = new Document(tree);
  document.commentBefore = ` ${heading}`;
  for (const key of Object.keys(tree)) {
    const list = document.get(key);
    if (isSeq(list)) for (const item of list.items) if (isCollection(item)) item.flow = true;
  }
  // A reader of YAML 1.1 (PyYAML) takes 52:54:00:12:34:56 for a number to base 60.
  visit(document, {
    Scalar: (_, scalar) => {
      if (typeof scalar.value === 'string' && MAC.test(scalar.value)) scalar.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}
