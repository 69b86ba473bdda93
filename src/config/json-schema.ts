import { z } from 'zod';
import { fileSchema } from './schema.ts';

export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/** The schema that editors complete and check routes.yaml by. Draft 7: what yaml-language-server knows best. */
export function jsonSchema(): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(fileSchema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema: generated }) => {
      // A section whose every key has a default needs no example of an empty one.
      if (isEmptyMap(generated.default)) delete generated.default;
    },
  });
  return { $schema, title: 'strangler routes.yaml', ...rest } as JsonSchema;
}

/** As it is published, for `schema/routes.schema.json`. */
export function jsonSchemaText(): string {
  return `${JSON.stringify(jsonSchema(), null, 2)}\n`;
}

function isEmptyMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}
