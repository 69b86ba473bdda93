/** `npm run schema`: publishes the JSON Schema of routes.yaml. A test fails when this has been forgotten. */
import { writeFileSync } from 'node:fs';
import { jsonSchemaText } from './json-schema.ts';

writeFileSync('schema/routes.schema.json', jsonSchemaText());
