import { z } from 'zod';
import { SCOPES } from '../src/caller.ts';
import { EXAMPLE_MODEL } from './examples.ts';
import { modelName } from './models.ts';
import { BODY_PROBLEMS, DELETE_PROBLEMS, needsScope, PROTECTED_PROBLEMS, problems } from './problem.ts';

export const EXAMPLE_KEY_ID = '9f86d081884c7d65';

const MAX_MODELS = 1000;

const EXAMPLE_KEY = {
  id: EXAMPLE_KEY_ID,
  name: 'loan desk',
  scopes: ['certify', 'explain', 'read'],
  models: [EXAMPLE_MODEL],
  createdAt: '2026-08-01T12:00:00.000Z',
  expiresAt: '2126-08-01T12:00:00.000Z',
};

const name = z
  .string()
  .regex(/^[^\p{Cc}\p{Cs}\p{Cn}]{1,100}$/u, 'expected 1 to 100 printable characters')
  .describe('What people call the key');
const expiresAt = z.iso
  .datetime({ abort: true })
  .refine((time) => Date.parse(time) > Date.now(), 'expected a time to come')
  .describe('The key is refused from then on; absent: it does not expire');
const scope = z.enum(SCOPES);

const noneTwice = (list: readonly string[]) => new Set(list).size === list.length;

/** What a key is made for, by `POST /keys` and by `npm run keys`. */
export const keyFieldsSchema = z
  .strictObject({
    name,
    scopes: z
      .array(scope)
      .min(1)
      .max(SCOPES.length)
      .refine(noneTwice, 'a scope is listed twice')
      .describe(
        'What the key may do; none implies another. register: register and delete models; certify: /certify and /votes; explain: with certify or evaluate, which training rows and labels a prediction hangs on, and threats that are not registered; evaluate; read: see models; admin: make, list and revoke keys',
      ),
    models: z
      .array(modelName)
      .min(1)
      .max(MAX_MODELS)
      .refine(noneTwice, 'a model is listed twice')
      .optional()
      .describe('The only models that the key may name; absent: all. Not together with admin'),
    expiresAt: expiresAt.optional(),
  })
  .superRefine((key, context) => {
    if (key.models === undefined || !key.scopes.includes('admin')) return;
    const message = 'does not go with scope admin, which can make keys without a limit';
    context.addIssue({ code: 'custom', path: ['models'], message });
  })
  .meta({
    examples: [
      {
        name: EXAMPLE_KEY.name,
        scopes: EXAMPLE_KEY.scopes,
        models: EXAMPLE_KEY.models,
        expiresAt: EXAMPLE_KEY.expiresAt,
      },
    ],
  });

const keySchema = z
  .object({
    id: z.string().describe('Stands in the log as key: and the id'),
    name: z.string(),
    scopes: z.array(z.string()),
    models: z.array(z.string()).nullable().describe('null: all'),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().nullable(),
    revokedAt: z.iso.datetime().nullable(),
    unsealed: z
      .literal(true)
      .optional()
      .describe('Its seal is missing or wrong, so it is refused; absent otherwise'),
  })
  .meta({
    id: 'Key',
    description: 'An API key without its secret',
    examples: [{ ...EXAMPLE_KEY, revokedAt: null }],
  });

export type KeyBody = z.infer<typeof keySchema>;

const createdKeySchema = keySchema
  .extend({ key: z.string().describe('The key itself, which cannot be had again') })
  .meta({
    id: 'CreatedKey',
    description: 'Made; keep the key in a safe place',
    examples: [
      {
        ...{ ...EXAMPLE_KEY, revokedAt: null },
        key: `surety_${EXAMPLE_KEY_ID}_qL8R4QIcQ_ZsRqOAbeRfcZhilN_MksRtDaErMA-mixM`,
      },
    ],
  });

const tags = ['keys'];
const ADMIN_PROBLEMS = { ...PROTECTED_PROBLEMS, ...needsScope('admin') } as const;

export const createKeySchema = {
  tags,
  operationId: 'createKey',
  summary: 'Make an API key',
  description:
    'The key is shown in this answer and never again. It works here at once, at other replicas within two seconds.',
  body: keyFieldsSchema,
  response: {
    201: createdKeySchema,
    ...problems({
      ...BODY_PROBLEMS,
      ...ADMIN_PROBLEMS,
      store_failed: 'the store did not take the key; ask again',
    }),
  },
};

export const listKeysSchema = {
  tags,
  operationId: 'listKeys',
  summary: 'All API keys, without their secrets',
  response: {
    200: z
      .object({ keys: z.array(keySchema) })
      .describe('By the time of creation; expired and revoked ones too'),
    ...problems({ ...ADMIN_PROBLEMS, store_failed: 'the store cannot be read' }),
  },
};

export const revokeKeySchema = {
  tags,
  operationId: 'revokeKey',
  summary: 'Revoke an API key',
  description: 'It is refused here at once, by other replicas within two seconds.',
  params: z.object({
    id: z.string().meta({ description: 'Id of the key', examples: [EXAMPLE_KEY_ID] }),
  }),
  response: {
    204: z.undefined().describe('Revoked, now or before'),
    ...problems({
      ...DELETE_PROBLEMS,
      ...ADMIN_PROBLEMS,
      key_not_found: 'there is no key with this id',
      store_failed: 'the store did not take the revocation; ask again',
    }),
  },
};
