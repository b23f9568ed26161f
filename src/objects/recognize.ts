import { IssueList } from '../config/issueList.js';
import { rootShape } from '../config/schema.js';
import { OBJECTS } from '../config/yamlRoom.js';
import { readYaml } from '../config/yamlSource.js';
import { objectsShape } from './schema.js';

/** True for the text of a file of objects: it has keys of one, and none of a configuration. */
export function looksLikeObjects(text: string): boolean {
  const { tree } = readYaml(text, '', new IssueList(), OBJECTS);
  if (typeof tree !== 'object' || tree === null) return false;
  const keys = Object.keys(tree);
  return keys.some((key) => Object.hasOwn(objectsShape, key)) && !keys.some((key) => Object.hasOwn(rootShape, key));
}

/** Keys of the tree when it is that of a configuration: it has keys of one, and none of a file of objects. */
export function keysOfConfiguration(tree: unknown): readonly string[] {
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) return [];
  const keys = Object.keys(tree);
  return keys.some((key) => Object.hasOwn(objectsShape, key)) ? [] : keys.filter((key) => Object.hasOwn(rootShape, key));
}
