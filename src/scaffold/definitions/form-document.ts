import { z } from 'zod';
import { noDefinition, type FormDefinition } from './definition.js';
import { readXForm } from './xform.js';

const translations = z.array(z.object({ locale: z.string().optional(), content: z.string() }));
const schema = z.object({
  internalId: z.string(),
  title: z.union([z.string(), translations]).optional().catch(undefined),
  _attachments: z
    .object({ xml: z.object({ data: z.string() }) })
    .optional()
    .catch(undefined),
});

/**
 * What a document `form:*` says. Its title is in the document; its definition proper, the XForm, is an attachment. CHT Sync
 * keeps none of the bodies of attachments; what else fills the table may.
 *
 * @returns undefined when it is no such document.
 */
export function formDocument(body: unknown): { form: string; definition: FormDefinition } | undefined {
  const { data } = schema.safeParse(body);
  if (data === undefined) return undefined;
  const title = typeof data.title === 'string' ? data.title : inEnglish(data.title);
  const definition = xformOf(data._attachments?.xml.data) ?? noDefinition;
  return { form: data.internalId, definition: title === undefined ? definition : { ...definition, title } };
}

function xformOf(base64: string | undefined): FormDefinition | undefined {
  if (base64 === undefined) return undefined;
  try {
    return readXForm(Buffer.from(base64, 'base64').toString());
  } catch {
    // What the documents look like says enough.
    return undefined;
  }
}

function inEnglish(title: z.infer<typeof translations> | undefined): string | undefined {
  return (title?.find(({ locale }) => locale === 'en') ?? title?.[0])?.content;
}
