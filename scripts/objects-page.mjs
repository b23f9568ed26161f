#!/usr/bin/env node
/** Prints docs/objects.md from the schema of the compiled program: node scripts/objects-page.mjs >docs/objects.md */
import { objectsReference } from '../out/src/objects/reference.js';

process.stdout.write(objectsReference());
