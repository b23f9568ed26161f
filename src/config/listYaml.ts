import { Document, isCollection, isSeq } from 'yaml';

/** A file of lists, each item on a line of its own. `heading`: a comment at its top. */
export function listYaml(tree: Readonly<Record<string, unknown>>, heading: string): string {
  const document = new Document(tree);
  document.commentBefore = ` ${heading}`;
  for (const key of Object.keys(tree)) {
    const list = document.get(key);
    if (isSeq(list)) for (const item of list.items) if (isCollection(item)) item.flow = true;
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}
